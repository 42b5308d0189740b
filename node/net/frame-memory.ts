/**
 * Memory for long frames that were asked for: the chunks of a model body. Who asked copies a chunk to its place and gives its memory back, and the next
 * one is put together in it. New memory for each makes the garbage collector run five times for 16 MB, which takes longer than all the copying.
 */
import { LIMITS } from "../../protocol/base/limits.ts";
import { MAX_ANSWERED_BYTES } from "./link-messages.ts";

export interface FrameMemory {
  /** Memory for a frame: at least so long. */
  take(bytes: number): Uint8Array<ArrayBuffer>;
  /** Nobody needs the frame any more of which this is a view; nothing for what was not taken here. */
  recycle(view: Uint8Array): void;
}

/** Shorter ones are made anew: they are kept by who asked, and cost little. */
const LEAST_BYTES = LIMITS.maxFrameBytes / 2;

export function createFrameMemory(): FrameMemory {
  const free: Uint8Array<ArrayBuffer>[] = [];
  const lent = new WeakMap<ArrayBufferLike, Uint8Array<ArrayBuffer>>();
  return {
    take(bytes) {
      if (bytes < LEAST_BYTES) return new Uint8Array(bytes);
      const memory = free.pop() ?? new Uint8Array(MAX_ANSWERED_BYTES);
      lent.set(memory.buffer, memory);
      return memory;
    },
    recycle({ buffer }) {
      const memory = lent.get(buffer);
      lent.delete(buffer);
      if (memory !== undefined && free.length < LIMITS.maxChunksInFlight) free.push(memory);
    },
  };
}
