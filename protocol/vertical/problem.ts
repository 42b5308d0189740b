/** What is learned: the losses of the two kinds of regression, of a score z and a label y, and what follows from them. */
import { exp, log } from "../base/exp-log.ts";

/** Linear labels are standardised: mean 0, deviation 1. */
export type ProblemKind = "logistic" | "linear";

export const KINDS: readonly ProblemKind[] = ["logistic", "linear"];

export interface Problem {
  loss(z: number, y: number): number;
  /** Its derivative by z: the residual. */
  residual(z: number, y: number): number;
  /** Its second derivative by z. */
  curvature(z: number): number;
  /** No curvature is above it. */
  readonly mostCurvature: number;
  /** What a score means: a probability, or a value. */
  answer(z: number): number;
}

/** 1 / (1 + e^-z), without overflow. */
function sigmoid(z: number): number {
  const e = exp(-Math.abs(z));
  return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

export const PROBLEMS: Readonly<Record<ProblemKind, Problem>> = {
  logistic: {
    loss: (z, y) => Math.max(z, 0) - y * z + log(1 + exp(-Math.abs(z))),
    residual: (z, y) => sigmoid(z) - y,
    curvature: (z) => sigmoid(z) * sigmoid(-z),
    mostCurvature: 0.25,
    answer: sigmoid,
  },
  linear: {
    loss: (z, y) => 0.5 * (z - y) * (z - y),
    residual: (z, y) => z - y,
    curvature: () => 1,
    mostCurvature: 1,
    answer: (z) => z,
  },
};
