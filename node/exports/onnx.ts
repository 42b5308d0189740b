/**
 * A model as an ONNX file, for onnxruntime and whatever else reads it: rows in the units of the data in, class probabilities or targets in the units of the
 * data out, as `hearsay predict` gives them. Opset 13. Models of layers are built, and walked through (onnx-layers.ts).
 */
import { concatBytes } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import { outputSize, type Task } from "../../protocol/base/task.ts";
import { quantise } from "../../protocol/learn/smaller.ts";
import { type TensorSlice, tensorSlices } from "../../protocol/learn/tensors.ts";
import { add, createGraph, type Graph, permuted, type Tensor } from "./onnx-graph.ts";
import { addLayers } from "./onnx-layers.ts";
import { constant, DOUBLE, FLOAT, floats, operator } from "./onnx-parts.ts";
import { data, number, text } from "./protobuf.ts";

const IR_VERSION = 8;
const OPSET = 13;
const TO_CHANNELS_FIRST = [0, 3, 1, 2];
const TO_CHANNELS_LAST = [0, 2, 3, 1];

/** How the kernels of dense layers and convolutions stand in the file; with int8 an operator before each layer makes floats of them. */
export type Weights = "float32" | "int8";

/**
 * @param metadata stands in the file, as that of a safetensors file does. @param weights int8 is not for models of layers.
 * @throws HearsayError ERR_CONFIG for a model that no graph is made of, with what there is for it; for a layer, with its name.
 */
export async function encodeOnnx(
  params: Float32Array,
  task: Task,
  metadata: Readonly<Record<string, string>>,
  weights: Weights = "float32",
): Promise<Uint8Array> {
  const { model, input, output } = task;
  if (model.kind === "external") throw notThere();
  if (model.kind === "layers" && weights === "int8") throw layersOfInt8();
  const graph = createGraph("inputs");
  standardise(graph, task);
  const head =
    model.kind === "layers" ? await addLayers(graph, params, task) : addBuiltIn(graph, params, task, weights);
  const name = output.kind === "classification" ? "probabilities" : "values";
  if (output.kind === "regression") inUnits(graph, output.mean, output.std, name);
  else if (head === "logits") add(graph, "Softmax", name, [], { axis: 1 });
  else add(graph, "Identity", name);
  return concatBytes(
    number(1, IR_VERSION),
    text(2, "hearsay"),
    data(
      7,
      ...graph.nodes,
      text(2, task.name),
      ...graph.constants,
      floats(11, "inputs", input.shape),
      floats(12, name, [outputSize(task)]),
    ),
    data(8, number(2, OPSET)),
    ...Object.entries(metadata).map(([key, value]) => data(14, text(1, key), text(2, value))),
  );
}

/** The kinds softmax, mlp and cnn, which end in logits or values. */
function addBuiltIn(graph: Graph, params: Float32Array, { model, input, tensors }: Task, weights: Weights): "logits" {
  const slices = [...tensorSlices(tensors)];
  const holdKernel = kernelHolder(graph, weights);
  if (model.kind === "cnn") convolutions(graph, slices, params, model.kernelSize, holdKernel);
  if (input.shape.length > 1) add(graph, "Flatten", "flat", [], { axis: 1 });
  dense(graph, slices, params, model.kind === "mlp" && model.activation === "tanh" ? "Tanh" : "Relu", holdKernel);
  return "logits";
}

/** Puts a kernel into the graph, as float32 under its name. */
type HoldKernel = (name: string, kernel: Tensor) => void;

function kernelHolder({ nodes, constants }: Graph, weights: Weights): HoldKernel {
  if (weights === "float32") return (name, { shape, values }) => void constants.push(constant(name, shape, values));
  return (name, { shape, values }) => {
    const { whole, scale } = quantise(values, 8);
    constants.push(constant(`${name}/int8`, shape, whole), constant(`${name}/scale`, [], Float32Array.of(scale)));
    nodes.push(operator("DequantizeLinear", [`${name}/int8`, `${name}/scale`], [name]));
  };
}

