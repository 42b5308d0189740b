/** Metrics that a scenario asks for beside accuracy: of Hearsay's registry, or of a plugin. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { mean } from "../../protocol/base/figures.ts";
import type { Metrics } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Metric } from "../../protocol/learn/metrics/metric.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Scenario } from "../seams/scenario-type.ts";
import type { Spread } from "./report.ts";

/** Undefined where it asks for none. @throws HearsayError ERR_CONFIG for one that does not fit what the task puts out. */
export function furtherMetrics({ metrics: { also } }: Scenario, { output }: Task): readonly Metric[] | undefined {
  return also?.map((name) => {
    const metric = METRICS.get(name);
    if (metric?.kind === output.kind) return metric;
    const fitting = [...METRICS.values()].filter(({ kind }) => kind === output.kind).map((one) => one.name);
    const message = `metrics.also: ${name} is not measured on a ${output.kind}; these are: ${fitting.join(", ")}`;
    throw new HearsayError("ERR_CONFIG", message, { path: "metrics.also" });
  });
}

/** The score that every run has. */
const SCORES = { classification: "accuracy", regression: "r2" } as const;

/** What a run measures of a model that it reports: the score, and what the scenario asks for beside it. */
export function measuredMetrics(task: Task, further: readonly Metric[] = []): readonly Metric[] {
  return [...new Set([METRICS.get(SCORES[task.output.kind]) as Metric, ...further])];
}

/** Trainers that measure the score alone where nothing else is asked of one: peers look at their models in each cycle, and a metric may take long. */
export function scoringOnly(trainers: Trainers, task: Task): Trainers {
  const metrics = measuredMetrics(task);
  return { create: (options) => trainers.create({ metrics, ...options }), close: () => trainers.close() };
}

/** One value a metric, for one model. */
export function valuesOf(metrics: readonly Metric[], result: Metrics): Record<string, number> {
  return Object.fromEntries(metrics.map(({ name }) => [name, result[name] as number]));
}

/** Over the models of several peers. */
export function spreadsOf(
  metrics: readonly Metric[],
  values: readonly Readonly<Record<string, number>>[],
): Record<string, Spread> {
  return Object.fromEntries(
    metrics.map(({ name, lowerIsBetter }) => [
      name,
      spread(
        values.map((one) => one[name] as number),
        lowerIsBetter,
      ),
    ]),
  );
}

/** Mean, worst and deviation of what several peers have. */
export function spread(values: readonly number[], lowerIsBetter = false): Spread {
  const worst = lowerIsBetter ? Math.max(...values) : Math.min(...values);
  return { mean: mean(values), worst, std: deviation(values) };
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) * (value - centre))));
}
