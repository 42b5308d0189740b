/**
 * A model as a layers model of TensorFlow.js, in one JSON text: `model.json` with the weights beside it in `weights.bin`. Rows in the units of the data in, as
 * `hearsay predict` takes them. Models of layers are framed by layers that do the same (tfjs-layers.ts).
 *
 * tfjs has no layer that standardises each feature. So where each has a mean and a spread of its own, they go into the first dense layer; one mean and one
 * spread for all are a layer `Rescaling`. Those of targets go into the last layer.
 */
import { bytesOf, concatBytes } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type TensorSlice, tensorSlices } from "../../protocol/learn/tensors.ts";
import { type FramedModel, framedModel } from "./tfjs-layers.ts";

export interface TfjsModel {
  /** The text of `model.json`. */
  readonly json: string;
  /** `weights.bin`, beside it. */
  readonly weights: Uint8Array;
}

export const WEIGHTS_FILE = "weights.bin";

type Layer = Readonly<Record<string, unknown>>;

/** @throws HearsayError ERR_CONFIG for a model that a program of the owner's trains, and a cnn whose features have figures of their own. */
export async function encodeTfjs(
  params: Float32Array,
  task: Task,
  metadata: Readonly<Record<string, string>>,
): Promise<TfjsModel> {
  const { kind } = task.model;
  if (kind === "external") {
    const message = "--format tfjs: what a program of yours trains goes by safetensors, which that program reads";
    throw new HearsayError("ERR_CONFIG", message, { kind });
  }
  const { weights, ...model } = kind === "layers" ? await framedModel(params, task) : builtInModel(params, task);
  const modelTopology = { ...model, keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" };
  const listed = weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" }));
  const json = JSON.stringify({
    format: "layers-model",
    generatedBy: "hearsay",
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: listed }],
    userDefinedMetadata: metadata,
  });
  return { json, weights: concatBytes(...weights.map(({ values }) => bytesOf(values))) };
}

function builtInModel(params: Float32Array, task: Task): FramedModel {
  const slices = tensorSlices(task.tensors);
  const values = params.slice();
  const isPlain = task.input.mean.length === 1 && task.input.std.length === 1;
  if (!isPlain) intoFirst(values, slices[0] as TensorSlice, slices[1] as TensorSlice, task);
  intoLast(values, slices, task);
  const layers = layersOf(task, slices, isPlain);
  return {
    class_name: "Sequential",
    config: { name: "hearsay", layers },
    weights: slices.map(({ name, shape, offset, length }) => {
      return { name, shape, values: values.subarray(offset, offset + length) };
    }),
  };
}

/** x' = (x - mean) / std, then x' W + b, is x (W / std) + (b - (mean / std) W). */
function intoFirst(values: Float32Array, kernel: TensorSlice, bias: TensorSlice, { input, model }: Task): void {
  if (model.kind === "cnn") {
    const message =
      "--format tfjs: a cnn whose pixels have a mean and a spread of their own has no layer for them in tfjs; take onnx";
    throw new HearsayError("ERR_CONFIG", message);
  }
  const [width, units] = kernel.shape as readonly [number, number];
  const shift = new Float64Array(units);
  for (let i = 0; i < width; i++) {
    const [mean, std] = [at(input.mean, i), at(input.std, i)];
    for (let unit = 0; unit < units; unit++) {
      const index = kernel.offset + i * units + unit;
      const weight = (values[index] as number) / std;
      values[index] = weight;
      shift[unit] = (shift[unit] as number) + mean * weight;
    }
  }
  for (let unit = 0; unit < units; unit++)
    values[bias.offset + unit] = (values[bias.offset + unit] as number) - (shift[unit] as number);
}

/** y std + mean: of the last layer, which is linear. */
function intoLast(values: Float32Array, slices: readonly TensorSlice[], { output }: Task): void {
  if (output.kind === "classification") return;
  for (const { offset, length, shape } of slices.slice(-2)) {
    const isBias = shape.length === 1;
    for (let i = 0; i < length; i++) {
      const [mean, std] = [at(output.mean, i), at(output.std, i)];
      values[offset + i] = (values[offset + i] as number) * std + (isBias ? mean : 0);
    }
  }
}

function layersOf({ model, input, output }: Task, slices: readonly TensorSlice[], isPlain: boolean): Layer[] {
  const layers: Layer[] = [];
  const add = (class_name: string, config: Readonly<Record<string, unknown>>) => {
    const first = layers.length === 0 && { batch_input_shape: [null, ...input.shape] };
    layers.push({ class_name, config: { ...first, dtype: "float32", trainable: true, ...config } });
  };
  const [mean, std] = [at(input.mean, 0), at(input.std, 0)];
  if (isPlain && (mean !== 0 || std !== 1))
    add("Rescaling", { name: "rescaling", scale: 1 / std, offset: -mean / std });
  const names = slices.filter(({ shape }) => shape.length > 1);
  let isFlat = input.shape.length === 1;
  for (const [i, { name, shape }] of names.entries()) {
    const layer = name.replace(/\/kernel$/, "");
    const filters = shape[3];
    if (filters !== undefined) {
      const convolution = {
        kernel_size: shape.slice(0, 2),
        strides: [1, 1],
        padding: "same",
        data_format: "channels_last",
      };
      add("Conv2D", { name: layer, filters, ...convolution, activation: "relu", use_bias: true });
      add("MaxPooling2D", { name: `${layer}_pool`, pool_size: [2, 2], strides: [2, 2], padding: "valid" });
      continue;
    }
    if (!isFlat) add("Flatten", { name: "flatten" });
    isFlat = true;
    const hidden = model.kind === "mlp" ? model.activation : "relu";
    const last = output.kind === "classification" ? "softmax" : "linear";
    add("Dense", { name: layer, units: shape[1], use_bias: true, activation: i === names.length - 1 ? last : hidden });
  }
  return layers;
}

/** The figure of one of many, or that of all. */
function at(figures: readonly number[], i: number): number {
  return figures[i % figures.length] as number;
}
