/** Private steps of the dense engine over its WebAssembly kernels: sums in WebAssembly, samples and noise from outside (learn/private-steps.ts). */
import type { FitResult } from "../../base/learning-seams.ts";
import type { PreparedData } from "../data/prepare.ts";
import { drawSample } from "../private-steps.ts";
import { type PrivateExports, privateFunctions } from "./private-kernels.ts";
import type { PrivateDescent } from "./shape.ts";
import {
  clearState,
  floats,
  kernelsNamed,
  type Places,
  place,
  type Sizes,
  takeDrawn,
  takeExamples,
  words,
} from "./wasm-memory.ts";

export function fitPrivately(
  sizes: Sizes,
  params: Float32Array,
  data: PreparedData,
  descent: PrivateDescent,
): FitResult {
  const { layout, optimiser, maxRows, targetWidth } = sizes;
  const { scalars, steps, arithmetic, draws, privateSteps } = descent;
  const perStep = scalars.length / steps;
  const whole = data.length <= maxRows && data.length <= 2 * steps * arithmetic.batch;
  const most = Math.min(data.length, arithmetic.maxRows);
  const at = place(sizes, {
    rows: whole ? data.length : most,
    indices: most,
    scalars: perStep,
    noise: params.length,
    params,
  });
  const kernels = kernelsNamed<PrivateExports>(`private ${sizes.name}`, () => privateFunctions(layout, optimiser));
  floats.set(params, layout.examples / 4);
  kernels.load(layout.examples);
  clearState(layout);
  if (whole) {
    takeExamples(at, data);
    kernels.list(at.inputs, data.length, at.lists, at.table);
  }
  const noise = new Float64Array(floats.buffer, at.noise, params.length);
  let [lossSum, taken] = [0, 0];
  for (let step = 0; step < steps; step++) {
    const drawn = drawSample(draws, privateSteps, data.length, arithmetic);
    if (whole) words.set(drawn, at.order / 4);
    else kernels.list(at.inputs, takeDrawn(sizes, at, data, drawn), at.lists, at.table);
    lossSum += accumulate(kernels, at, drawn.length, descent);
    taken += drawn.length;
    draws.noise(noise, arithmetic.deviation);
    kernels.addNoise(at.noise, arithmetic.perUnit, arithmetic.share);
    floats.set(scalars.subarray(step * perStep, (step + 1) * perStep), at.scalars / 4);
    kernels.update(at.scalars);
  }
  kernels.unload(layout.examples);
  const from = layout.examples / 4;
  const loss = taken === 0 ? 0 : lossSum / (taken * targetWidth);
  return { params: floats.slice(from, from + params.length), loss, hidesExamples: true };
}

function accumulate(kernels: PrivateExports, at: Places, rows: number, { arithmetic }: PrivateDescent): number {
  const { threshold, rounder } = arithmetic;
  return kernels.accumulate(at.order, rows, at.table, at.targets, threshold, rounder);
}
