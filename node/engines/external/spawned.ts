/** A trainer in a process of its own, which is started with a command, speaks on its standard streams, and ends with the peer. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fault } from "./body.ts";
import { type Channel, createChannel } from "./channel.ts";
import type { Attached, TrainerHost } from "./host.ts";
import { openPipe } from "./pipe.ts";
import { createSaid, type Said } from "./said.ts";

type Child = ChildProcess & { readonly stdin: Writable; readonly stderr: Readable };

/** Of the end of its input, a trainer hears that it shall end; then it is told by a signal, then it is killed. */
const HEARS_END_MS = 300;
const HEARS_SIGNAL_MS = 700;
/** Of a program that thinks that it has done its work. */
const EARLY = ", though its standard input had not; it has to answer until then";
/** What it said last comes after its end. */
const LAST_WORDS_MS = 200;
/** Its streams close a moment before it has ended; where they are closed for so long, it goes on without them. */
const CLOSED_MS = 1000;

/** @param say hears what it prints on standard error. */
export function spawnedTrainer(words: readonly string[], say: (line: string) => void): TrainerHost {
  const what = words.join(" ");
  const running = new Set<Attached>();
  const killAll = () => {
    for (const { pid } of running) signal(pid, "SIGKILL");
  };
  process.on("exit", killAll); // whatever ends the peer
  return {
    what,
    async open() {
      const attached = await start(words, createSaid(say));
      running.add(attached);
      void attached.channel.lost.then(() => attached.end()).then(() => running.delete(attached));
      return attached;
    },
    async close() {
      await Promise.all([...running].map((attached) => attached.end()));
      process.off("exit", killAll);
    },
  };
}

/** That of the peer, without its secret. */
function environment(): NodeJS.ProcessEnv {
  const { HEARSAY_PASSPHRASE: _, ...others } = process.env;
  return others;
}

async function start([program = "", ...args]: readonly string[], said: Said): Promise<Attached> {
  let channel: Channel | undefined;
  const first = Buffer.alloc(1); // before there is a question nothing comes
  const sink = {
    space: () => channel?.space() ?? first,
    take: (chunk: Uint8Array) => channel?.take(chunk) ?? true,
  };
  // those that Node makes do as well, and take longer
  const pipe = await openPipe(sink).catch(() => undefined);
  const stdio = ["pipe", pipe?.theirs ?? "pipe", "pipe"] as const;
  const child = spawn(program, args, { stdio: [...stdio], detached: true, env: environment() }) as Child;
  pipe?.theirs.destroy();
  channel = createChannel(child.stdin);
  const answers = pipe?.ours ?? (child.stdout as Readable);
  if (pipe === undefined) answers.on("data", channel.take);
  child.stderr.on("data", (chunk: Uint8Array) => said.push(chunk));
  watchStreams(child.stdin, answers, channel);
  const exited = watchExit(child, said, channel);
  let ending: Promise<void> | undefined;
  return {
    channel,
    ...(child.pid !== undefined && { pid: child.pid }),
    end() {
      ending ??= endInTime(child, channel.finish, exited).finally(() => answers.destroy());
      return ending;
    },
  };
}

/** A process without one of its streams may run for years. */
function watchStreams(questions: Writable, answers: Readable, { fail }: Channel): void {
  const soon = (what: string) => void sleep(CLOSED_MS, undefined, { ref: false }).then(() => fail(fault(what)));
  questions.on("error", () => soon("has closed its standard input, on which it is asked; and it runs on"));
  answers.on("error", () => {}); // its end is enough
  answers.once("close", () => soon("has closed its standard output, on which it has to answer; and it runs on"));
}

/** Fulfilled once the process has ended, or could not be started. */
function watchExit(child: Child, said: Said, { fail }: Channel): Promise<void> {
  return new Promise((resolve) => {
    child.on("error", (error: NodeJS.ErrnoException) => {
      fail(fault(`cannot be started: ${whyNot(error, child.spawnfile)}`));
      if (child.pid === undefined) resolve();
    });
    child.on("exit", (code, name) => {
      const how = name === null ? `with status ${code}${code === 0 ? EARLY : ""}` : `by ${name}`;
      void Promise.race([once(child.stderr, "close"), sleep(LAST_WORDS_MS)]).then(() => {
        fail(fault(`ended ${how}${lastOf(said)}`));
        resolve();
      });
    });
  });
}

function whyNot({ code, message }: NodeJS.ErrnoException, program: string): string {
  if (code === "ENOENT") return `there is no such program (${program})`;
  if (code === "EACCES" || code === "ENOEXEC")
    return `${program} is no program that the system runs; name what runs it, e.g. 'python ${program}'`;
  return message;
}

async function endInTime(child: Child, finish: () => void, exited: Promise<void>): Promise<void> {
  finish();
  const isOver = (withinMs: number) => Promise.race([exited.then(() => true), sleep(withinMs, false)]);
  if (!(await isOver(HEARS_END_MS))) {
    signal(child.pid, "SIGTERM");
    await isOver(HEARS_SIGNAL_MS);
  }
  signal(child.pid, "SIGKILL"); // what it started, too
}

/** To the group of a process that leads one. */
function signal(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // it has ended
  }
}

function lastOf(said: Said): string {
  const lines = said.last();
  return lines.length === 0 ? "" : `; it said last: ${lines.join(" / ")}`;
}
