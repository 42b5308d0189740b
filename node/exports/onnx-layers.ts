/** A model of layers as operators of ONNX: it is built by tfjs, which knows each shape, and followed from its output to its input. */
import type { Task } from "../../protocol/base/task.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import { selectBackend, useBackend } from "../engines/backend.ts";
import type { LayersModel } from "../engines/tf.ts";
import { type Head, headOf, loadTopology, weightsOf } from "../engines/topology.ts";
import type { Graph, Tensor } from "./onnx-graph.ts";
import { type BuiltLayer, refusal, type Value } from "./onnx-kind.ts";
import { KINDS } from "./onnx-kinds.ts";

type Symbolic = LayersModel["inputs"][number];
type WeightOf = (name: string, layer: BuiltLayer) => Tensor | undefined;

/**
 * Adds the layers of the task after what was computed last.
 * @returns what they give. @throws HearsayError ERR_CONFIG for a layer that has no operators here, with its name.
 */
export async function addLayers(graph: Graph, params: Float32Array, task: Task): Promise<Head> {
  if (task.model.kind !== "layers") throw new RangeError(`a model of kind ${task.model.kind} has no layers`);
  const backend = await selectBackend();
  useBackend(backend);
  const model = await loadTopology(backend.tf, task.model.topology, task);
  try {
    const input = { name: graph.last, shape: task.input.shape };
    const [output] = outputsOf({ graph, weightOf: weightsBy(model, params, task) }, model, [input]);
    graph.last = (output as Value).name;
    return headOf(model, task);
  } finally {
    model.dispose();
  }
}

/** Weights by layer and by the last part of their name, e.g. `kernel`. */
function weightsBy(model: LayersModel, params: Float32Array, task: Task): WeightOf {
  const slices = tensorSlices(task.tensors);
  const order = new Map(weightsOf(model).map((weight, i) => [weight, slices[i]]));
  return (name, layer) => {
    const weight = layer.weights.find(({ originalName }) => originalName.split("/").at(-1) === name);
    const slice = weight && order.get(weight);
    return slice && { shape: slice.shape, values: params.subarray(slice.offset, slice.offset + slice.length) };
  };
}

interface Walk {
  readonly graph: Graph;
  readonly weightOf: WeightOf;
}

/** What a model gives for these inputs. It may be a layer of another, called several times, and so may each of its layers. */
function outputsOf(walk: Walk, model: LayersModel, inputs: readonly Value[]): Value[] {
  const known = new Map(model.inputs.map(({ id }, i) => [id, inputs[i] as Value]));
  const isKnown = ({ id }: Symbolic) => known.has(id);
  const calls = model.layers.flatMap((layer) => layer.inboundNodes.map((call) => ({ layer, call })));
  while (!model.outputs.every(isKnown)) {
    const before = known.size;
    for (const { layer, call } of calls) {
      if (call.outputTensors.every(isKnown) || !call.inputTensors.every(isKnown)) continue;
      const given = call.inputTensors.map(({ id }) => known.get(id) as Value);
      const isModel = "layers" in layer;
      const results = isModel ? outputsOf(walk, layer as LayersModel, given) : [layerOf(walk, layer, given)];
      for (const [i, { id }] of call.outputTensors.entries()) known.set(id, results[i] as Value);
    }
    if (known.size === before) throw new Error(`model ${model.name} has outputs that nothing gives`);
  }
  return model.outputs.map(({ id }) => known.get(id) as Value);
}

function layerOf(walk: Walk, layer: BuiltLayer, inputs: readonly Value[]): Value {
  const kind = Object.hasOwn(KINDS, layer.getClassName()) ? KINDS[layer.getClassName()] : undefined;
  if (kind === undefined) throw refusal(layer, "has no operators of ONNX here");
  const { graph, weightOf } = walk;
  const shape = outputShape(layer, inputs);
  const place = {
    graph,
    layer,
    inputs,
    shape,
    config: layer.getConfig() as Readonly<Record<string, unknown>>,
    weight: (name: string, of = layer) => weightOf(name, of),
    inner: (within: BuiltLayer, value: Value) => layerOf(walk, within, [value]),
  };
  return { name: kind(place), shape };
}

/** Of one row. */
function outputShape(layer: BuiltLayer, inputs: readonly Value[]): number[] {
  const shapes = inputs.map(({ shape }) => [1, ...shape]);
  const shape = layer.computeOutputShape(shapes.length === 1 ? (shapes[0] as number[]) : shapes) as number[];
  return shape.slice(1);
}
