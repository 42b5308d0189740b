/** Window `reservoir`: a fair sample of all rows that ever came, class by class. */
import { createRng } from "../../../base/rng.ts";
import type { Arrival, StreamWindow, WindowKind, WindowOptions, WindowPast } from "../window.ts";

class Reservoir implements StreamWindow {
  readonly capacity: number;
  readonly #seed: string;
  readonly #quota: number;
  /** Rows that came, by class. */
  readonly #seen: number[];
  /** Number of the row in each slot; -1: none. */
  readonly #seqs: Float64Array;

  constructor({ spec, numClasses, seed }: WindowOptions, past: WindowPast | undefined) {
    this.#seed = seed;
    this.#quota = Math.max(1, Math.floor(spec.rows / numClasses));
    this.capacity = this.#quota * numClasses;
    this.#seen = Array.from({ length: numClasses }, (_, label) => past?.seen[label] ?? 0);
    this.#seqs = new Float64Array(this.capacity).fill(-1);
    for (const { slot, seq } of past?.placed ?? []) this.#seqs[slot] = seq;
  }

  admit({ seq, label }: Arrival): number | undefined {
    const before = this.#seen[label] as number;
    this.#seen[label] = before + 1;
    const place = this.#placeOf(before, seq);
    if (place === undefined) return undefined;
    const slot = label * this.#quota + place;
    this.#seqs[slot] = seq;
    return slot;
  }

  /** Of the n-th row of a class, its chance is quota / n: a generator for each row, so that none has to be saved. */
  #placeOf(before: number, seq: number): number | undefined {
    if (before < this.#quota) return before;
    const place = Math.floor(createRng(`reservoir/${this.#seed}/${seq}`).uniform() * (before + 1));
    return place < this.#quota ? place : undefined;
  }

  expire(): readonly number[] {
    return [];
  }

  /** The classes are sampled anew: what is left of each moves nowhere, and the next rows take the slots that are free by chance. */
  keepFrom(seq: number): readonly number[] {
    const freed: number[] = [];
    for (const [slot, held] of this.#seqs.entries()) {
      if (held < 0 || held >= seq) continue;
      this.#seqs[slot] = -1;
      freed.push(slot);
    }
    return freed;
  }

  seen(): readonly number[] {
    return this.#seen;
  }
}

/**
 * Algorithm R of Vitter (Random sampling with a reservoir, ACM TOMS 11, 1985), an equal part of the rows for each class, so that rare classes stay. Of an
 * endless stream it forgets nothing by itself: where the world changes, take `last`. O(1) a row. @throws nothing.
 * @example
 * import { reservoir } from "hearsay/protocol/learn/stream/windows/reservoir";
 * const window = reservoir.create({ spec: { kind: "reservoir", rows: 4 }, numClasses: 2, seed: "a" });
 * [0, 1, 1, 0].map((label, seq) => window.admit({ seq, timeMs: 0, label })); // -> [0, 2, 3, 1]
 */
export const reservoir: WindowKind = {
  name: "reservoir",
  about: "a fair sample of all rows so far, an equal part for each class: reservoir:5000",
  takesAge: false,
  create: (options, past) => new Reservoir(options, past),
};
