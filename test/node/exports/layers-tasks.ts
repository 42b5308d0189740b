/** Tasks whose models have, together, each kind of layer that is written as ONNX. */
import { tensorsOfTopology } from "../../../node/engines/tensorflow.ts";
import type { LearningTask, Task } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { learningTask } from "../../support/learning.ts";

const CLASSES = { kind: "classification", classes: ["a", "b", "c"] } as const;
const TARGETS = { kind: "regression", targets: ["t", "u"], mean: [20, -3], std: [4, 0.5] } as const;

type Config = Readonly<Record<string, unknown>>;

export const layer = (class_name: string, config: Config = {}) => ({
  class_name,
  config: { name: class_name.toLowerCase(), ...config },
});
export const sequential = (...layers: readonly object[]) => ({
  class_name: "Sequential",
  config: { name: "net", layers },
});
const end = (activation = "linear", units = 3) => layer("Dense", { name: "end", units, activation });

/** A layer of a graph, and what it reads: names, one list a call. */
const at = (class_name: string, name: string, config: Config, ...calls: readonly (readonly string[])[]) => ({
  ...layer(class_name, { ...config, name }),
  name,
  inbound_nodes: calls.map((names) => names.map((from) => [...edge(from), {}])),
});
/** `name`, or `name#1` for its second call. */
const edge = (from: string) => [from.split("#")[0], Number(from.split("#")[1] ?? 0), 0];
const graph = (name: string, shape: readonly number[], layers: readonly { readonly name: string }[]) => ({
  class_name: "Functional",
  config: {
    ...{ name, input_layers: [["in", 0, 0]], output_layers: [[layers.at(-1)?.name, 0, 0]] },
    layers: [at("InputLayer", "in", { batch_input_shape: [null, ...shape] }), ...layers],
  },
});

export async function layersTask(topology: object, input: object, output: object): Promise<Task> {
  const text = JSON.stringify(topology);
  const frame = learningTask(
    { kind: "softmax" },
    { input: input as LearningTask["input"], output: output as LearningTask["output"] },
  );
  const tensors = await tensorsOfTopology(text, frame);
  return parseTask({ name: "model", model: { kind: "layers", topology: text }, output, input, tensors });
}

const image = (height: number, width: number, channels: number) => ({
  batch_input_shape: [null, height, width, channels],
});

const convolutions = sequential(
  layer("Conv2D", {
    filters: 3,
    kernel_size: [3, 2],
    strides: [2, 1],
    padding: "same",
    activation: "relu",
    ...image(9, 8, 2),
  }),
  layer("DepthwiseConv2D", { kernel_size: [2, 2], depth_multiplier: 2, padding: "valid", activation: "tanh" }),
  layer("BatchNormalization", { axis: -1, epsilon: 0.001 }),
  layer("MaxPooling2D", { pool_size: [2, 2], strides: [1, 1], padding: "same" }),
  layer("SeparableConv2D", { filters: 4, kernel_size: [3, 3], padding: "same" }),
  layer("UpSampling2D", { size: [2, 3] }),
  layer("ZeroPadding2D", {
    padding: [
      [1, 0],
      [2, 1],
    ],
  }),
  layer("Cropping2D", {
    cropping: [
      [0, 1],
      [1, 2],
    ],
  }),
  layer("AveragePooling2D", { pool_size: [3, 3], strides: [2, 2], padding: "same" }),
  layer("Conv2D", {
    name: "bare",
    filters: 2,
    kernel_size: [2, 2],

    padding: "same",
    use_bias: false,
  }),
  layer("Dropout", { rate: 0.5 }),
  layer("Flatten"),
  end(),
);

const transposed = sequential(
  layer("Conv2DTranspose", {
    filters: 3,
    kernel_size: [3, 3],
    strides: [2, 2],
    padding: "same",
    activation: "elu",
    ...image(4, 3, 2),
  }),
  layer("Conv2DTranspose", { name: "valid", filters: 2, kernel_size: [2, 3], strides: [1, 2], padding: "valid" }),
  layer("GlobalMaxPooling2D"),
  end("softmax"),
);

const series = sequential(
  layer("Conv1D", {
    filters: 4,
    kernel_size: [3],
    padding: "same",
    batch_input_shape: [null, 8, 2],
  }),
  layer("MaxPooling1D", { pool_size: [2], strides: [2], padding: "valid" }),
  layer("LayerNormalization", { axis: [-1], epsilon: 0.001 }),
  layer("AveragePooling1D", { pool_size: [2], strides: [1], padding: "same" }),
  layer("GlobalAveragePooling1D"),
  end("softmax"),
);

