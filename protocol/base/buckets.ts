/** Token buckets by name: what each of many may still do. */
import { type Allowance, allowanceAt, putNewest, type Rate } from "./bounded.ts";

/** Buckets of one rate, at most `capacity` of them. One that is full again is as one that nobody has heard of: it is forgotten. */
export class Buckets {
  readonly #rate: Rate;
  readonly #capacity: number;
  /** In the order in which they were put. */
  readonly #left = new Map<string, Allowance>();

  constructor(rate: Rate, capacity: number) {
    this.#rate = rate;
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#left.size;
  }

  at(name: string, nowMs: number): Allowance {
    return allowanceAt(nowMs, this.#left.get(name), this.#rate);
  }

  /** Where there are too many, the one that was put longest ago is forgotten. */
  put(name: string, left: Allowance): void {
    putNewest(this.#left, name, left, this.#capacity);
  }

  /** Takes one token; false where there is none. */
  spend(name: string, nowMs: number): boolean {
    const { tokens, atMs } = this.at(name, nowMs);
    const hasOne = tokens >= 1;
    this.put(name, { tokens: hasOne ? tokens - 1 : tokens, atMs });
    return hasOne;
  }

  /** Takes one token, also where there is none: the bucket owes it then. */
  take(name: string, nowMs: number): void {
    const { tokens, atMs } = this.at(name, nowMs);
    this.put(name, { tokens: tokens - 1, atMs });
  }

  /** From the one that was put longest ago to the first that is not full: so it costs little, however many there are. */
  forgetFull(nowMs: number): void {
    for (const name of this.#left.keys()) {
      if (this.at(name, nowMs).tokens < this.#rate.burst) return;
      this.#left.delete(name);
    }
  }
}
