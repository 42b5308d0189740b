/** The history of a run in bounded memory: when it is full, every second sample goes, and from then on half as many are taken. */

export interface Samples<T> {
  /** Whether the next one is due. */
  isDue(nowMs: number): boolean;
  /** @returns whether the history was thinned out. */
  add(sample: T, nowMs: number): boolean;
  /** Oldest first. */
  all(): readonly T[];
}

export interface SamplesOptions {
  /** An even number. */
  readonly most: number;
  /** Between two samples at first. */
  readonly everyMs: number;
}

/** @param options 360 samples at most, one in 2 s at first: after 12 minutes one in 4 s, after a month one in about 2 h. */
export function createSamples<T>({ most, everyMs }: SamplesOptions = { most: 360, everyMs: 2_000 }): Samples<T> {
  let kept: T[] = [];
  let betweenMs = everyMs;
  let dueMs = Number.NEGATIVE_INFINITY;
  return {
    isDue: (nowMs) => nowMs >= dueMs,
    add(sample, nowMs) {
      kept.push(sample);
      dueMs = nowMs + betweenMs;
      if (kept.length < most) return false;
      kept = kept.filter((_, i) => i % 2 === 0);
      betweenMs *= 2;
      return true;
    },
    all: () => kept,
  };
}
