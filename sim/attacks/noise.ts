/**
 * Noise per liar: v + noise sigma_c N(0, 1) in coordinate c, drawn by every liar for itself; sigma is the spread of
 * the honest.
 *
 * Liars that all send the same vector give themselves away: a body is counted once however many send it, and models
 * that lie close together share one weight in the default rule. With noise near 1 they are as far from each other as
 * honest models are.
 */
import * as z from "zod";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Vector } from "./vectors.ts";

/** Deviation in units of the honest spread; 0: all liars send the same. */
export const noiseOption = z.number().min(0).max(100).default(0);

export function withNoise(values: Float32Array, noise: number, spread: Vector, rng: Rng): Float32Array {
  if (noise === 0) return values;
  const result = new Float32Array(values.length);
  for (let i = 0; i < result.length; i++)
    result[i] = (values[i] as number) + noise * (spread[i] as number) * rng.normal();
  return result;
}
