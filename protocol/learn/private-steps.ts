/**
 * The arithmetic of a private step, which all engines share (Abadi et al., Deep Learning with Differential Privacy, CCS 2016): the gradient
 * of each example is cut to a norm, the sum of them gets noise, and is divided by the batch that the task expects, whatever came.
 *
 *     sum over the sample of  round(g_i min(1, threshold / |g_i|))  +  noise;    divided by the batch of the task
 *
 * round: to a grid, a power of two, so coarse that a float32 holds every sum of that many examples exactly. So the sum does not depend on
 * the order in which it was taken, and one example more or less changes it by no more than the clip norm, to the bit. `threshold` lies below the
 * clip norm by what rounding may add, and by 2^-10 of it, for norms that are computed in floating point (of up to 2^13 numbers in a row).
 *
 * An example whose gradient is not finite adds nothing.
 */
import type { PrivateSteps, SecretDraws } from "../base/learning-seams.ts";

export interface PrivateArithmetic {
  /** Step of the grid, a power of two. */
  readonly grid: number;
  /** Gradients are cut to this norm, in float32. */
  readonly threshold: number;
  /** Deviation of the noise, in steps of the grid. */
  readonly deviation: number;
  /** Added to a number of the gradient and taken away again, it leaves it rounded to the grid (half to even), in float32. */
  readonly rounder: number;
  /** So many examples a sum can hold. */
  readonly maxRows: number;
  /** What a sum is divided by. */
  readonly batch: number;
  /** Steps of the grid in 1, exactly; and a step of the grid, divided by the batch. */
  readonly perUnit: number;
  readonly share: number;
}

/** @param numParams length of the gradient. @throws RangeError where the clip norm is too small for float32, or the gradient too long for it. */
export function privateArithmetic(
  { clipNorm, noiseMultiplier }: PrivateSteps,
  batch: number,
  numParams: number,
): PrivateArithmetic {
  const maxRows = maxSample(batch);
  let grid = 1;
  while (grid * 2 ** 24 < clipNorm * maxRows) grid *= 2;
  while (grid * 2 ** 23 >= clipNorm * maxRows) grid /= 2;
  const threshold = Math.fround(clipNorm * (1 - 1 / 2 ** 10) - (grid * Math.sqrt(numParams)) / 2);
  if (!(threshold > 0) || grid * 2 ** 120 < 1)
    throw new RangeError(`a clip norm of ${clipNorm} leaves nothing of a gradient of ${numParams} numbers`);
  const deviation = (noiseMultiplier * clipNorm) / grid;
  const rounder = 1.5 * 2 ** 23 * grid;
  return { grid, threshold, deviation, rounder, maxRows, batch, perUnit: 1 / grid, share: grid / batch };
}

/** A sample of the expected size `batch` is larger once in 10^60 times. */
function maxSample(batch: number): number {
  return 4 * batch + 64;
}

/** The examples of a step. One beyond what a sum can hold, which never comes, is left out. */
export function drawSample(
  draws: SecretDraws,
  { rate }: PrivateSteps,
  length: number,
  { maxRows }: PrivateArithmetic,
): Uint32Array {
  return draws.sample(length, rate).subarray(0, maxRows);
}

/** @throws RangeError where a trainer is asked to hide examples, and was given nothing to do it by. */
export function drawsOf(draws: SecretDraws | undefined): SecretDraws {
  if (draws === undefined) throw new RangeError("a private training needs `draws`, and the trainer was given none");
  return draws;
}

/** A number of the sum with its noise, in steps of the grid, divided by the batch. */
export function noised(sum: number, noise: number, { perUnit, share }: PrivateArithmetic): number {
  return (sum * perUnit + noise) * share;
}
