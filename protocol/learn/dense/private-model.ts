/** Private steps of a dense network in plain TypeScript: what the kernels of `private-kernels.ts` compute, bit for bit, and what a host without SIMD runs. */
import type { FitResult } from "../../base/learning-seams.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { drawSample, noised } from "../private-steps.ts";
import { descend } from "./descend.ts";
import { type LossName, softmaxCrossEntropy, squaredError } from "./loss.ts";
import type { DenseLayer } from "./matrix.ts";
import { createNetwork, type Network } from "./network.ts";
import type { DenseShape, PrivateDescent } from "./shape.ts";

const fround = Math.fround;

export function fitPrivatelyInPlain(
  { layers, activation, loss }: DenseShape,
  optimiser: Optimiser,
  start: Float32Array,
  data: PreparedData,
  descent: PrivateDescent,
): FitResult {
  const { scalars, steps, arithmetic, draws, privateSteps } = descent;
  const perStep = scalars.length / steps;
  const targetWidth = loss === "cross-entropy" ? 1 : (layers.at(-1) as DenseLayer).outputs;
  const network = createNetwork(layers, activation, 1);
  const sum = new Float32Array(start.length);
  const noise = new Float64Array(start.length);
  const slots = Array.from({ length: optimiser.slots }, () => new Float32Array(start.length));
  const params = start.slice();
  let [lossSum, taken] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const drawn = drawSample(draws, privateSteps, data.length, arithmetic);
    sum.fill(0);
    let stepLoss = 0;
    for (const index of drawn) {
      stepLoss += passBoth({ network, layers, loss, targetWidth }, params, data, index);
      addCut(network, layers, arithmetic, sum);
    }
    lossSum += stepLoss;
    taken += drawn.length;
    draws.noise(noise, arithmetic.deviation);
    for (let i = 0; i < sum.length; i++) sum[i] = noised(sum[i] as number, noise[i] as number, arithmetic);
    descend(optimiser, params, sum, slots, [...scalars.subarray(step * perStep, (step + 1) * perStep)]);
  }
  return { params, loss: taken === 0 ? 0 : lossSum / (taken * targetWidth), hidesExamples: true };
}

interface Pass {
  readonly network: Network;
  readonly layers: readonly DenseLayer[];
  readonly loss: LossName;
  readonly targetWidth: number;
}

/** One example forth and back; its loss. The network keeps inputs and deltas of each layer. */
function passBoth(
  { network, layers, loss, targetWidth }: Pass,
  params: Float32Array,
  { inputs, targets }: PreparedData,
  index: number,
): number {
  const { inputs: width } = layers[0] as DenseLayer;
  const { outputs: outputWidth } = layers.at(-1) as DenseLayer;
  const outputs = network.forward(params, inputs.subarray(index * width, (index + 1) * width), 1);
  const target = targets.subarray(index * targetWidth, (index + 1) * targetWidth);
  const lossOf = loss === "cross-entropy" ? softmaxCrossEntropy : squaredError;
  const found = lossOf(outputs, target, 1, outputWidth);
  network.deltas(params, outputs);
  return found;
}

/** Adds the gradient of the example at hand, cut to the threshold and rounded to the grid. */
function addCut(
  network: Network,
  layers: readonly DenseLayer[],
  { threshold, rounder }: PrivateDescent["arithmetic"],
  sum: Float32Array,
): void {
  const parts = layers.map((_, l) => network.layer(l));
  const squared = parts
    .map(({ inputs, deltas }) => (squares(inputs.filter((x) => x !== 0)) + 1) * squares(deltas)) // 1: the bias
    .reduce((total, one) => total + one);
  if (!(squared < Number.POSITIVE_INFINITY)) return;
  const factor = squared > threshold * threshold ? fround(threshold / Math.sqrt(squared)) : 1;
  for (const [l, { kernel, bias, outputs }] of layers.entries()) {
    const { inputs, deltas } = parts[l] as (typeof parts)[number];
    const scaled = deltas.map((delta) => fround(delta * factor));
    const add = (to: number, x: number) => {
      for (let j = 0; j < outputs; j++) {
        const rounded = fround(fround(fround(x * (scaled[j] as number)) + rounder) - rounder);
        sum[to + j] = (sum[to + j] as number) + rounded;
      }
    };
    add(bias, 1);
    for (const [i, x] of inputs.entries()) if (x !== 0) add(kernel + i * outputs, x);
  }
}

/** Four sums, of every fourth square each, then (l0 + l2) + (l1 + l3), then the squares that are left over after whole fours. */
function squares(values: Float32Array): number {
  const whole = values.length - (values.length % 4);
  const lanes = [0, 0, 0, 0];
  for (const [i, value] of values.subarray(0, whole).entries()) lanes[i % 4] = (lanes[i % 4] as number) + value * value;
  const [a, b, c, d] = lanes as [number, number, number, number];
  return values.subarray(whole).reduce((sum, value) => sum + value * value, a + c + (b + d));
}
