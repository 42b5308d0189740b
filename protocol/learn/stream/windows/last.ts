/** Window `last`: the newest rows, by number or by age. */
import type { Arrival, StreamWindow, WindowKind, WindowOptions, WindowPast } from "../window.ts";

class LastRows implements StreamWindow {
  readonly capacity: number;
  readonly #ageMs: number;
  /** By slot. */
  readonly #times: Float64Array;
  readonly #seqs: Float64Array;
  /** Of all rows that this window ever took, those from the `#begin`-th to the one before the `#end`-th are in it. */
  #begin: number;
  #end: number;

  constructor({ spec: { rows, ageMs = Number.POSITIVE_INFINITY } }: WindowOptions, past: WindowPast | undefined) {
    const { placed = [], seen: [end = 0] = [] } = past ?? {};
    this.capacity = rows;
    this.#ageMs = ageMs;
    this.#times = new Float64Array(rows);
    this.#seqs = new Float64Array(rows);
    this.#end = end;
    this.#begin = end - placed.length;
    for (const { slot, seq, timeMs } of placed) {
      this.#times[slot] = timeMs;
      this.#seqs[slot] = seq;
    }
  }

  admit({ seq, timeMs }: Arrival): number {
    const slot = this.#end++ % this.capacity;
    this.#begin = Math.max(this.#begin, this.#end - this.capacity);
    this.#times[slot] = timeMs;
    this.#seqs[slot] = seq;
    return slot;
  }

  expire(nowMs: number): readonly number[] {
    return this.#leave((slot) => (this.#times[slot] as number) < nowMs - this.#ageMs);
  }

  keepFrom(seq: number): readonly number[] {
    return this.#leave((slot) => (this.#seqs[slot] as number) < seq);
  }

  seen(): readonly number[] {
    return [this.#end];
  }

  #leave(isToLeave: (slot: number) => boolean): number[] {
    const freed: number[] = [];
    for (; this.#begin < this.#end && isToLeave(this.#begin % this.capacity); this.#begin++)
      freed.push(this.#begin % this.capacity);
    return freed;
  }
}

/**
 * The newest rows, in a ring of slots. Rows leave from the oldest on, so one that came late may stay a little longer than its age allows. O(1) a row. @throws nothing.
 * @example
 * import { last } from "hearsay/protocol/learn/stream/windows/last";
 * const window = last.create({ spec: { kind: "last", rows: 2 }, numClasses: 1, seed: "" });
 * [0, 1, 2].map((seq) => window.admit({ seq, timeMs: seq, label: 0 })); // -> [0, 1, 0]
 */
export const last: WindowKind = {
  name: "last",
  about: "the newest rows: last:10000, or last:7d for those of a week",
  takesAge: true,
  create: (options, past) => new LastRows(options, past),
};
