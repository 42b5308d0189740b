/** How one model answers to examples whose answer is known: what attacks go by. */
import { log } from "../../base/exp-log.ts";
import type { OutputSpec } from "../../base/task.ts";

type Numbers = Float32Array | Float64Array;

/** The answers of one model to n examples. */
export interface Observed {
  /** Loss of each example, length n: cross-entropy in nats, or mean squared error in the model's units. */
  readonly losses: Float64Array;
  /**
   * What a normal distribution fits, example by example, over models that were trained alike; row-major, n x width.
   * Classification, width 1: ln p - ln(1 - p) with p the probability of the right class. Regression: (prediction - target) / std of each target.
   */
  readonly signals: Float64Array;
}

/** The least positive number of float32 in full precision: engines give probabilities in float32, where a smaller one may be 0. */
const LEAST = 1.1754943508222875e-38;

/**
 * Losses and signals of n examples.
 * @param predictions row-major, as `Trainer.predict` returns them. @param targets class indices, or row-major target values in the units of the data.
 * @throws RangeError where the lengths do not agree.
 */
export function observe(output: OutputSpec, predictions: Numbers, targets: Numbers): Observed {
  const width = output.kind === "classification" ? output.classes.length : output.targets.length;
  const rows = output.kind === "classification" ? targets.length : targets.length / width;
  if (predictions.length !== rows * width)
    throw new RangeError(`${predictions.length} predictions for ${rows} rows of ${width}`);
  return output.kind === "classification"
    ? ofClasses(predictions, targets, width)
    : ofTargets(predictions, targets, output.targets.length, output.std);
}

/**
 * The answers of several models to the same examples, for an attacker who has them all: losses are means, signals stand side by side.
 * @throws RangeError where there is none, or they answered to different numbers of examples.
 */
export function together(observed: readonly Observed[]): Observed {
  const rows = observed[0]?.losses.length;
  if (rows === undefined || observed.some(({ losses }) => losses.length !== rows))
    throw new RangeError(`answers to ${observed.map(({ losses }) => losses.length).join(", ") || "no"} examples`);
  const losses = new Float64Array(rows);
  for (const one of observed)
    for (let row = 0; row < rows; row++)
      losses[row] = (losses[row] as number) + (one.losses[row] as number) / observed.length;
  const signals: number[] = [];
  for (let row = 0; row < rows; row++)
    for (const one of observed) {
      const width = one.signals.length / rows;
      signals.push(...one.signals.subarray(row * width, (row + 1) * width));
    }
  return { losses, signals: Float64Array.from(signals) };
}

function ofClasses(probabilities: Numbers, classes: Numbers, width: number): Observed {
  const losses = new Float64Array(classes.length);
  const signals = new Float64Array(classes.length);
  for (let row = 0; row < classes.length; row++) {
    let others = 0; // and not 1 - p, of which nothing is left where p is near 1
    for (let k = 0; k < width; k++) if (k !== classes[row]) others += probabilities[row * width + k] as number;
    const right = log(Math.max(probabilities[row * width + (classes[row] as number)] as number, LEAST));
    losses[row] = -right;
    signals[row] = right - log(Math.max(others, LEAST));
  }
  return { losses, signals };
}

function ofTargets(predictions: Numbers, targets: Numbers, width: number, std: readonly number[]): Observed {
  const losses = new Float64Array(targets.length / width);
  const signals = new Float64Array(targets.length);
  for (let i = 0; i < targets.length; i++) {
    const apart = ((predictions[i] as number) - (targets[i] as number)) / (std[i % std.length] as number);
    const row = Math.floor(i / width);
    signals[i] = apart;
    losses[row] = (losses[row] as number) + (apart * apart) / width;
  }
  return { losses, signals };
}
