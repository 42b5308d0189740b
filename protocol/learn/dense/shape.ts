/** What a dense model is, and what is asked of one: `model.ts` computes it in plain TypeScript, `wasm.ts` in WebAssembly. */
import type { Anchor, FitResult, PrivateSteps, SecretDraws } from "../../base/learning-seams.ts";
import type { Activation } from "../../base/task.ts";
import type { PreparedData } from "../data/prepare.ts";
import type { PrivateArithmetic } from "../private-steps.ts";
import type { LossName } from "./loss.ts";
import type { DenseLayer } from "./matrix.ts";

/** A stack of dense layers under a loss; with cross-entropy, predictions are the softmax of what the stack puts out. */
export interface DenseShape {
  readonly layers: readonly DenseLayer[];
  readonly activation: Activation;
  readonly loss: LossName;
}

export interface Descent {
  /** What the optimiser takes in each step (`Optimiser.scalars`), step after step. */
  readonly scalars: Float32Array;
  /** Examples of each step, step after step: `rows` of them each. */
  readonly order: Uint32Array;
  readonly rows: number;
  /** To what each step draws the parameters; two pulls a layer, of kernel and bias. */
  readonly anchor?: Anchor | undefined;
}

/** Steps that hide single examples (learn/private-steps.ts). */
export interface PrivateDescent {
  readonly scalars: Float32Array;
  readonly steps: number;
  readonly privateSteps: PrivateSteps;
  readonly arithmetic: PrivateArithmetic;
  readonly draws: SecretDraws;
}

/** Arrays handed over are not changed; those returned are new. */
export interface DenseModel {
  /** `loss` is the mean over the steps, each before its step. */
  fit(params: Float32Array, data: PreparedData, descent: Descent): FitResult;
  /** `loss` is the mean over the examples that were drawn. */
  fitPrivately(params: Float32Array, data: PreparedData, descent: PrivateDescent): FitResult;
  /** One row of predictions per row of `inputs`. */
  predict(params: Float32Array, inputs: Float32Array): Float32Array;
}
