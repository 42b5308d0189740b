import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutputSpec } from "../../../../protocol/base/task.ts";
import type { ClassificationMetric } from "../../../../protocol/learn/metrics/metric.ts";
import { argMax, computeMetrics, MIN_PROBABILITY } from "../../../../protocol/learn/metrics/metrics.ts";
import { r2 } from "../../../../protocol/learn/metrics/r2.ts";
import { METRICS } from "../../../../protocol/learn/metrics/registry.ts";

const classes = (n: number): OutputSpec => ({ kind: "classification", classes: Array.from({ length: n }, String) });
const targets = (std: readonly number[], n = std.length): OutputSpec => ({
  kind: "regression",
  targets: Array.from({ length: n }, String),
  mean: [0],
  std,
});

/** Probabilities whose argmax is the given class. */
function guesses(labels: readonly number[], width: number): Float32Array {
  return Float32Array.from(
    labels.flatMap((label) => Array.from({ length: width }, (_, k) => (k === label ? 0.8 : 0.1))),
  );
}

function near(actual: number | undefined, wanted: number): void {
  assert.ok(Math.abs((actual ?? Number.NaN) - wanted) < 1e-6, `${actual} is not ${wanted}`);
}

test("accuracy and macro F1 are those of scikit-learn's example (metrics.f1_score)", () => {
  const truth = Float32Array.of(0, 1, 2, 0, 1, 2);
  const metrics = computeMetrics(classes(3), guesses([0, 2, 1, 0, 0, 1], 3), truth);
  assert.equal(metrics.numExamples, 6);
  near(metrics.accuracy, 1 / 3);
  near(metrics.macroF1, 0.26666666666666666); // sklearn 1.5: f1_score(average="macro") -> 0.26...
  assert.equal(metrics.rmse, undefined);
});

test("cross-entropy is that of scikit-learn's example (metrics.log_loss)", () => {
  const probabilities = Float32Array.of(0.1, 0.9, 0.9, 0.1, 0.8, 0.2, 0.35, 0.65); // ham, spam
  near(computeMetrics(classes(2), probabilities, Float32Array.of(1, 0, 0, 1)).loss, 0.21616187468057912);
});

test("macro F1 leaves out classes that occur neither in truth nor in prediction", () => {
  near(computeMetrics(classes(5), guesses([0, 1], 5), Float32Array.of(0, 1)).macroF1, 1);
  near(computeMetrics(classes(5), guesses([0, 3], 5), Float32Array.of(0, 1)).macroF1, 1 / 3);
});

test("a probability of 0 for the right class costs much, but is finite", () => {
  const { loss } = computeMetrics(classes(2), Float32Array.of(1, 0), Float32Array.of(1));
  near(loss, -Math.log(MIN_PROBABILITY));
});

test("rmse and R2 are those of scikit-learn's examples (mean_squared_error, r2_score)", () => {
  const one = computeMetrics(targets([1]), Float32Array.of(2.5, 0, 2, 8), Float32Array.of(3, -0.5, 2, 7));
  near(one.loss, 0.375);
  near(one.rmse, 0.6123724356957945);
  near(one.r2, 0.9486081370449679);
  const two = computeMetrics(
    targets([1, 1]),
    Float32Array.of(0, 2, -1, 2, 8, -5),
    Float32Array.of(0.5, 1, -1, 1, 7, -6),
  );
  near(two.loss, 0.7083333333333334);
  near(two.r2, (0.9654377880184332 + 0.9081632653061225) / 2);
});

test("the loss of a regression is in normalised units, its rmse in those of the data", () => {
  const metrics = computeMetrics(targets([2, 10]), Float32Array.of(4, 0), Float32Array.of(0, 20));
  near(metrics.loss, (4 + 4) / 2);
  near(metrics.rmse, Math.sqrt((16 + 400) / 2));
  near(computeMetrics(targets([2], 2), Float32Array.of(4, 0), Float32Array.of(0, 20)).loss, (4 + 100) / 2);
});

test("R2 of a target that does not vary is 1 where predictions are exact, else 0", () => {
  near(computeMetrics(targets([1]), Float32Array.of(3, 3), Float32Array.of(3, 3)).r2, 1);
  near(computeMetrics(targets([1]), Float32Array.of(3, 4), Float32Array.of(3, 3)).r2, 0);
  const tenths = Float64Array.from({ length: 10 }, () => 0.1); // of which the mean is not 0.1 in float64
  near(r2.measure({ rows: 10, numTargets: 1, predictions: tenths, truth: tenths, residuals: Float64Array.of(0.5) }), 0);
});

test("no example, or lengths that do not agree, is a RangeError", () => {
  assert.throws(() => computeMetrics(classes(2), new Float32Array(0), new Float32Array(0)), RangeError);
  assert.throws(() => computeMetrics(classes(2), new Float32Array(3), new Float32Array(2)), RangeError);
  assert.throws(() => computeMetrics(targets([1, 1]), new Float32Array(3), new Float32Array(3)), RangeError);
});

test("argMax takes the first of equals", () => {
  assert.equal(argMax(Float32Array.of(9, 1, 3, 3, 0), 1, 4), 1);
});

test("one more metric is its file and its line: it is measured beside the others, for tasks of its kind only", () => {
  const mistakes: ClassificationMetric = {
    name: "mistakes",
    label: "mistakes",
    kind: "classification",
    measure: ({ guesses, truth, rows }) =>
      Array.from({ length: rows }, (_, i) => guesses[i] !== truth[i]).filter(Boolean).length,
    format: String,
  };
  const metrics = [...METRICS.values(), mistakes];
  const found = computeMetrics(classes(3), guesses([0, 2, 1], 3), Float32Array.of(0, 1, 1), metrics);
  const whose = ["worstClassIndex", "worstClassRows"];
  assert.deepEqual(Object.keys(found), [
    ...["numExamples", "loss", "accuracy", "macroF1", "worstClass", "mistakes"],
    ...whose,
  ]);
  assert.equal(found.mistakes, 1);
  const other = computeMetrics(targets([1]), Float32Array.of(1, 2), Float32Array.of(1, 3), metrics);
  assert.deepEqual(Object.keys(other), ["numExamples", "loss", "rmse", "r2"]);
});

test("the figures say which class is guessed worst, the first of equals, and how many rows it has; classes that do not occur are none", () => {
  const truth = Float32Array.of(1, 1, 1, 1, 2, 2, 3);
  const found = computeMetrics(classes(5), guesses([1, 1, 1, 0, 2, 1, 0], 5), truth);
  assert.deepEqual([found.worstClass, found.worstClassIndex, found.worstClassRows], [0, 3, 1]);
  const equal = computeMetrics(classes(5), guesses([1, 1, 0, 0, 2, 1, 3], 5), truth);
  assert.deepEqual([equal.worstClass, equal.worstClassIndex, equal.worstClassRows], [0.5, 1, 4]);
});

test("which class is guessed worst is left out where that metric is not measured", () => {
  const found = computeMetrics(classes(2), guesses([0, 1], 2), Float32Array.of(0, 1), []);
  assert.deepEqual(Object.keys(found), ["numExamples", "loss"]);
});

test("an error in large units is told as people write numbers", () => {
  const rmse = METRICS.get("rmse");
  assert.equal(rmse?.format(18_034.4), "18,034");
  assert.equal(rmse?.format(0.123456), "0.1235");
});
