/** The kinds of layers that have operators of ONNX. One more is its function and its place in a table. */
import { activate } from "./onnx-activations.ts";
import { apply, hold, scalar, wholes } from "./onnx-graph.ts";
import { type LayerKind, needed, only, type Place, refusal } from "./onnx-kind.ts";
import { INT64 } from "./onnx-parts.ts";
import { RECURRENT_KINDS } from "./onnx-recurrent.ts";
import { SPATIAL_KINDS } from "./onnx-spatial.ts";

/** Counted from the rows, which are axis 0. */
function axisOf(axis: unknown, { inputs }: Place): number {
  const rank = (inputs[0]?.shape.length ?? 0) + 1;
  return (axis as number) < 0 ? rank + (axis as number) : (axis as number);
}

/** What is done in training only. */
const unchanged: LayerKind = (place) => only(place).name;

const dense: LayerKind = (place) => {
  const { graph, config } = place;
  const kernel = needed(place, "kernel");
  const bias = place.weight("bias");
  const y = apply(graph, "MatMul", [only(place).name, hold(graph, kernel.values, kernel.shape)]);
  return activate(place, bias ? apply(graph, "Add", [y, hold(graph, bias.values)]) : y, config.activation);
};

/** Sizes are known, but for the number of rows. */
const reshape: LayerKind = ({ graph, inputs, shape }) =>
  apply(graph, "Reshape", [inputs[0]?.name ?? "", wholes(graph, [-1, ...shape])]);

const permute: LayerKind = (place) =>
  apply(place.graph, "Transpose", [only(place).name], { perm: [0, ...(place.config.dims as number[])] });

const repeat: LayerKind = (place) => {
  const { graph, config } = place;
  const [width = 1] = only(place).shape;
  const apart = apply(graph, "Reshape", [only(place).name, wholes(graph, [-1, 1, width])]);
  return apply(graph, "Tile", [apart, wholes(graph, [1, config.n as number, 1])]);
};

const embedding: LayerKind = (place) => {
  const { graph, config } = place;
  if (config.maskZero === true) throw refusal(place.layer, "has mask_zero, by which later layers leave steps out");
  const table = needed(place, "embeddings");
  const rows = apply(graph, "Cast", [only(place).name], { to: INT64 });
  return apply(graph, "Gather", [hold(graph, table.values, table.shape), rows]);
};

/** (x - mean) / sqrt(variance + epsilon) gamma + beta, of figures that training left. */
const batchNormalisation: LayerKind = (place) => {
  const { graph, config } = place;
  const axis = axisOf(config.axis, place);
  const shape = [0, ...only(place).shape].map((n, i) => (i === axis ? n : 1));
  const gamma = needed(place, "gamma").values; // tfjs has no batch normalisation without gamma and beta
  const scale = needed(place, "moving_variance").values.map(
    (variance, i) => (gamma[i] as number) / Math.sqrt(variance + (config.epsilon as number)),
  );
  const centred = apply(graph, "Sub", [only(place).name, hold(graph, needed(place, "moving_mean").values, shape)]);
  const scaled = apply(graph, "Mul", [centred, hold(graph, scale, shape)]);
  return apply(graph, "Add", [scaled, hold(graph, needed(place, "beta").values, shape)]);
};

/** The same with figures of each row, over some axes. */
const layerNormalisation: LayerKind = (place) => {
  const { graph, config } = place;
  const axes = [config.axis].flat().map((axis) => axisOf(axis, place));
  const shape = [0, ...only(place).shape].map((n, i) => (axes.includes(i) ? n : 1));
  const mean = apply(graph, "ReduceMean", [only(place).name], { axes, keepdims: 1 });
  const centred = apply(graph, "Sub", [only(place).name, mean]);
  const variance = apply(graph, "ReduceMean", [apply(graph, "Mul", [centred, centred])], { axes, keepdims: 1 });
  const spread = apply(graph, "Sqrt", [apply(graph, "Add", [variance, scalar(graph, config.epsilon as number)])]);
  const even = apply(graph, "Div", [centred, spread]);
  const scaled = apply(graph, "Mul", [even, hold(graph, needed(place, "gamma").values, shape)]);
  return apply(graph, "Add", [scaled, hold(graph, needed(place, "beta").values, shape)]);
};

const rescaling: LayerKind = (place) => {
  const { graph, config } = place;
  const scaled = apply(graph, "Mul", [only(place).name, scalar(graph, config.scale as number)]);
  return apply(graph, "Add", [scaled, scalar(graph, config.offset as number)]);
};

const activation: LayerKind = (place) => activate(place, only(place).name, place.config.activation);

const softmax: LayerKind = (place) => activate(place, only(place).name, "softmax"); // tfjs trains that of the last axis alone

const relu: LayerKind = (place) => {
  const { graph, config } = place;
  const positive = apply(graph, "Relu", [only(place).name]);
  return config.maxValue == null ? positive : apply(graph, "Min", [positive, scalar(graph, config.maxValue as number)]);
};

/** x above 0, alpha x below. */
const leakyRelu: LayerKind = (place) =>
  apply(place.graph, "PRelu", [only(place).name, scalar(place.graph, place.config.alpha as number)]);

const prelu: LayerKind = (place) => {
  const { shape, values } = needed(place, "alpha");
  return apply(place.graph, "PRelu", [only(place).name, hold(place.graph, values, shape)]);
};

const elu: LayerKind = (place) => apply(place.graph, "Elu", [only(place).name]); // tfjs has alpha 1 alone

/** Of several inputs of one rank. */
const merge =
  (type: "Sum" | "Max" | "Min" | "Mean"): LayerKind =>
  (place) =>
    apply(place.graph, type, namesOf(place));

const multiply: LayerKind = (place) => namesOf(place).reduce((x, y) => apply(place.graph, "Mul", [x, y]));

const concatenate: LayerKind = (place) =>
  apply(place.graph, "Concat", namesOf(place), { axis: axisOf(place.config.axis, place) });

function namesOf({ layer, inputs }: Place): string[] {
  if (new Set(inputs.map(({ shape }) => shape.length)).size > 1)
    throw refusal(layer, "joins inputs with different numbers of axes");
  return inputs.map(({ name }) => name);
}

/** The layer within it, of all steps of all rows at once. */
const timeDistributed: LayerKind = (place) => {
  const { graph } = place;
  const { layer } = place.layer as unknown as { readonly layer: Place["layer"] };
  const [, ...step] = only(place).shape;
  const apart = apply(graph, "Reshape", [only(place).name, wholes(graph, [-1, ...step])]);
  const { name } = place.inner(layer, { name: apart, shape: step });
  return apply(graph, "Reshape", [name, wholes(graph, [-1, ...place.shape])]);
};

export const KINDS: Readonly<Record<string, LayerKind>> = {
  ...SPATIAL_KINDS,
  ...RECURRENT_KINDS,
  Dense: dense,
  Dropout: unchanged,
  SpatialDropout1D: unchanged,
  AlphaDropout: unchanged,
  GaussianDropout: unchanged,
  GaussianNoise: unchanged,
  Flatten: reshape,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  Embedding: embedding,
  BatchNormalization: batchNormalisation,
  LayerNormalization: layerNormalisation,
  Rescaling: rescaling,
  Activation: activation,
  Softmax: softmax,
  ReLU: relu,
  LeakyReLU: leakyRelu,
  PReLU: prelu,
  ELU: elu,
  Add: merge("Sum"),
  Average: merge("Mean"),
  Maximum: merge("Max"),
  Minimum: merge("Min"),
  Multiply: multiply,
  Concatenate: concatenate,
  TimeDistributed: timeDistributed,
};
