/**
 * The three matrix products of a dense layer, row-major float32: the arithmetic of the dense engine, written plainly.
 * The kernels of `kernels.ts` compute the same bits, so this is their definition, and what runs in their place
 * where there is no SIMD.
 *
 * Every product and every sum is rounded to float32, and sums run in the order that is written here. Inputs that are 0
 * (pixels of a background, units that relu switched off) are left out of sums, not added as 0.
 */
const fround = Math.fround;

/**
 * Where a layer's numbers lie in the flat parameter vector: kernel [inputs, outputs] row-major, then bias [outputs].
 */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly bias: number;
}

/** y = x W + b; x is rows x inputs, y is rows x outputs. Sums start with b and go through the inputs in order. */
export function affine(x: Float32Array, rows: number, params: Float32Array, layer: DenseLayer, y: Float32Array): void {
  const { inputs, outputs, kernel, bias } = layer;
  for (let row = 0; row < rows; row++) {
    const to = row * outputs;
    for (let j = 0; j < outputs; j++) y[to + j] = params[bias + j] as number;
    for (let i = 0; i < inputs; i++) {
      const value = x[row * inputs + i] as number;
      if (value !== 0) addScaled(y, to, outputs, value, params, kernel + i * outputs);
    }
  }
}

/** dW = x^T dy and db = column sums of dy, to the layer's place in `gradient`. Sums start with 0, through the rows. */
export function kernelGradient(
  x: Float32Array,
  rows: number,
  dy: Float32Array,
  layer: DenseLayer,
  gradient: Float32Array,
): void {
  const { inputs, outputs, kernel, bias } = layer;
  gradient.fill(0, kernel, bias + outputs);
  for (let row = 0; row < rows; row++) {
    const from = row * outputs;
    addScaled(gradient, bias, outputs, 1, dy, from);
    for (let i = 0; i < inputs; i++) {
      const value = x[row * inputs + i] as number;
      if (value !== 0) addScaled(gradient, kernel + i * outputs, outputs, value, dy, from);
    }
  }
}

/** dx = dy W^T, rows x inputs. */
export function inputGradient(
  dy: Float32Array,
  rows: number,
  params: Float32Array,
  layer: DenseLayer,
  dx: Float32Array,
): void {
  const { inputs, outputs, kernel } = layer;
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < inputs; i++) {
      dx[row * inputs + i] = dot(dy, row * outputs, params, kernel + i * outputs, outputs);
    }
  }
}

/** y[to ..] += a v[from ..], n terms. */
function addScaled(y: Float32Array, to: number, n: number, a: number, v: Float32Array, from: number): void {
  for (let j = 0; j < n; j++) y[to + j] = (y[to + j] as number) + fround(a * (v[from + j] as number));
}

const lanes = new Float32Array(4);

/** Four sums, of every fourth term each and from 0 on, as a vector of four lanes takes them; then `sumLanes`. */
function dot(a: Float32Array, atA: number, b: Float32Array, atB: number, n: number): number {
  lanes.fill(0);
  for (let j = 0; j < n; j++) {
    lanes[j & 3] = (lanes[j & 3] as number) + fround((a[atA + j] as number) * (b[atB + j] as number));
  }
  return sumLanes(lanes);
}

/** (l0 + l2) + (l1 + l3). */
export function sumLanes(l: Float32Array): number {
  return fround(fround((l[0] as number) + (l[2] as number)) + fround((l[1] as number) + (l[3] as number)));
}
