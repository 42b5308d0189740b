/** Means over seeds with 95 % confidence intervals, by Student's t (Student, Biometrika 1908). */

import { power } from "../../protocol/base/exp-log.ts";
import { mean } from "../../protocol/base/figures.ts";

export interface Estimate {
  readonly mean: number;
  /** The interval is mean +- this; undefined for one value, which says nothing about its spread. */
  readonly halfWidth?: number;
  readonly count: number;
}

/** 0.975 quantiles of Student's t for 1 to 10 degrees of freedom. */
const QUANTILES = [12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814];
/** The same of the normal distribution. */
const Z = 1.959963985;

/**
 * mean +- t s / sqrt(n), with s the standard deviation by n - 1. Holds for values that are independent and roughly normal.
 * @throws RangeError for no values.
 */
export function estimate(values: readonly number[]): Estimate {
  const count = values.length;
  if (count === 0) throw new RangeError("no values to take a mean of");
  const centre = mean(values);
  if (count === 1) return { mean: centre, count };
  const variance = values.reduce((sum, value) => sum + power(value - centre, 2), 0) / (count - 1);
  return { mean: centre, halfWidth: studentQuantile(count - 1) * Math.sqrt(variance / count), count };
}

/** The 0.975 quantile; above 10 degrees of freedom the expansion 26.7.5 of Abramowitz and Stegun, good to 5 digits there. */
export function studentQuantile(freedom: number): number {
  if (!Number.isInteger(freedom) || freedom < 1) throw new RangeError(`${freedom} degrees of freedom`);
  const known = QUANTILES[freedom - 1];
  if (known !== undefined) return known;
  const terms = [
    (power(Z, 3) + Z) / 4,
    (5 * power(Z, 5) + 16 * power(Z, 3) + 3 * Z) / 96,
    (3 * power(Z, 7) + 19 * power(Z, 5) + 17 * power(Z, 3) - 15 * Z) / 384,
    (79 * power(Z, 9) + 776 * power(Z, 7) + 1482 * power(Z, 5) - 1920 * power(Z, 3) - 945 * Z) / 92160,
  ];
  return terms.reduce((sum, term, i) => sum + term / power(freedom, i + 1), Z);
}
