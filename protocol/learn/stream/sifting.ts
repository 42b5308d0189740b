/**
 * Which rows of a stream are taken: none twice, and none that comes too late or from the future. What is remembered is bounded, so a copy that comes after
 * `LIMITS.maxRememberedRows` others is taken again.
 */
import { createRecentSet } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { StreamRow } from "./slot-rows.ts";

/** What became of a row. */
export type Sifted = "taken" | "duplicate" | "late" | "ahead";

export interface SiftingOptions {
  /** Whether rows say when they are of. Without a time the same values twice are two readings, and nothing is late. */
  readonly isTimed: boolean;
  /** Rows older than the newest by more than this are late. */
  readonly latestMs: number;
}

export interface Sifting {
  /** @param nowMs of the wall clock. */
  look(row: StreamRow, nowMs: number): Sifted;
  /** This row was taken before, before a restart. */
  remember(row: StreamRow): void;
  /** Time of the newest row that was taken; undefined before the first. */
  newestMs(): number | undefined;
}

export function createSifting({ isTimed, latestMs }: SiftingOptions): Sifting {
  const known = createRecentSet<number>(2 * LIMITS.maxRememberedRows);
  let newestMs: number | undefined;
  const remember = (row: StreamRow) => {
    if (isTimed) known.add(rowHash(row));
    newestMs = Math.max(newestMs ?? row.timeMs, row.timeMs);
  };
  return {
    look(row, nowMs) {
      if (isTimed) {
        // a single wrong date would make all that follows late
        if (row.timeMs > nowMs + LIMITS.maxClockSkewMs) return "ahead";
        if (newestMs !== undefined && row.timeMs < newestMs - latestMs) return "late";
        if (known.has(rowHash(row))) return "duplicate";
      }
      remember(row);
      return "taken";
    },
    remember,
    newestMs: () => newestMs,
  };
}

/**
 * 53 bits of time, inputs and targets: two rounds of a multiplicative hash over their words. A chance of 1 in 10^6 that two of 65,536 rows are taken for one.
 * @example
 * import { rowHash } from "hearsay/protocol/learn/stream/sifting";
 * const row = { timeMs: 1, inputs: Float64Array.of(2), targets: Float64Array.of(3) };
 * rowHash(row) === rowHash({ ...row, targets: Float64Array.of(4) }); // -> false
 */
export function rowHash({ timeMs, inputs, targets }: StreamRow): number {
  const words = new Uint32Array(Float64Array.of(timeMs, ...inputs, ...targets).buffer);
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (const word of words) {
    a = Math.imul(a ^ word, 0x2c1b3c6d);
    a ^= a >>> 13;
    b = Math.imul(b ^ word, 0x297a2d39);
    b ^= b >>> 15;
  }
  return (a >>> 0) * 2 ** 21 + (b >>> 11);
}
