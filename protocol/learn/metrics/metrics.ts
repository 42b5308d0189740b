/**
 * Loss and metrics from predictions, the same for every engine. Formulas as in scikit-learn's user guide ("Metrics and
 * scoring"); sums run in double precision, in order of rows. The metrics themselves: the other files here.
 */
import { log } from "../../base/exp-log.ts";
import type { Metrics } from "../../base/learning-seams.ts";
import type { OutputSpec } from "../../base/task.ts";
import type { Numbers } from "../data/dataset.ts";
import type { Estimates, Guesses, Metric } from "./metric.ts";
import { METRICS } from "./registry.ts";
import { worstClass, worstOf } from "./worst-class.ts";

/**
 * Probabilities below this count as this, so that one wrong and certain answer costs 69 nats, not infinity. Far below
 * Keras's 1e-7: where a loss is derived through the clipping, an example that is confidently wrong must still have a
 * gradient.
 */
export const MIN_PROBABILITY = 1e-30;

/**
 * Loss, and every metric of the task's kind.
 * @param predictions row-major, one row per example, as `Trainer.predict` returns them: probabilities of the classes,
 * or target values in the units of the data.
 * @param targets class indices, or row-major target values in the units of the data.
 * Throws RangeError unless there is at least one example and the lengths agree.
 */
export function computeMetrics(
  output: OutputSpec,
  predictions: Numbers,
  targets: Numbers,
  metrics: readonly Metric[] = [...METRICS.values()],
): Metrics {
  const width = output.kind === "classification" ? output.classes.length : output.targets.length;
  const rows = output.kind === "classification" ? targets.length : targets.length / width;
  if (rows < 1 || !Number.isInteger(rows))
    throw new RangeError(`${targets.length} targets are no whole number of rows`);
  if (predictions.length !== rows * width)
    throw new RangeError(`${predictions.length} predictions for ${rows} rows of ${width}`);
  if (output.kind === "classification") {
    const guesses = guessesOf(predictions, targets, width);
    const figures = metrics.flatMap((one) =>
      one.kind === "classification" ? [[one.name, one.measure(guesses)] as const] : [],
    );
    const whose = metrics.includes(worstClass) ? whoseWorst(guesses) : {};
    return { numExamples: rows, loss: crossEntropy(guesses), ...Object.fromEntries(figures), ...whose };
  }
  const estimates = estimatesOf(predictions, targets, width);
  const figures = metrics.flatMap((one) =>
    one.kind === "regression" ? [[one.name, one.measure(estimates)] as const] : [],
  );
  return { numExamples: rows, loss: squaredError(estimates, output.std), ...Object.fromEntries(figures) };
}

/** Index of the greatest value of a row; the first of equals. */
export function argMax(values: Numbers, start: number, width: number): number {
  let best = 0;
  for (let k = 1; k < width; k++) if ((values[start + k] as number) > (values[start + best] as number)) best = k;
  return best;
}

function whoseWorst(guesses: Guesses): Pick<Metrics, "worstClassIndex" | "worstClassRows"> {
  const { index, rows } = worstOf(guesses);
  return { worstClassIndex: index, worstClassRows: rows };
}

function guessesOf(probabilities: Numbers, truth: Numbers, numClasses: number): Guesses {
  const guesses = new Uint32Array(truth.length);
  for (let row = 0; row < guesses.length; row++) guesses[row] = argMax(probabilities, row * numClasses, numClasses);
  return { rows: truth.length, numClasses, probabilities, truth, guesses };
}

function estimatesOf(predictions: Numbers, truth: Numbers, numTargets: number): Estimates {
  const residuals = new Float64Array(numTargets);
  for (let i = 0; i < truth.length; i++) {
    const apart = (predictions[i] as number) - (truth[i] as number);
    residuals[i % numTargets] = (residuals[i % numTargets] as number) + apart * apart;
  }
  return { rows: truth.length / numTargets, numTargets, predictions, truth, residuals };
}

/** loss = -1/n sum ln p[y]. */
function crossEntropy({ probabilities, truth, rows, numClasses }: Guesses): number {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const right = probabilities[row * numClasses + (truth[row] as number)] as number;
    loss -= log(Math.max(right, MIN_PROBABILITY));
  }
  return loss / rows;
}

/** With n rows and m targets: loss = 1/(nm) sum ((p - y) / std)^2. */
function squaredError({ residuals, rows, numTargets }: Estimates, std: readonly number[]): number {
  let loss = 0;
  for (const [k, residual] of residuals.entries()) {
    const scale = std[k % std.length] as number;
    loss += residual / (scale * scale);
  }
  return loss / (rows * numTargets);
}