/** (x - mean) / std, in float64 as the peer does it: raw values may lie far from 0. */
function standardise(graph: Graph, { input: { mean, std, shape } }: Task): void {
  if (mean.every((n) => n === 0) && std.every((n) => n === 1)) return;
  const last = (figures: readonly number[]) => (figures.length === 1 ? [1] : shape);
  add(graph, "Cast", "wide", [], { to: DOUBLE });
  graph.constants.push(constant("mean", last(mean), Float64Array.from(mean)));
  graph.constants.push(constant("std", last(std), Float64Array.from(std)));
  add(graph, "Sub", "centred", ["mean"]);
  add(graph, "Div", "scaled", ["std"]);
  add(graph, "Cast", "standardised", [], { to: FLOAT });
}

/** y std + mean, in float64. */
function inUnits(graph: Graph, mean: readonly number[], std: readonly number[], name: string): void {
  add(graph, "Cast", "wide_outputs", [], { to: DOUBLE });
  graph.constants.push(constant("output_mean", [mean.length], Float64Array.from(mean)));
  graph.constants.push(constant("output_std", [std.length], Float64Array.from(std)));
  add(graph, "Mul", "unscaled", ["output_std"]);
  add(graph, "Add", "uncentred", ["output_mean"]);
  add(graph, "Cast", name, [], { to: FLOAT });
}

/** Takes the slices of the convolutions off the list. */
function convolutions(
  graph: Graph,
  slices: TensorSlice[],
  params: Float32Array,
  size: number,
  holdKernel: HoldKernel,
): void {
  const before = Math.floor((size - 1) / 2);
  const after = size - 1 - before;
  add(graph, "Transpose", "channels_first", [], { perm: TO_CHANNELS_FIRST });
  while (slices[0]?.shape.length === 4) {
    const [kernel, bias] = slices.splice(0, 2) as [TensorSlice, TensorSlice];
    const outputsFirst = permuted({ shape: kernel.shape, values: valuesOf(kernel, params) }, [3, 2, 0, 1]);
    holdKernel(kernel.name, outputsFirst);
    graph.constants.push(constant(bias.name, bias.shape, valuesOf(bias, params)));
    add(graph, "Conv", `${kernel.name}/out`, [kernel.name, bias.name], { pads: [before, before, after, after] });
    add(graph, "Relu", `${kernel.name}/relu`);
    add(graph, "MaxPool", `${kernel.name}/pooled`, [], { kernel_shape: [2, 2], strides: [2, 2] });
  }
  add(graph, "Transpose", "channels_last", [], { perm: TO_CHANNELS_LAST });
}

function dense(
  graph: Graph,
  slices: readonly TensorSlice[],
  params: Float32Array,
  activation: string,
  holdKernel: HoldKernel,
): void {
  for (let i = 0; i < slices.length; i += 2) {
    const [kernel, bias] = slices.slice(i, i + 2) as [TensorSlice, TensorSlice];
    holdKernel(kernel.name, { shape: kernel.shape, values: valuesOf(kernel, params) });
    graph.constants.push(constant(bias.name, bias.shape, valuesOf(bias, params)));
    add(graph, "Gemm", `${kernel.name}/out`, [kernel.name, bias.name]);
    if (i + 2 < slices.length) add(graph, activation, `${kernel.name}/active`);
  }
}

function valuesOf({ offset, length }: TensorSlice, params: Float32Array): Float32Array {
  return params.subarray(offset, offset + length);
}

function layersOfInt8(): HearsayError {
  const message = "--format onnx-int8: is for the kinds softmax, mlp and cnn; take onnx, or safetensors-int8";
  return new HearsayError("ERR_CONFIG", message, { kind: "layers" });
}

function notThere(): HearsayError {
  const message =
    "--format: what a program of yours trains only that program can write; take safetensors, which it reads";
  return new HearsayError("ERR_CONFIG", message, { kind: "external" });
}
