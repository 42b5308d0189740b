/**
 * The trainer over TensorFlow.js: softmax, mlp, cnn and any layers model. Losses, batches and optimiser are those of
 * the dense trainer (`protocol/learn/dense/dense.ts`), so that the two give the same parameters but for rounding.
 *
 * Layers models:
 *   - Loss: from logits where the output layer is linear; where it ends in a softmax, -ln of the probability of the
 *     right class, clipped below at MIN_PROBABILITY. Penalties of the layers' regularisers are added in training, as
 *     tfjs does; constraints are ignored, as tfjs does.
 *   - Weights that are not trainable get no gradient. Batch normalisation changes its moving statistics in each forward
 *     pass of training (m <- momentum m + (1 - momentum) batch statistic); they are part of the parameters and are
 *     aggregated as such.
 *   - A private training (FitRequest.privateSteps) takes the gradient of each example by itself (`tensorflow-private.ts`).
 *   - Dropout and noise layers draw from Math.random: with them a seed fixes the batches, not the parameters.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Trainer, TrainerRows } from "../../protocol/base/learning-seams.ts";
import { inputSize, type LearningTask, type TensorSpec, targetSize } from "../../protocol/base/task.ts";
import { createTrainer, type LearningCore, type TrainerOptions, type Trainers } from "../../protocol/learn/trainer.ts";
import { mechanismOf } from "../../protocol/privacy/registry.ts";
import { selectBackend, useBackend } from "./backend.ts";
import type { BackendName } from "./backend-name.ts";
import { checkIndices } from "./embedding.ts";
import { createModel, type TaskModel } from "./model.ts";
import { createCore } from "./tensorflow-core.ts";
import { loadTopology, tensorsOf } from "./topology.ts";

export interface TensorflowOptions extends TrainerOptions {
  /** Forces a backend; by default the fastest that loads. */
  readonly backend?: BackendName;
}

/**
 * A Trainer whose `engine` is `tensorflow/node`, `tensorflow/wasm` or `tensorflow/cpu`, and the warning of
 * `selectBackend`; see `createTrainer` for what its methods throw. Close it: its weights lie outside the
 * garbage-collected heap.
 * @throws HearsayError ERR_ENGINE where the backend does not load or a convolution would run in plain JavaScript,
 * ERR_TASK for a bad topology, ERR_DATA where a data set does not fit the task.
 */
export async function createTensorflowTrainer(options: TensorflowOptions): Promise<Trainer & { warning?: string }> {
  const backend = await selectBackend(options.backend);
  useBackend(backend);
  const model = await createModel(backend, options.task);
  const core = createCore(backend, model, options.task, options.draws);
  try {
    if (options.task.model.kind === "layers") tryOut(core, model, options.task);
    checkExamples(model, options);
    const trainer = checking(model, options, createTrainer(options, core));
    const warning = [backend.warning, costOfPrivacy(options)].filter((one) => one !== undefined).join("; ");
    return warning === "" ? trainer : Object.assign(trainer, { warning });
  } catch (error) {
    core.close();
    throw error;
  }
}

/**
 * Trainers that share one model, into which the parameters are loaded at each call: of many peers only the examples take memory.
 * @throws as `createTensorflowTrainer`.
 */
export async function createTensorflowTrainers(task: LearningTask): Promise<Trainers> {
  const backend = await selectBackend();
  useBackend(backend);
  const model = await createModel(backend, task);
  const core = createCore(backend, model, task);
  if (task.model.kind === "layers") tryOut(core, model, task);
  return {
    create(options) {
      checkExamples(model, options);
      return createTrainer(options, { ...createCore(backend, model, task, options.draws), close: () => {} });
    },
    close: () => core.close(),
  };
}

/**
 * Tensors of a layers model, for the manifest. The model is built and makes one step on the best backend that loads
 * here, so that `hearsay init` tells of an operation without gradient or kernel, and not a peer in the night.
 * @throws HearsayError ERR_TASK where the text is no model that can be trained, or does not fit the task.
 */
export async function tensorsOfTopology(
  topology: string,
  frame: Pick<LearningTask, "input" | "output" | "training">,
): Promise<TensorSpec[]> {
  const backend = await selectBackend();
  useBackend(backend);
  const layers = await loadTopology(backend.tf, topology, frame);
  const tensors = tensorsOf(layers);
  layers.dispose();
  const task: LearningTask = { ...frame, model: { kind: "layers", topology }, tensors };
  const model = await createModel(backend, task);
  const core = createCore(backend, model, task);
  try {
    tryOut(core, model, task);
  } finally {
    core.close();
  }
  return tensors;
}

/** Why training will be slow, where examples have to be treated one by one. */
function costOfPrivacy({ task }: TrainerOptions): string | undefined {
  if (mechanismOf(task).budget?.needsExamples !== true) return undefined;
  return (
    `${task.privacy?.mechanism} takes the gradient of each example by itself: with this engine a step of ${task.training.batch} examples takes about as long as ` +
    `${task.training.batch} steps; softmax and mlp have the engine dense, which does it at once`
  );
}

/** All examples at the start, and not one at a time when its turn comes. */
function checkExamples({ indices }: TaskModel, { task, train, holdout }: TrainerOptions): void {
  if (indices === undefined) return;
  for (const data of [train, holdout]) if (data !== undefined) checkIndices(data.inputs, inputSize(task), indices);
}

/** Rows that come later are checked as those at the start. */
function checking(model: TaskModel, options: TrainerOptions, trainer: Trainer): Trainer {
  const { replace } = trainer;
  return Object.assign(trainer, {
    async replace(data: TrainerRows): Promise<void> {
      checkExamples(model, { ...options, ...data });
      await replace?.(data);
    },
  });
}

/**
 * One step on one row of zeros: an operation without gradient or kernel shows at the start, not in the middle of the
 * night.
 */
function tryOut(core: LearningCore, model: TaskModel, task: LearningTask): void {
  const params = new Float32Array(task.tensors.reduce((sum, [, shape]) => sum + shape.reduce((p, n) => p * n, 1), 0));
  const targets = new Float32Array(targetSize(task));
  try {
    const inputs = new Float32Array(inputSize(task));
    core.fit({ params, steps: 1, seed: "" }, { inputs, targets, length: 1 });
    core.predict(params, inputs);
  } catch (cause) {
    if (cause instanceof HearsayError) throw cause;
    const reason = cause instanceof Error ? (cause.message.split("\n", 1)[0] ?? "") : String(cause);
    const layer = model.untrainable();
    const elsewhere = /kernel/i.test(reason) ? ", or install @tensorflow/tfjs-node, which has more operations" : "";
    throw new HearsayError(
      "ERR_TASK",
      `${core.engine} cannot train ${layer === undefined ? "the model" : `layer ${layer}`} of model.topology ` +
        `(${reason}); take another layer in its place${elsewhere}`,
      { path: "model.topology", engine: core.engine },
      cause,
    );
  }
}
