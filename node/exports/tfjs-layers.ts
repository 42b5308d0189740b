/**
 * A model of layers with what a peer does before and after it, as layers of tfjs: rows are standardised, logits become probabilities, targets get their units.
 * A layer that takes a mean from each number and multiplies it is a batch normalisation with these figures. Where nothing is to do the model stays as it is.
 */
import { outputSize, type Task } from "../../protocol/base/task.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import { selectBackend, useBackend } from "../engines/backend.ts";
import { type Head, headOf, loadTopology, readTopology } from "../engines/topology.ts";

export interface NamedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model in the form of Keras 2, and its weights. */
export interface FramedModel {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: readonly NamedWeight[];
}

interface Frame {
  readonly layers: readonly object[];
  readonly weights: readonly NamedWeight[];
}

const NONE: Frame = { layers: [], weights: [] };

/** @throws HearsayError ERR_TASK where the task's topology is no model. */
export async function framedModel(params: Float32Array, task: Task): Promise<FramedModel> {
  if (task.model.kind !== "layers") throw new RangeError(`a model of kind ${task.model.kind} has no layers`);
  const model = readTopology(task.model.topology);
  const own = tensorSlices(task.tensors).map(({ name, shape, offset, length }) => {
    return { name, shape, values: params.subarray(offset, offset + length) };
  });
  const [before, after] = [standardised(task), finished(task, await headIn(task, task.model.topology))];
  if (before.layers.length + after.layers.length === 0) return { ...model, weights: own };
  const inner = { ...model, config: { name: "model", ...model.config } };
  return {
    class_name: "Sequential",
    config: { name: "hearsay", layers: [...before.layers, inner, ...after.layers] },
    weights: [...before.weights, ...own, ...after.weights],
  };
}

async function headIn(task: Task, topology: string): Promise<Head> {
  const backend = await selectBackend();
  useBackend(backend);
  const built = await loadTopology(backend.tf, topology, task);
  const head = headOf(built, task);
  built.dispose();
  return head;
}

/** (x - mean) / std. */
function standardised({ input: { shape, mean, std } }: Task): Frame {
  if (mean.every((n) => n === 0) && std.every((n) => n === 1)) return NONE;
  const begin = { batch_input_shape: [null, ...shape] };
  const [oneMean = 0, oneStd = 1] = [mean[0], std[0]];
  if (mean.length === 1 && std.length === 1) {
    const config = { name: "hearsay_standardise", scale: 1 / oneStd, offset: -oneMean / oneStd, ...begin };
    return { layers: [{ class_name: "Rescaling", config }], weights: [] };
  }
  const length = shape.reduce((product, n) => product * n, 1);
  const factors = times(length, std).map((n) => 1 / n);
  const each = affine("hearsay_standardise", times(length, mean), factors);
  if (shape.length === 1) {
    const [layer] = each.layers as [{ readonly class_name: string; readonly config: object }];
    return { ...each, layers: [{ ...layer, config: { ...layer.config, ...begin } }] };
  }
  const flat = { class_name: "Flatten", config: { name: "hearsay_flat", ...begin } };
  const back = { class_name: "Reshape", config: { name: "hearsay_shaped", target_shape: [...shape] } };
  return { ...each, layers: [flat, ...each.layers, back] };
}

function finished(task: Task, head: Head): Frame {
  const { output } = task;
  if (head === "logits")
    return { layers: [{ class_name: "Softmax", config: { name: "hearsay_softmax", axis: -1 } }], weights: [] };
  if (output.kind === "classification") return NONE;
  if (output.mean.every((n) => n === 0) && output.std.every((n) => n === 1)) return NONE;
  const length = outputSize(task);
  return affine("hearsay_units", times(length, [0]), times(length, output.std), times(length, output.mean));
}

/** (x - from) factor + to, of each number of a row. */
function affine(
  name: string,
  from: readonly number[],
  factor: readonly number[],
  to: readonly number[] = from.map(() => 0), // tfjs cannot do without
): Frame {
  const config = { name, axis: -1, epsilon: 0, scale: true, center: true };
  const figures = { gamma: factor, beta: to, moving_mean: from, moving_variance: from.map(() => 1) };
  return {
    layers: [{ class_name: "BatchNormalization", config }],
    weights: Object.entries(figures).map(([key, values]) => {
      return { name: `${name}/${key}`, shape: [from.length], values: Float32Array.from(values) };
    }),
  };
}

/** A figure for each; one may stand for all. */
function times(length: number, figures: readonly number[]): number[] {
  return Array.from({ length }, (_, i) => figures[i % figures.length] as number);
}
