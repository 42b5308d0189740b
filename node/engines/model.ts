/**
 * A task's model as a tfjs layers model, and the way between its weights and the flat parameter vector. The built-in
 * models end in logits and are, layer for layer, those of `protocol/learn/tensors.ts`.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Anchor } from "../../protocol/base/learning-seams.ts";
import { inputSize, type LearningTask, outputSize } from "../../protocol/base/task.ts";
import { type TensorSlice, tensorSlices } from "../../protocol/learn/tensors.ts";
import type { Backend } from "./backend.ts";
import { checkIndices, type IndexBound, indexBound } from "./embedding.ts";
import type { LayersModel, Tensor, Tf, Variable } from "./tf.ts";
import { type Head, headOf, loadTopology, weightsOf } from "./topology.ts";

export interface TaskModel {
  readonly head: Head;
  /** Set where an embedding reads the examples. */
  readonly indices: IndexBound | undefined;
  /** Weights that gradients change. */
  readonly trainable: readonly Variable[];
  /** Copies a parameter vector into the weights. */
  load(params: Float32Array): void;
  /** Draws the weights to those of another model. */
  draw(anchor: Anchor): void;
  /** A new parameter vector, copied from the weights. */
  read(): Float32Array;
  /** Outputs for standardised rows (row-major, as many as there are): rows x outputs. Call within `tf.tidy`. */
  apply(inputs: Float32Array, training: boolean): Tensor;
  /** Penalties of the layers' regularisers on the weights; none for the built-in models. Call within `tf.tidy`. */
  penalties(): Tensor[];
  /** The first layer that this backend cannot run forth and back, with its class; undefined where each can by itself. */
  untrainable(): string | undefined;
  /** Frees the weights; again: no effect. */
  dispose(): void;
}

/**
 * @throws HearsayError ERR_TASK where a topology is bad or the task's tensors are not those of the model, ERR_ENGINE
 * for convolutions in plain JavaScript. (A model that is refused is not freed: the thread that wanted it ends.)
 */
export async function createModel(backend: Backend, task: LearningTask): Promise<TaskModel> {
  refuseSlowConvolution(backend, task);
  const { tf } = backend;
  const layers =
    task.model.kind === "layers" ? await loadTopology(tf, task.model.topology, task) : builtInModel(tf, task);
  const head = task.output.kind === "classification" && task.model.kind !== "layers" ? "logits" : headOf(layers, task);
  const indices = indexBound(layers, task.input);
  const slices = tensorSlices(task.tensors);
  const weights = weightsOf(layers);
  const [listed, actual] = [slices, weights].map((tensors) => JSON.stringify(tensors.map(({ shape }) => shape)));
  if (listed !== actual) {
    throw new HearsayError(
      "ERR_TASK",
      `the task's tensors have shapes ${listed}, its model's weights ${actual}; ` +
        "list them anew with `hearsay init --model FILE`",
      { path: "tensors" },
    );
  }
  const variables = weights.map((weight) => weight.read() as Variable);
  const { shape } = task.input;
  const width = inputSize(task);
  const length = slices.reduce((sum, slice) => sum + slice.length, 0);
  let disposed = false;

  return {
    head,
    indices,
    trainable: layers.trainableWeights.map((weight) => weight.read() as Variable),
    load(params) {
      tf.tidy(() => {
        // a slice, since some backends keep the array that they are given
        for (const [i, { offset, length }] of slices.entries())
          variables[i]?.assign(tf.tensor(params.slice(offset, offset + length), [...(slices[i]?.shape ?? [])]));
      });
    },
    draw: (anchor) => tf.tidy(() => drawWeights(tf, variables, slices, anchor)),
    read() {
      const params = new Float32Array(length);
      for (const [i, { offset }] of slices.entries()) params.set(variables[i]?.dataSync() ?? [], offset);
      return params;
    },
    apply(inputs, training) {
      if (indices !== undefined) checkIndices(inputs, width, indices);
      const rows = tf.tensor(inputs, [inputs.length / width, ...shape]);
      return layers.apply(rows, { training }) as Tensor;
    },
    penalties: () => layers.calculateLosses(),
    untrainable: () => firstUntrainable(tf, layers),
    dispose() {
      if (!disposed) layers.dispose();
      disposed = true;
    },
  };
}

/** Call within `tf.tidy`. */
function drawWeights(
  tf: Tf,
  variables: readonly Variable[],
  slices: readonly TensorSlice[],
  { to, pulls }: Anchor,
): void {
  for (const [i, { offset, length, shape }] of slices.entries()) {
    const [variable, pull = 0] = [variables[i] as Variable, pulls[i]];
    if (pull === 0) continue;
    const target = tf.tensor(to.slice(offset, offset + length), [...shape]);
    variable.assign(pull === 1 ? target : tf.add(variable, tf.mul(tf.sub(target, variable), tf.scalar(pull))));
  }
}

/** Each layer by itself, forth and back on zeros. */
function firstUntrainable(tf: Tf, { layers }: LayersModel): string | undefined {
  const culprit = layers.find((layer) => {
    if (layer.getClassName() === "InputLayer") return false;
    // a layer may be called several times, with inputs of one shape
    const inputs = [layer.getInputAt(0)].flat().map(({ shape }) => tf.zeros(shape.map((n) => n ?? 1)));
    try {
      tf.tidy(() => {
        const run = (...xs: Tensor[]) => {
          const output = layer.apply(xs.length === 1 ? (xs[0] as Tensor) : xs, { training: true }) as Tensor;
          // an embedding hands no gradient back
          return tf.addN([tf.sum(output), ...xs.map((x) => tf.mul(tf.sum(x), 0))]);
        };
        tf.grads(run)(inputs);
      });
      return false;
    } catch {
      return true;
    } finally {
      tf.dispose(inputs);
    }
  });
  return culprit && `${JSON.stringify(culprit.name)} (${culprit.getClassName()})`;
}

function builtInModel(tf: Tf, task: LearningTask): LayersModel {
  const { model, input } = task;
  const sequence = tf.sequential();
  // the weights are set before each use
  const zeros = { kernelInitializer: "zeros", biasInitializer: "zeros" } as const;
  const dense = (units: number, activation: "relu" | "tanh" | "linear") =>
    sequence.add(tf.layers.dense({ units, activation, ...zeros }));
  sequence.add(tf.layers.inputLayer({ inputShape: [...input.shape] }));
  if (model.kind === "cnn") {
    for (const filters of model.filters) {
      const { kernelSize } = model;
      sequence.add(tf.layers.conv2d({ filters, kernelSize, padding: "same", activation: "relu", ...zeros }));
      sequence.add(tf.layers.maxPooling2d({ poolSize: 2 }));
    }
  }
  if (input.shape.length > 1) sequence.add(tf.layers.flatten());
  if (model.kind === "cnn") for (const units of model.hidden) dense(units, "relu");
  if (model.kind === "mlp") for (const units of model.hidden) dense(units, model.activation);
  dense(outputSize(task), "linear");
  return sequence;
}

/** Plain JavaScript takes 50 times as long over a convolution as WebAssembly: not slow, but out of the question. */
function refuseSlowConvolution({ name }: Backend, { model }: LearningTask): void {
  const convolves =
    model.kind === "cnn" || (model.kind === "layers" && /"class_name"\s*:\s*"\w*Conv/.test(model.topology));
  if (name !== "cpu" || !convolves) return;
  throw new HearsayError(
    "ERR_ENGINE",
    "the model has convolutions, for which plain JavaScript is far too slow; install @tensorflow/tfjs-node, or mend the " +
      "wasm backend that did not load",
    { backend: name },
  );
}
