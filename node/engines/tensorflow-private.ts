/**
 * Private steps over TensorFlow.js: the gradient of each example by itself, in micro-batches of one, cut and summed outside of TensorFlow
 * (protocol/learn/private-steps.ts). A step takes about as long as so many steps of one example. Penalties of regularisers count as part of each
 * example's loss, and are cut with it.
 */
import type { FitRequest, FitResult, PrivateSteps, SecretDraws } from "../../protocol/base/learning-seams.ts";
import type { PreparedData } from "../../protocol/learn/data/prepare.ts";
import { drawSample, noised, type PrivateArithmetic, privateArithmetic } from "../../protocol/learn/private-steps.ts";
import type { Tensor } from "./tf.ts";

/** What a private training needs of a model: its weights that gradients change, one after the other. */
export interface GradientSource {
  /** Numbers of each weight. */
  readonly lengths: readonly number[];
  /** Loss of one example, and its gradient with respect to each weight; undefined for one on which the loss does not depend. */
  gradients(index: number): { readonly loss: number; readonly values: readonly (Float32Array | undefined)[] };
  /** One step of the optimiser, by its numbers. */
  descend(gradients: readonly Float32Array[], step: number): void;
}

export interface PrivateFit {
  readonly privateSteps: PrivateSteps;
  readonly draws: SecretDraws;
  readonly batch: number;
}

/** Steps on a model that is loaded; its mean loss over the examples that were drawn. */
export function stepPrivately(
  source: GradientSource,
  { steps }: Pick<FitRequest, "steps">,
  { length }: Pick<PreparedData, "length">,
  { privateSteps, draws, batch }: PrivateFit,
): FitResult["loss"] {
  const numParams = source.lengths.reduce((sum, n) => sum + n, 0);
  const arithmetic = privateArithmetic(privateSteps, batch, numParams);
  let [lossSum, taken] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const sums = source.lengths.map((n) => new Float32Array(n));
    const drawn = drawSample(draws, privateSteps, length, arithmetic);
    for (const index of drawn) {
      const { loss, values } = source.gradients(index);
      addCut(sums, values, arithmetic);
      lossSum += loss;
    }
    taken += drawn.length;
    for (const sum of sums) {
      const noise = new Float64Array(sum.length);
      draws.noise(noise, arithmetic.deviation);
      for (let i = 0; i < sum.length; i++) sum[i] = noised(sum[i] as number, noise[i] as number, arithmetic);
    }
    source.descend(sums, step);
  }
  return taken === 0 ? 0 : lossSum / taken;
}

function addCut(
  sums: readonly Float32Array[],
  gradients: readonly (Float32Array | undefined)[],
  { threshold, grid }: PrivateArithmetic,
): void {
  let squared = 0;
  for (const gradient of gradients) for (const g of gradient ?? []) squared += g * g;
  if (!(squared < Number.POSITIVE_INFINITY)) return;
  const factor = Math.min(1, threshold / Math.sqrt(squared));
  for (const [w, gradient] of gradients.entries()) {
    const sum = sums[w] as Float32Array;
    if (gradient === undefined) continue;
    for (let i = 0; i < sum.length; i++)
      sum[i] = (sum[i] as number) + grid * Math.floor(((gradient[i] as number) * factor) / grid + 0.5);
  }
}

/** The numbers of a gradient; undefined where there is none. */
export function numbersOf(gradient: Tensor | null | undefined): Float32Array | undefined {
  return gradient === undefined || gradient === null ? undefined : Float32Array.from(gradient.dataSync());
}
