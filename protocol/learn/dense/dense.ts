/**
 * The built-in trainer of softmax regression and multi-layer perceptrons: no dependency, no start-up time, and cheap
 * enough to simulate thousands of peers. Exact gradients in float32.
 *
 * Same request, same bits, on every machine: `model.ts` defines the arithmetic, and the WebAssembly kernels that
 * run wherever the host has SIMD keep to it.
 */
import { HearsayError } from "../../base/errors.ts";
import type { FitRequest, FitResult, Trainer } from "../../base/learning-seams.ts";
import type { LearningTask } from "../../base/task.ts";
import { batchOrder } from "../data/batches.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { optimiserOf } from "../optimisers/registry.ts";
import { stepScalars } from "../optimisers/step-scalars.ts";
import { drawsOf, privateArithmetic } from "../private-steps.ts";
import { createTrainer, type LearningCore, type TrainerOptions, type Trainers } from "../trainer.ts";
import { createReferenceModel } from "./model.ts";
import { denseLayers } from "./network.ts";
import type { DenseModel, DenseShape } from "./shape.ts";
import { createWasmModel } from "./wasm.ts";

export interface DenseTrainerOptions extends TrainerOptions {
  /** Plain TypeScript though there is SIMD: the same results, slower. */
  readonly plain?: boolean;
}

/**
 * A Trainer for tasks of kind softmax and mlp; see `createTrainer` for what its methods throw. It holds the
 * standardised examples and nothing else between calls.
 * @throws HearsayError ERR_ENGINE for another kind of model, ERR_DATA where a data set does not fit the task.
 */
export function createDenseTrainer(options: DenseTrainerOptions): Trainer {
  return createTrainer(options, createDenseCore(options));
}

/** They share nothing that would have to be closed. */
export const DENSE_TRAINERS: Trainers = { create: createDenseTrainer, close: () => {} };

function createDenseCore({ task, draws, plain = false }: DenseTrainerOptions): LearningCore {
  const { training } = task;
  const { optimiser, model } = plain ? build(task, true) : builtFor(task);

  function fit(
    { params, steps, seed, age = 0, rateFactor, privateSteps, anchor }: FitRequest,
    train: PreparedData,
  ): FitResult {
    if (privateSteps !== undefined) {
      const scalars = stepScalars(optimiser, training, age, steps, rateFactor);
      const arithmetic = privateArithmetic(privateSteps, training.batch, params.length);
      return model.fitPrivately(params, train, { scalars, steps, privateSteps, arithmetic, draws: drawsOf(draws) });
    }
    const order = batchOrder(train.length, training.batch, seed, steps);
    const scalars = stepScalars(optimiser, training, age, steps, rateFactor);
    return model.fit(params, train, { scalars, order, rows: order.length / steps, anchor });
  }

  return { engine: "dense", fit, predict: model.predict, close: () => {} };
}

/** What trains a task. It keeps nothing between calls. */
interface Built {
  readonly optimiser: Optimiser;
  readonly model: DenseModel;
}

/** For tasks that are in use: thousands of simulated peers share one. */
const builds = new WeakMap<LearningTask, Built>();

function builtFor(task: LearningTask): Built {
  const built = builds.get(task) ?? build(task, false);
  builds.set(task, built);
  return built;
}

/** @throws HearsayError ERR_ENGINE */
function build(task: LearningTask, plain: boolean): Built {
  const { model: spec, output, training } = task;
  if (spec.kind !== "softmax" && spec.kind !== "mlp") {
    throw new HearsayError(
      "ERR_ENGINE",
      `engine "dense" trains softmax and mlp models, not ${spec.kind}; use engine "tensorflow" or "auto"`,
      { model: spec.kind },
    );
  }
  const shape: DenseShape = {
    layers: denseLayers(task.tensors),
    activation: spec.kind === "mlp" ? spec.activation : "relu",
    loss: output.kind === "classification" ? "cross-entropy" : "squared-error",
  };
  const optimiser = optimiserOf(training);
  const { maxGradientNorm } = training;
  const compiled = plain ? undefined : createWasmModel(shape, optimiser, maxGradientNorm);
  return { optimiser, model: compiled ?? createReferenceModel(shape, optimiser, maxGradientNorm) };
}
