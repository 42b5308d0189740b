/** Detector `adwin`: the longest window in which no two parts have means that differ beyond chance. */
import { log } from "../../../base/exp-log.ts";
import type { DetectorKind, DriftDetector } from "./detector.ts";

export interface AdwinOptions {
  /** Chance of a false alarm, as the bound counts it. */
  readonly delta: number;
}

/** Of one size before two become one of twice the size: then the window is known in buckets of 1, 2, 4 ... rows. */
const BUCKETS_OF_SIZE = 5;
/** Rows from one look to the next, the least rows of a window that is looked at, and of each of its parts. */
const EVERY = 32;
const LEAST_ROWS = 10;
const LEAST_PART = 5;
/** Enough for 2^50 rows. */
const MOST_BUCKETS = 50 * (BUCKETS_OF_SIZE + 1);

/** Sum, and sum of squared differences from the mean, of a power of two of rows. */
interface Bucket {
  readonly rows: number;
  readonly sum: number;
  readonly spread: number;
}

function joined(a: Bucket, b: Bucket): Bucket {
  const apart = a.sum / a.rows - b.sum / b.rows;
  const rows = a.rows + b.rows;
  return { rows, sum: a.sum + b.sum, spread: a.spread + b.spread + (a.rows * b.rows * apart * apart) / rows };
}

class Adwin implements DriftDetector {
  readonly #delta: number;
  /** From the oldest to the newest; sizes fall. */
  #buckets: Bucket[] = [];
  #added = 0;

  constructor({ delta }: AdwinOptions, past: readonly number[] = []) {
    this.#delta = delta;
    const buckets = bucketsOf(past.slice(1));
    if (buckets === undefined) return;
    this.#added = past[0] as number;
    this.#buckets = buckets;
  }

  state(): readonly number[] {
    return [this.#added, ...this.#buckets.flatMap(({ rows, sum, spread }) => [rows, sum, spread])];
  }

  add(error: number): number | undefined {
    this.#added++;
    this.#buckets.push({ rows: 1, sum: error, spread: 0 });
    this.#compress();
    if (this.#added % EVERY !== 0) return undefined;
    let isWorse = false;
    for (let cut = this.#cut(); cut !== undefined; cut = this.#cut()) {
      this.#buckets.splice(0, cut.buckets);
      isWorse ||= cut.isWorse;
    }
    return isWorse ? rowsOf(this.#buckets) : undefined;
  }

  /** Joins the two oldest of a size of which there are too many. */
  #compress(): void {
    let end = this.#buckets.length;
    for (let size = 1; end > 0; size *= 2) {
      let first = end;
      while (first > 0 && this.#buckets[first - 1]?.rows === size) first--;
      if (end - first <= BUCKETS_OF_SIZE) return;
      const [a, b] = this.#buckets.slice(first, first + 2) as [Bucket, Bucket];
      this.#buckets.splice(first, 2, joined(a, b));
      end = first + 1;
    }
  }

  /** Whether the oldest bucket has to go, since some cut sets means apart; and whether what is newer is worse. */
  #cut(): { readonly buckets: number; readonly isWorse: boolean } | undefined {
    const [first] = this.#buckets;
    if (first === undefined) return undefined;
    const whole = this.#buckets.slice(1).reduce(joined, first);
    if (whole.rows <= LEAST_ROWS) return undefined;
    const variance = whole.spread / whole.rows;
    const doubt = log((2 * log(whole.rows)) / this.#delta);
    let [rows, sum] = [0, 0];
    for (const bucket of this.#buckets) {
      rows += bucket.rows;
      sum += bucket.sum;
      const [older, newer] = [rows, whole.rows - rows];
      if (newer < LEAST_PART) return undefined;
      if (older < LEAST_PART) continue;
      const apart = sum / older - (whole.sum - sum) / newer;
      const weight = 1 / (older - LEAST_PART + 1) + 1 / (newer - LEAST_PART + 1);
      const bound = Math.sqrt(2 * weight * variance * doubt) + (2 / 3) * weight * doubt;
      if (Math.abs(apart) > bound) return { buckets: 1, isWorse: apart < 0 };
    }
    return undefined;
  }
}

function rowsOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { rows }) => sum + rows, 0);
}

function isPowerOfTwo(rows: number): boolean {
  let size = 1;
  while (size < rows) size *= 2;
  return size === rows;
}

/** Undefined for what no detector can have: sizes are powers of two that fall. */
function bucketsOf(numbers: readonly number[]): Bucket[] | undefined {
  if (numbers.length === 0 || numbers.length % 3 !== 0 || numbers.length > 3 * MOST_BUCKETS) return undefined;
  if (!numbers.every(Number.isFinite)) return undefined;
  const buckets: Bucket[] = [];
  for (let i = 0; i < numbers.length; i += 3) {
    const [rows = 0, sum = 0, spread = 0] = numbers.slice(i, i + 3);
    if (!isPowerOfTwo(rows) || rows > (buckets.at(-1)?.rows ?? rows)) return undefined;
    buckets.push({ rows, sum, spread });
  }
  return buckets;
}

/**
 * ADWIN with another chance of false alarms.
 * @example
 * import { createAdwin } from "hearsay/protocol/learn/stream/drift/adwin";
 * const adwin = createAdwin({ delta: 0.002 });
 * const alarms = Array.from({ length: 256 }, (_, i) => adwin.add(i < 128 ? 0 : 1));
 * alarms.findIndex((alarm) => alarm !== undefined); // -> 159
 */
export function createAdwin(options: AdwinOptions, past?: readonly number[]): DriftDetector {
  return new Adwin(options, past);
}

/** Bifet, Gavalda, Learning from time-changing data with adaptive windowing, SDM 2007 (ADWIN2, with buckets). O(log rows) a row. @throws nothing. */
export const adwin: DetectorKind = {
  name: "adwin",
  about:
    "the window of errors is cut where two parts of it differ beyond chance (Bifet, Gavalda 2007): says which rows are of the new kind",
  create: (past) => createAdwin({ delta: 0.002 }, past),
};
