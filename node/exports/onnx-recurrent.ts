/** Recurrent layers as operators of ONNX: there, time stands before the rows, and gates in another order. */
import { plainActivation } from "./onnx-activations.ts";
import { apply, hold, type Tensor, wholes } from "./onnx-graph.ts";
import { type BuiltLayer, type LayerKind, needed, only, type Place, refusal } from "./onnx-kind.ts";

interface Cell {
  readonly type: string;
  /** Which gate of Keras stands at each place. */
  readonly gates: readonly number[];
  /** Which fields name its activations. */
  readonly activations: readonly string[];
}

const CELLS: Readonly<Record<string, Cell>> = {
  LSTM: { type: "LSTM", gates: [0, 3, 1, 2], activations: ["recurrentActivation", "activation", "activation"] },
  GRU: { type: "GRU", gates: [0, 1, 2], activations: ["recurrentActivation", "activation"] },
  SimpleRNN: { type: "RNN", gates: [0], activations: ["activation"] },
};

/** [in, gates units] to [gates units, in], the gates in this order. */
function gatesFirst({ shape: [rows = 1, width = 1], values }: Tensor, gates: readonly number[]): Float32Array {
  const units = width / gates.length;
  const out = new Float32Array(values.length);
  let to = 0;
  for (const gate of gates)
    for (let unit = 0; unit < units; unit++)
      for (let row = 0; row < rows; row++) out[to++] = values[row * width + gate * units + unit] as number;
  return out;
}

/** One direction through time: [rows, time, units], or [rows, units] of the last step. */
function recur(place: Place, layer: BuiltLayer, isReverse: boolean): string {
  const { graph } = place;
  const config = layer.getConfig() as Readonly<Record<string, unknown>>;
  const cell = Object.hasOwn(CELLS, layer.getClassName()) ? CELLS[layer.getClassName()] : undefined;
  if (cell === undefined) throw refusal(layer, "is not written here");
  if (config.stateful === true) throw refusal(layer, "keeps its state from one call to the next");
  const { gates } = cell;
  const [kernel, recurrent] = [needed(place, "kernel", layer), needed(place, "recurrent_kernel", layer)];
  const [inputs = 1, width = 1] = kernel.shape;
  const bias = place.weight("bias", layer);
  const both = new Float32Array(2 * width); // of ONNX, that of the state has one too
  if (bias !== undefined) both.set(gatesFirst({ shape: [1, width], values: bias.values }, gates));
  const units = width / gates.length;
  const given = [
    apply(graph, "Transpose", [only(place).name], { perm: [1, 0, 2] }),
    hold(graph, gatesFirst(kernel, gates), [1, width, inputs]),
    hold(graph, gatesFirst(recurrent, gates), [1, width, units]),
    hold(graph, both, [1, 2 * width]),
  ];
  const attributes = {
    hidden_size: units,
    direction: isReverse ? "reverse" : "forward",
    activations: cell.activations.map((field) => plainActivation(layer, config[field])),
  };
  if (config.returnSequences !== true)
    return apply(graph, "Squeeze", [apply(graph, cell.type, given, attributes, 1), wholes(graph, [0])]);
  const steps = apply(graph, "Squeeze", [apply(graph, cell.type, given, attributes), wholes(graph, [1])]);
  return apply(graph, "Transpose", [steps], { perm: [1, 0, 2] });
}

const oneDirection: LayerKind = (place) => {
  const { goBackwards, returnSequences } = place.config;
  if (goBackwards === true && returnSequences === true) throw refusal(place.layer, "gives its steps backwards");
  return recur(place, place.layer, goBackwards === true);
};

const bidirectional: LayerKind = (place) => {
  const { graph, config, shape } = place;
  const { forwardLayer, backwardLayer } = place.layer as unknown as Readonly<Record<string, BuiltLayer>>;
  const there = recur(place, forwardLayer as BuiltLayer, false);
  const back = recur(place, backwardLayer as BuiltLayer, true);
  if (config.mergeMode === "concat") return apply(graph, "Concat", [there, back], { axis: shape.length });
  if (config.mergeMode === "sum") return apply(graph, "Add", [there, back]);
  if (config.mergeMode === "mul") return apply(graph, "Mul", [there, back]);
  if (config.mergeMode === "ave") return apply(graph, "Mean", [there, back]);
  throw refusal(place.layer, `has merge_mode ${String(config.mergeMode)}`);
};

export const RECURRENT_KINDS: Readonly<Record<string, LayerKind>> = {
  LSTM: oneDirection,
  GRU: oneDirection,
  SimpleRNN: oneDirection,
  Bidirectional: bidirectional,
};
