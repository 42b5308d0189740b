/**
 * Figures of merit from predictions, the same for every engine. Formulas as in scikit-learn's user guide ("Metrics and
 * scoring"); sums run in double precision, in order of rows.
 */
import { log } from "../../base/exp-log.ts";
import type { Metrics } from "../../base/seams.ts";
import type { OutputSpec } from "../../base/task.ts";
import type { Numbers } from "./dataset.ts";

/**
 * Probabilities below this count as this, so that one wrong and certain answer costs 69 nats, not infinity. Far below
 * Keras's 1e-7: where a loss is derived through the clipping, an example that is confidently wrong must still have a
 * gradient.
 */
export const MIN_PROBABILITY = 1e-30;

/**
 * @param predictions row-major, one row per example, as `Trainer.predict` returns them: probabilities of the classes,
 * or target values in the units of the data.
 * @param targets class indices, or row-major target values in the units of the data.
 * Throws RangeError unless there is at least one example and the lengths agree.
 */
export function computeMetrics(output: OutputSpec, predictions: Numbers, targets: Numbers): Metrics {
  const width = output.kind === "classification" ? output.classes.length : output.targets.length;
  const rows = output.kind === "classification" ? targets.length : targets.length / width;
  if (rows < 1 || !Number.isInteger(rows))
    throw new RangeError(`${targets.length} targets are no whole number of rows`);
  if (predictions.length !== rows * width)
    throw new RangeError(`${predictions.length} predictions for ${rows} rows of ${width}`);
  return output.kind === "classification"
    ? classificationMetrics(predictions, targets, width)
    : regressionMetrics(predictions, targets, output.std, width);
}

/** Index of the greatest value of a row; the first of equals. */
export function argMax(values: Numbers, start: number, width: number): number {
  let best = 0;
  for (let k = 1; k < width; k++) if ((values[start + k] as number) > (values[start + best] as number)) best = k;
  return best;
}

/**
 * loss = -1/n sum ln p[y]; accuracy = share of rows whose argmax is y;
 * macroF1 = mean over the classes that occur, in truth or prediction, of 2 TP / (2 TP + FP + FN).
 */
function classificationMetrics(probabilities: Numbers, classes: Numbers, width: number): Metrics {
  const rows = classes.length;
  const hits = new Uint32Array(width);
  const actual = new Uint32Array(width);
  const predicted = new Uint32Array(width);
  let loss = 0;
  let right = 0;
  for (let row = 0; row < rows; row++) {
    const truth = classes[row] as number;
    const guess = argMax(probabilities, row * width, width);
    loss -= log(Math.max(probabilities[row * width + truth] as number, MIN_PROBABILITY));
    actual[truth] = (actual[truth] as number) + 1;
    predicted[guess] = (predicted[guess] as number) + 1;
    if (guess !== truth) continue;
    right++;
    hits[truth] = (hits[truth] as number) + 1;
  }
  let f1 = 0;
  let occurring = 0;
  for (let k = 0; k < width; k++) {
    const either = (actual[k] as number) + (predicted[k] as number); // 2 TP + FP + FN
    if (either === 0) continue;
    f1 += (2 * (hits[k] as number)) / either;
    occurring++;
  }
  return { numExamples: rows, loss: loss / rows, accuracy: right / rows, macroF1: f1 / occurring };
}

/**
 * With n rows and m targets: loss = 1/(nm) sum ((p - y) / std)^2; rmse = sqrt(1/(nm) sum (p - y)^2);
 * r2 = 1/m sum over targets of 1 - sum (p - y)^2 / sum (y - mean(y))^2; a target that does not vary counts 1 where
 * every prediction of it is exact, else 0.
 */
function regressionMetrics(predictions: Numbers, targets: Numbers, std: readonly number[], width: number): Metrics {
  const rows = targets.length / width;
  let loss = 0;
  let squares = 0;
  let r2 = 0;
  for (let k = 0; k < width; k++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += (targets[row * width + k] as number) / rows;
    let residual = 0;
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const truth = targets[row * width + k] as number;
      residual += square((predictions[row * width + k] as number) - truth);
      total += square(truth - mean);
    }
    squares += residual;
    loss += residual / square(std[k % std.length] as number);
    if (total > 0) r2 += 1 - residual / total;
    else if (residual === 0) r2 += 1;
  }
  return {
    numExamples: rows,
    loss: loss / (rows * width),
    rmse: Math.sqrt(squares / (rows * width)),
    r2: r2 / width,
  };
}

function square(x: number): number {
  return x * x;
}