const recurrent = sequential(
  layer("Embedding", { input_dim: 10, output_dim: 3, input_length: 6, batch_input_shape: [null, 6] }),
  layer("LSTM", { units: 4, return_sequences: true, recurrent_activation: "sigmoid" }),
  layer("Bidirectional", {
    layer: layer("GRU", { name: "inner", units: 2, return_sequences: true, reset_after: false }),
    merge_mode: "concat",
  }),
  layer("TimeDistributed", { layer: layer("Dense", { name: "each", units: 3, activation: "relu" }) }),
  layer("SimpleRNN", { units: 3, return_sequences: true, use_bias: false }),
  layer("LSTM", { name: "back", units: 3, go_backwards: true, recurrent_activation: "hard_sigmoid" }),
  end("softmax"),
);

const branches = graph(
  "branches",
  [4],
  [
    at("Dense", "one", { units: 3, activation: "relu" }, ["in"]),
    at("Dense", "two", { units: 3 }, ["in"]),
    at("Dense", "shared", { units: 3, activation: "tanh" }, ["one"], ["two"]),
    at("Add", "sum", {}, ["shared", "shared#1", "one"]),
    at("Multiply", "product", {}, ["one", "two"]),
    at("Average", "mean", {}, ["one", "two"]),
    at("Maximum", "most", {}, ["one", "two"]),
    at("Minimum", "least", {}, ["shared", "mean"]),
    at("Concatenate", "all", { axis: -1 }, ["sum", "product", "mean", "most", "least"]),
    at("Dense", "end", { units: 2 }, ["all"]),
  ],
);

const ACTIVATIONS = [
  "elu",
  "selu",
  "relu6",
  "sigmoid",
  "hard_sigmoid",
  "softplus",
  "softsign",
  "softmax",
  "log_softmax",
  "gelu",
  "mish",
  "swish",
  "tanh",
];
const activations = graph(
  "activations",
  [4],
  [
    ...ACTIVATIONS.map((activation) => at("Dense", activation, { units: 3, activation }, ["in"])),
    at("Concatenate", "all", {}, ACTIVATIONS),
    at("Dense", "end", { units: 3, activation: "softmax" }, ["all"]),
  ],
);

const shapes = sequential(
  layer("Rescaling", { scale: 0.5, offset: 1, batch_input_shape: [null, 6] }),
  layer("RepeatVector", { n: 4 }),
  layer("Permute", { dims: [2, 1] }),
  layer("Reshape", { target_shape: [4, 6] }),
  layer("PReLU", {}),
  layer("Dense", { units: 5 }),
  layer("LeakyReLU", { alpha: 0.2 }),
  layer("ELU"),
  layer("LayerNormalization", { axis: [1, 2], epsilon: 0.01 }),
  layer("ReLU", { max_value: 1.5 }),
  layer("Softmax", { axis: -1 }),
  layer("GaussianNoise", { stddev: 0.1 }),
  layer("Activation", { activation: "selu" }),
  layer("Flatten"),
  end("linear", 2),
);

const nested = sequential(
  {
    ...graph(
      "inner",
      [4],
      [at("Dense", "a", { units: 5, activation: "relu" }, ["in"]), at("Dense", "b", { units: 4 }, ["a"])],
    ),
    name: "inner",
  },
  sequential(
    layer("BatchNormalization", { axis: 1, epsilon: 0.01, batch_input_shape: [null, 4] }),
    layer("Dense", { units: 4 }),
  ),
  end(),
);

/** Each with its name; inputs with figures of their own, and outputs too. */
export const LAYERS_TASKS: readonly (readonly [string, () => Promise<Task>])[] = [
  ["convolutions and pooling", () => layersTask(convolutions, { shape: [9, 8, 2], mean: [0.5], std: [2] }, CLASSES)],
  [
    "transposed convolutions, each pixel with its figures",
    () =>
      layersTask(transposed, { shape: [4, 3, 2], mean: Array.from({ length: 24 }, (_, i) => i), std: [2] }, CLASSES),
  ],
  ["a series", () => layersTask(series, { shape: [8, 2], mean: [0], std: [1] }, CLASSES)],
  ["recurrent layers on an embedding", () => layersTask(recurrent, { shape: [6], mean: [0], std: [1] }, CLASSES)],
  [
    "branches, and a layer called twice, a regression",
    () => layersTask(branches, { shape: [4], mean: [0, 10, 1000, -5], std: [1, 2, 30, 0.5] }, TARGETS),
  ],
  ["activations", () => layersTask(activations, { shape: [4], mean: [0], std: [1] }, CLASSES)],
  ["shapes, and activations that are layers", () => layersTask(shapes, { shape: [6], mean: [1], std: [3] }, TARGETS)],
  ["models in models", () => layersTask(nested, { shape: [4], mean: [0], std: [1] }, CLASSES)],
];
