/** Questions to a trainer, one after another, each answered within its time or the trainer is given up. */
import type { Writable } from "node:stream";
import type { HearsayError } from "../../../protocol/base/errors.ts";
import { visible } from "../../../protocol/base/visible.ts";
import { fault } from "./body.ts";
import { createFrameReader, encodeFrame, type Frame } from "./frames.ts";

/** A question: its verb, what belongs to it, and tensors. */
export interface Question {
  readonly verb: string;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly body?: readonly Uint8Array[];
  /** Bytes of the largest body of an answer. */
  readonly maxBodyBytes: number;
  readonly limitMs: number;
  /** What the owner sets the limit with. */
  readonly limitedBy: string;
}

export interface Channel {
  /**
   * The answer. One question at a time.
   * @throws HearsayError ERR_TRAINER, with what the trainer said where it refused, which harms nothing; where `lost` has settled too, the trainer is given up.
   */
  ask(question: Question): Promise<Frame>;
  /** Where the next bytes of answers belong (`FrameReader.space`). */
  space(): Uint8Array;
  /** Takes the next bytes of answers; false where no more are wanted. */
  take(chunk: Uint8Array): boolean;
  /** Settles with the reason when nothing more will come of this trainer. */
  readonly lost: Promise<HearsayError>;
  /** Says that no more questions will come. */
  finish(): void;
  /** Gives the trainer up, for this reason. */
  fail(why: HearsayError): void;
}

interface Pending {
  readonly id: number;
  readonly maxBodyBytes: number;
  resolve(frame: Frame): void;
  reject(error: Error): void;
}

/** Of what a trainer says of its own mistake. */
const MOST_SAID = 2000;

/** @param output of questions; whoever made it knows why it ends. */
export function createChannel(output: Writable): Channel {
  const lost = Promise.withResolvers<HearsayError>();
  let failure: HearsayError | undefined;
  let pending: Pending | undefined;
  let next = 0;

  const fail = (why: HearsayError) => {
    failure ??= why;
    lost.resolve(failure);
    pending?.reject(failure);
    pending = undefined;
  };
  const reader = createFrameReader(
    () => pending?.maxBodyBytes ?? 0,
    (frame) => {
      const asked = pending;
      if (asked === undefined || frame.header.id !== asked.id)
        throw new RangeError(`an answer to a question that was not asked (id ${visible(String(frame.header.id))})`);
      pending = undefined;
      const { error } = frame.header;
      if (error === undefined) asked.resolve(frame);
      else asked.reject(fault(`said: ${visible(String(error).slice(0, MOST_SAID))}`));
    },
  );
  output.on("error", () => {});

  return {
    space: reader.space,
    take(chunk) {
      try {
        if (failure === undefined) reader.push(chunk);
      } catch (error) {
        fail(fault(`sent ${(error as Error).message}`));
      }
      return failure === undefined;
    },
    lost: lost.promise,
    fail,
    finish: () => output.end(),
    async ask({ verb, header = {}, body = [], maxBodyBytes, limitMs, limitedBy }) {
      if (failure !== undefined) throw failure;
      const id = next++;
      const answer = Promise.withResolvers<Frame>();
      pending = { id, maxBodyBytes, resolve: answer.resolve, reject: answer.reject };
      const timer = setTimeout(() => fail(tooSlow(verb, limitMs, limitedBy)), limitMs);
      output.cork();
      for (const part of encodeFrame({ id, verb, ...header }, body)) output.write(part);
      output.uncork();
      try {
        return await answer.promise;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function tooSlow(verb: string, limitMs: number, limitedBy: string): HearsayError {
  const seconds = Math.round(limitMs / 100) / 10;
  return fault(`did not answer \`${verb}\` within ${seconds} s, and was given up; ${limitedBy} sets the time`);
}
