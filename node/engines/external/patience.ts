/** How long a trainer may take: what is configured, or what follows from what it took before, so that nobody has to guess. */

/** Before anything was measured: a first training may load data, or compile. */
const FIRST_MS = 600_000;
/** Of the slowest so far: a machine that others use as well is often four times as slow, and caches are cold after a start. */
const TIMES = 10;
/** A measured second says little about a machine that swaps. */
const LEAST_MS = 30_000;
/** A timer of Node holds 2^31 ms. */
const MOST_MS = 2e9;

export interface Patience {
  /** The longest that an answer is waited for. @param amount of the work, e.g. steps. */
  limitMs(verb: string, amount: number): number;
  /** It took so long. */
  took(verb: string, amount: number, ms: number): void;
}

/** @param fixedMs a limit of the owner's, for every answer. */
export function createPatience(fixedMs?: number): Patience {
  const slowest = new Map<string, number>();
  return {
    limitMs(verb, amount) {
      if (fixedMs !== undefined) return fixedMs;
      const perUnitMs = slowest.get(verb);
      if (perUnitMs === undefined) return FIRST_MS;
      return Math.min(MOST_MS, Math.max(LEAST_MS, TIMES * perUnitMs * amount));
    },
    took(verb, amount, ms) {
      slowest.set(verb, Math.max(slowest.get(verb) ?? 0, ms / amount));
    },
  };
}
