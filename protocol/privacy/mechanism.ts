/** What a privacy mechanism does to a trained model before any of it leaves the peer, and what that costs of a budget. */
import type { FitRequest, FitResult, SecretDraws, Trainer } from "../base/learning-seams.ts";
import type { PrivacyTerms, Task } from "../base/task.ts";

export type { PrivacyTerms };

/** A privacy mechanism, under the name that task, log and audit share. */
export interface Mechanism {
  /** As log and audit name it. */
  readonly name: string;
  /**
   * Whether `release` gives the same bits from the same vector. An audit repeats such a release and proves it; where secret randomness
   * goes in, it can only be claimed.
   */
  readonly isRepeatable: boolean;
  /** The vector that others may see, of the same length; the same array where nothing changes. */
  release(trained: Float32Array): Float32Array;
  /** Where its promise wears out with each training; left out where it promises nothing. */
  readonly budget?: BudgetedTraining;
}

/** What a peer holds, and how it trains. */
export interface Holding {
  /** Records. */
  readonly rows: number;
  readonly training: Pick<Task["training"], "batch" | "steps">;
}

/** Noise of one kind, in whole numbers, as logs have it. */
export interface NoiseKind {
  /** Chance of each record to be in a step, in 2^-32. */
  readonly rate: number;
  /** Noise multiplier, in thousandths. */
  readonly noise: number;
}

/** Trainings that spend a budget. Whatever is made of their results afterwards costs nothing more. */
export interface BudgetedTraining {
  /** Whether the engine has to treat each example by itself. */
  readonly needsExamples: boolean;
  /** The noise of this peer's trainings. @throws HearsayError ERR_TASK where none keeps within the target of the task. */
  kindFor(terms: PrivacyTerms, holding: Holding): NoiseKind;
  /** How many noisy steps a training of so many optimiser steps is. */
  noisySteps(steps: number): number;
  /** A training under this noise. @throws HearsayError ERR_ENGINE where the trainer does not hide what it should. */
  fit(how: NoisyFit, request: FitRequest): Promise<FitResult>;
}

/** With what a noisy training is done. */
export interface NoisyFit {
  readonly trainer: Pick<Trainer, "engine" | "fit">;
  readonly terms: PrivacyTerms;
  readonly kind: NoiseKind;
  readonly draws: SecretDraws;
}
