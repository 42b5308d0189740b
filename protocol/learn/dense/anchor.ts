/**
 * Draws parameters to those of another model, tensor by tensor (Anchor): the same float32 arithmetic whether they lie in a vector or in the memory of the kernels, where rows of weights are padded.
 */
import type { Anchor } from "../../base/learning-seams.ts";
import type { LayerLayout } from "./layout.ts";
import type { DenseLayer } from "./matrix.ts";

const fround = Math.fround;

/** x <- x + pull (to - x) for `count` numbers; at a pull of 1 they are those of `to`, to the bit. */
function drawRow(values: Float32Array, at: number, to: Float32Array, from: number, count: number, pull: number): void {
  for (let i = 0; i < count; i++) {
    const [value, target] = [values[at + i] as number, to[from + i] as number];
    values[at + i] = pull === 1 ? target : fround(value + fround(pull * fround(target - value)));
  }
}

/** In a vector of parameters. */
export function draw(params: Float32Array, layers: readonly DenseLayer[], { to, pulls }: Anchor): void {
  for (const [l, { inputs, outputs, kernel, bias }] of layers.entries()) {
    const [ofKernel = 0, ofBias = 0] = pulls.slice(2 * l, 2 * l + 2).map(fround);
    if (ofKernel > 0) drawRow(params, kernel, to, kernel, inputs * outputs, ofKernel);
    if (ofBias > 0) drawRow(params, bias, to, bias, outputs, ofBias);
  }
}

/** In the memory of the kernels. @param layers where the parameters lie in `to`. @param places where they lie in memory, in bytes. */
export function drawInMemory(
  memory: Float32Array,
  layers: readonly DenseLayer[],
  places: readonly LayerLayout[],
  { to, pulls }: Anchor,
): void {
  for (const [l, { inputs, outputs, kernel, bias }] of layers.entries()) {
    const place = places[l] as LayerLayout;
    const [ofKernel = 0, ofBias = 0] = pulls.slice(2 * l, 2 * l + 2).map(fround);
    if (ofKernel > 0)
      for (let row = 0; row < inputs; row++)
        drawRow(memory, (place.kernel + row * place.stride) / 4, to, kernel + row * outputs, outputs, ofKernel);
    if (ofBias > 0) drawRow(memory, place.bias / 4, to, bias, outputs, ofBias);
  }
}
