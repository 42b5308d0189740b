/** Clipping of the gradient of a dense network, in plain TypeScript: what `clip-kernels.ts` computes, bit for bit. */
import { clippingFactor } from "../optimisers/clipping.ts";
import type { DenseLayer } from "./matrix.ts";

/** Makes the gradient no longer than the bound, in place. */
export function clipGradient(gradient: Float32Array, layers: readonly DenseLayer[], maxGradientNorm: number): void {
  const factor = clippingFactor(squaredNorm(gradient, layers), maxGradientNorm);
  if (factor === 1) return;
  for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] as number) * factor;
}

/** Four sums in float64, from the first row of the first kernel to the last bias: number j of a row goes to sum j mod 4. Then (l0 + l2) + (l1 + l3). */
function squaredNorm(gradient: Float32Array, layers: readonly DenseLayer[]): number {
  const lanes = new Float64Array(4);
  // the bias follows its kernel, as one more row
  for (const { inputs, outputs, kernel } of layers)
    for (let row = 0; row <= inputs; row++)
      for (let j = 0; j < outputs; j++) {
        const g = gradient[kernel + row * outputs + j] as number;
        lanes[j & 3] = (lanes[j & 3] as number) + g * g;
      }
  const [a, b, c, d] = lanes as unknown as [number, number, number, number];
  return a + c + (b + d);
}
