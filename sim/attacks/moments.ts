/**
 * Mean and spread of the honest models, kept up to date as each of them trains:
 *
 *     mean = sum x / n        spread = sqrt(sum x^2 / n - mean^2)        meanUpdate = sum (x - base) / n
 *
 * coordinate by coordinate, in float64: after a million replacements the variance of float32 parameters still has
 * six digits. A replacement is O(d), whatever the number of peers; the figures are computed when they are asked for,
 * once between two replacements.
 */
import { lengthOf } from "./vectors.ts";

interface Model {
  readonly params: Float32Array;
  readonly base: Float32Array;
}

export interface Moments {
  /** Number of models, at least 1. */
  readonly count: number;
  readonly mean: Float64Array;
  /** Standard deviation of each coordinate (over n, not n - 1, as in the code of ALIE's authors). */
  readonly spread: Float64Array;
  /** Mean of what the last local trainings changed. */
  readonly meanUpdate: Float64Array;
  /** Length of the mean. */
  readonly norm: number;
}

export interface MomentSums {
  /** A model is new (`before` undefined) or took the place of another. */
  replace(before: Model | undefined, after: Model): void;
  /** Figures of this moment: later replacements do not change them. */
  read(): Moments | undefined;
}

export function createMomentSums(d: number): MomentSums {
  const sum = new Float64Array(d);
  const squares = new Float64Array(d);
  const updates = new Float64Array(d);
  let count = 0;
  let current: Moments | undefined;

  function add({ params, base }: Model, sign: 1 | -1): void {
    for (let i = 0; i < d; i++) {
      const value = params[i] as number;
      sum[i] = (sum[i] as number) + sign * value;
      squares[i] = (squares[i] as number) + sign * value * value;
      updates[i] = (updates[i] as number) + sign * (value - (base[i] as number));
    }
  }

  return {
    replace(before, after) {
      if (before === undefined) count++;
      else add(before, -1);
      add(after, 1);
      current = undefined;
    },
    read() {
      if (count === 0) return undefined;
      current ??= momentsOf(count, sum, squares, updates);
      return current;
    },
  };
}

function momentsOf(count: number, sum: Float64Array, squares: Float64Array, updates: Float64Array): Moments {
  const mean = sum.map((value) => value / count);
  const spread = squares.map((value, i) => {
    const centre = mean[i] as number;
    return Math.sqrt(Math.max(0, value / count - centre * centre));
  });
  return { count, mean, spread, meanUpdate: updates.map((value) => value / count), norm: lengthOf(mean) };
}
