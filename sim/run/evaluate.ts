/** Models measured on held-out rows: all on the same, or each on rows of its own. */
import type { Metrics, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import type { Metric } from "../../protocol/learn/metrics/metric.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Learner } from "../algorithms/algorithm.ts";

export interface Evaluating {
  readonly task: Task;
  /** What is measured beside the loss. */
  readonly metrics: readonly Metric[];
  /** On the rows that all share. */
  readonly evaluator: Trainer;
  /** Of each participant, where it has rows of its own. */
  readonly ownEvaluators: Map<number, Trainer>;
  /** Indices of the honest peers, in the order in which they are sampled. */
  readonly honest: readonly number[];
  /** That of one participant, by its index, where each is measured on rows of its own. */
  readonly holdoutOf?: (index: number) => Dataset;
  /** Those of the dense engine where left out. */
  readonly trainers?: Trainers;
}

/** Accuracy, or R2 of a regression. */
export function score({ accuracy, r2 }: Metrics): number {
  return accuracy ?? r2 ?? 0;
}

/** Each on its own rows where it has some. @param learners the first of the honest ones, in their order. */
export async function evaluateEach(evaluating: Evaluating, learners: readonly Learner[]): Promise<Metrics[]> {
  const { evaluator, honest, holdoutOf } = evaluating;
  if (holdoutOf === undefined) return evaluateAll(evaluator, learners);
  const results: Metrics[] = [];
  for (const [i, learner] of learners.entries())
    results.push(await ownEvaluator(evaluating, honest[i] as number).evaluate(learner.model(), "holdout"));
  return results;
}

export function ownEvaluator(evaluating: Evaluating, index: number): Trainer {
  const { ownEvaluators, evaluator, holdoutOf, trainers = DENSE_TRAINERS, task, metrics } = evaluating;
  const known = ownEvaluators.get(index);
  if (known !== undefined) return known;
  const holdout = holdoutOf?.(index);
  if (holdout === undefined) return evaluator;
  const made = trainers.create({ task, train: holdout, holdout, metrics });
  ownEvaluators.set(index, made);
  return made;
}

export function evaluateAll(trainer: Trainer, learners: readonly Learner[]): Promise<Metrics[]> {
  return evaluateModels(
    trainer,
    learners.map((learner) => learner.model()),
  );
}

export async function evaluateModels(trainer: Trainer, models: readonly Float32Array[]): Promise<Metrics[]> {
  const known = new Map<Float32Array, Metrics>(); // the peers of a synchronous algorithm share one model
  const results: Metrics[] = [];
  for (const model of models) {
    const result = known.get(model) ?? (await trainer.evaluate(model, "holdout"));
    known.set(model, result);
    results.push(result);
  }
  return results;
}
