/** The trainer of now: started, described, asked within its time and memory, given up where it fails, started again. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { LearningTask } from "../../../protocol/base/task.ts";
import { fault } from "./body.ts";
import type { Question } from "./channel.ts";
import { type Description, readDescription, refuseOther, TRAINER_PROTOCOL } from "./description.ts";
import type { Frame } from "./frames.ts";
import type { Attached, TrainerHost } from "./host.ts";
import { residentBytes } from "./memory.ts";
import { createPatience } from "./patience.ts";

/** What the owner may set; what is left out follows from what was measured. */
export interface SessionOptions {
  /** The longest that a start may take, until the trainer has described itself. */
  readonly startMs?: number;
  /** The longest that any other answer may take. */
  readonly answerMs?: number;
  /** What the owner sets both with, where it is not the settings of a peer. */
  readonly limitedBy?: string;
  /** The most memory, of the process and those that it started. */
  readonly memoryBytes?: number;
  /** Whether any question starts a trainer that has ended; of a peer only trainings do, whose distance grows. */
  readonly anyStarts?: boolean;
}

export interface Asked extends Omit<Question, "limitMs" | "limitedBy"> {
  /** Of the work, by which its time is measured. */
  readonly amount: number;
  /** Whether a trainer that has ended is started for it. */
  readonly mayStart?: boolean;
}

export interface Session {
  /** Waits for the first trainer. */
  begin(): Promise<Description>;
  /** Of the trainer of now, or the last one. */
  description(): Description;
  /** @param read makes something of the answer; what it refuses is the mistake of a trainer that goes on. */
  ask<Result>(question: Asked, read: (frame: Frame) => Result): Promise<Result>;
  close(): Promise<void>;
}

/** A program that loads PyTorch from a memory card takes a minute. */
const START_MS = 300_000;
const LOOK_EVERY_MS = 5_000;
/** Memory of a trainer may become so many times what it was after its first training, and so much at least. */
const MEMORY_TIMES = 4;
const LEAST_MEMORY_BYTES = 2 ** 30;

export function createSession(host: TrainerHost, task: LearningTask, options: SessionOptions): Session {
  const patience = createPatience(options.answerMs);
  let current: Attached | undefined;
  let described: Description | undefined;
  let isClosed = false;
  let memoryBytes = options.memoryBytes;

  async function start(isFirst: boolean): Promise<Attached> {
    await current?.end(); // what it holds is free for the next one
    const attached = await host.open(isFirst);
    if (isClosed) {
      await attached.end();
      throw closed();
    }
    current = attached;
    void attached.channel.lost.then(() => {
      if (current === attached) current = undefined;
    });
    try {
      described = await describe(attached, task, options);
    } catch (error) {
      attached.channel.fail(fault("was of no use"));
      throw error;
    }
    return attached;
  }

  return {
    async begin() {
      await start(true);
      return described as Description;
    },
    description: () => described as Description,
    async ask({ amount, mayStart = false, ...question }, read) {
      if (isClosed) throw closed();
      if (current === undefined && !mayStart && options.anyStarts !== true)
        throw fault("has ended, and is started again with the next training");
      const { channel, pid } = current ?? (await start(false));
      const begunMs = performance.now();
      const watch = pid === undefined ? undefined : watchMemory(pid, () => memoryBytes, channel.fail);
      try {
        const limitMs = patience.limitMs(question.verb, amount);
        const limitedBy = options.limitedBy ?? "trainer.answerSeconds";
        const frame = await channel.ask({ ...question, limitMs, limitedBy });
        patience.took(question.verb, amount, performance.now() - begunMs);
        if (question.verb === "fit" && pid !== undefined) memoryBytes ??= allowedAfter(pid);
        return read(frame);
      } catch (error) {
        throw isClosed ? closed() : error;
      } finally {
        clearInterval(watch);
      }
    },
    async close() {
      isClosed = true;
      current?.channel.fail(closed());
      await host.close();
    },
  };
}

/** What a trainer says of itself where there is no task yet. @throws HearsayError ERR_TRAINER. */
export async function askDescription(host: TrainerHost, options: SessionOptions = {}): Promise<Description> {
  return describe(await host.open(true), undefined, options);
}

/** @throws HearsayError ERR_TRAINER | ERR_TASK */
async function describe(
  { channel }: Attached,
  task: LearningTask | undefined,
  { startMs = START_MS, limitedBy = "trainer.startSeconds" }: SessionOptions,
): Promise<Description> {
  const known = task && {
    model: task.model,
    tensors: task.tensors,
    training: task.training,
    input: task.input,
    output: task.output,
  };
  const header = { protocol: TRAINER_PROTOCOL, ...(known && { task: known }) };
  const { header: answer } = await channel.ask({
    verb: "describe",
    header,
    maxBodyBytes: 0,
    limitMs: startMs,
    limitedBy,
  });
  const description = readDescription(answer);
  if (task !== undefined) refuseOther(description, task);
  return description;
}

function watchMemory(
  pid: number,
  mostBytes: () => number | undefined,
  fail: (why: HearsayError) => void,
): NodeJS.Timeout {
  return setInterval(() => {
    const [bytes, most] = [residentBytes(pid), mostBytes()];
    if (bytes === undefined || most === undefined || bytes <= most) return;
    const mega = (n: number) => Math.round(n / 1e6);
    fail(
      fault(
        `took ${mega(bytes)} MB of memory, more than ${mega(most)}, and was ended; trainer.memoryMegabytes sets the bound`,
      ),
    );
  }, LOOK_EVERY_MS);
}

function allowedAfter(pid: number): number | undefined {
  const bytes = residentBytes(pid);
  return bytes === undefined ? undefined : Math.max(LEAST_MEMORY_BYTES, MEMORY_TIMES * bytes);
}

function closed(): HearsayError {
  return new HearsayError("ERR_ENGINE", "the training engine is closed");
}
