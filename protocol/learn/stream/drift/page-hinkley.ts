/** Detector `page-hinkley`: alarms where errors have lain above their running mean for long enough. */
import type { DetectorKind, DriftDetector } from "./detector.ts";

export interface PageHinkleyOptions {
  /** Rows before the first alarm. */
  readonly leastRows: number;
  /** Changes smaller than this are none. */
  readonly delta: number;
  /** Alarm where the sum of what is above the mean passes this. */
  readonly threshold: number;
  /** By what the sum fades at each row. */
  readonly fading: number;
}

/**
 * For errors between 0 and 1. The 0.005 and 50 of published software alarm on the noise of 0 and 1, or take hundreds of rows: a test of noise s alarms without a change about as often
 * as exp(-2 delta threshold / s^2), here once in hundreds of thousands of rows.
 */
const DEFAULTS: PageHinkleyOptions = { leastRows: 30, delta: 0.05, threshold: 20, fading: 0.9999 };

const STATE_LENGTH = 4;

class PageHinkley implements DriftDetector {
  readonly #options: PageHinkleyOptions;
  #rows = 0;
  #mean = 0;
  #sum = 0;
  /** Rows since the sum was last 0: those of the change. */
  #since = 0;

  constructor(options: PageHinkleyOptions, past: readonly number[] = []) {
    this.#options = options;
    if (past.length !== STATE_LENGTH || !past.every(Number.isFinite)) return;
    [this.#rows, this.#mean, this.#sum, this.#since] = past as [number, number, number, number];
  }

  state(): readonly number[] {
    return [this.#rows, this.#mean, this.#sum, this.#since];
  }

  add(error: number): number | undefined {
    const { leastRows, delta, threshold, fading } = this.#options;
    this.#rows++;
    this.#mean += (error - this.#mean) / this.#rows;
    this.#sum = Math.max(0, fading * this.#sum + (error - this.#mean - delta));
    this.#since = this.#sum === 0 ? 0 : this.#since + 1;
    if (this.#rows < leastRows || this.#sum <= threshold) return undefined;
    const recent = this.#since;
    this.#rows = 0;
    this.#mean = 0;
    this.#sum = 0;
    this.#since = 0;
    return recent;
  }
}

/**
 * A Page-Hinkley test of other settings.
 * @example
 * import { createPageHinkley } from "hearsay/protocol/learn/stream/drift/page-hinkley";
 * const test = createPageHinkley({ leastRows: 2, delta: 0, threshold: 1, fading: 1 });
 * [0, 0, 1, 1].map((error) => test.add(error)); // -> [undefined, undefined, undefined, 2]
 */
export function createPageHinkley(options: PageHinkleyOptions, past?: readonly number[]): DriftDetector {
  return new PageHinkley(options, past);
}

/** Page, Continuous inspection schemes, Biometrika 41, 1954; Hinkley 1971; on the errors of a model: Gama, Sebastiao, Rodrigues, Machine Learning 90, 2013. O(1) a row. @throws nothing. */
export const pageHinkley: DetectorKind = {
  name: "page-hinkley",
  about:
    "the sum of what lies above the mean error passes a threshold (Page 1954, Hinkley 1971): quick, of constant memory",
  create: (past) => createPageHinkley(DEFAULTS, past),
};
