/**
 * The tensor schema of a model and its initial parameters.
 *
 * Kernels are stored as Keras does, [in, out] and [height, width, in, out]; tensors follow one another in the flat vector
 * in the order of the schema, each row-major.
 */
import { createRng } from "../base/rng.ts";
import type { ModelSpec, TensorSpec } from "../base/task.ts";

/**
 * Tensors of a built-in model; a message where the shapes do not fit; undefined for a layers model and an external one, whose tensors are listed.
 * A cnn is (convolution `same`, relu, 2x2 max-pooling) per entry of `filters`, then dense layers.
 */
export function builtInTensors(
  model: ModelSpec,
  inputShape: readonly number[],
  outputs: number,
): TensorSpec[] | string | undefined {
  const tensors: TensorSpec[] = [];
  let width = inputShape.reduce((product, n) => product * n, 1);
  let hidden: readonly number[] = [];
  if (model.kind === "layers" || model.kind === "external") return undefined;
  if (model.kind === "mlp") hidden = model.hidden;
  if (model.kind === "cnn") {
    let [height, across, channels] = inputShape as [number, number, number];
    for (const [i, filters] of model.filters.entries()) {
      if (height < 2 || across < 2)
        return `the image is used up before convolution ${i}: 2x2 pooling needs at least 2x2 pixels; use fewer filters`;
      tensors.push(
        [`conv${i}/kernel`, [model.kernelSize, model.kernelSize, channels, filters]],
        [`conv${i}/bias`, [filters]],
      );
      height = Math.floor(height / 2);
      across = Math.floor(across / 2);
      channels = filters;
    }
    width = height * across * channels;
    hidden = model.hidden;
  }
  for (const [i, units] of [...hidden, outputs].entries()) {
    tensors.push([`dense${i}/kernel`, [width, units]], [`dense${i}/bias`, [units]]);
    width = units;
  }
  return tensors;
}

/** Where a tensor lies in the flat vector. */
export interface TensorSlice {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly length: number;
}

export function tensorSlices(tensors: readonly TensorSpec[]): TensorSlice[] {
  let offset = 0;
  return tensors.map(([name, shape]) => {
    const slice = { name, shape, offset, length: shape.reduce((product, n) => product * n, 1) };
    offset += slice.length;
    return slice;
  });
}

/**
 * Initial parameters, the same bits on every machine (only +, *, / and square root are used).
 * Tensors of rank >= 2: Glorot uniform, U(-l, l) with l = sqrt(6 / (fanIn + fanOut)) (Glorot & Bengio 2010), fans as Keras
 * counts them; rank <= 1: 0, but 1 where the last part of the name is gamma or moving_variance (normalisation layers).
 */
export function initialParams(tensors: readonly TensorSpec[], seed: number): Float32Array {
  const slices = tensorSlices(tensors);
  const last = slices.at(-1);
  const params = new Float32Array(last === undefined ? 0 : last.offset + last.length);
  const rng = createRng(`initial-params/${seed}`);
  for (const { name, shape, offset, length } of slices) {
    const values = params.subarray(offset, offset + length);
    if (shape.length >= 2) {
      const stream = rng.fork(name);
      const receptive = shape.slice(0, -2).reduce((product, n) => product * n, 1);
      const limit = Math.sqrt(6 / (receptive * ((shape.at(-2) as number) + (shape.at(-1) as number))));
      for (let i = 0; i < length; i++) values[i] = (2 * stream.uniform() - 1) * limit;
    } else if (/(?:^|\/)(?:gamma|moving_variance)$/.test(name)) {
      values.fill(1);
    }
  }
  return params;
}
