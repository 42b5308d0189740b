/**
 * The prequential error of a model on a stream: each row is predicted before it is learned from, so that every row is a test and no row is held back
 * (Gama, Sebastiao, Rodrigues, On evaluating stream learning algorithms, Machine Learning 90, 2013). Old rows fade, so that the figure is that of now:
 *
 *     S <- error + FADING S,    N <- 1 + FADING N,    figure = S / N
 */
import type { OutputSpec } from "../../base/task.ts";
import type { Numbers } from "../data/dataset.ts";
import { argMax } from "../metrics/metrics.ts";

/** Half of the weight lies on the newest 346 rows. */
export const FADING = 0.998;

/** How wrong a model was about one row. */
export interface RowError {
  /** What the figure is the mean of: 0 or 1 of a classification; the mean squared error over the targets, in the units of the data. */
  readonly error: number;
  /** For drift detectors, which need a bound: between 0 and 1, and higher where the model was more wrong. */
  readonly bounded: number;
}

/**
 * How wrong each row was predicted. @param predictions as `Trainer.predict` returns them.
 * @example
 * import { rowErrors } from "hearsay/protocol/learn/stream/prequential";
 * const output = { kind: "regression", targets: ["t"], mean: [0], std: [2] };
 * rowErrors(output, [3], [1]); // -> [{ error: 4, bounded: 0.5 }]
 */
export function rowErrors(output: OutputSpec, predictions: ArrayLike<number>, targets: ArrayLike<number>): RowError[] {
  if (output.kind === "classification") {
    const width = output.classes.length;
    return Array.from(targets, (target, row) => {
      const error = argMax(predictions as Numbers, row * width, width) === target ? 0 : 1;
      return { error, bounded: error };
    });
  }
  const { targets: names, std } = output;
  const width = names.length;
  return Array.from({ length: targets.length / width }, (_, row) => {
    let [error, scaled] = [0, 0];
    for (let k = 0; k < width; k++) {
      const apart = (predictions[row * width + k] as number) - (targets[row * width + k] as number);
      error += (apart * apart) / width;
      const units = apart / (std[k % std.length] as number);
      scaled += (units * units) / width;
    }
    return { error, bounded: Number.isFinite(scaled) ? scaled / (1 + scaled) : 1 };
  });
}

export interface Prequential {
  add(error: number): void;
  /** The rate of right answers of a classification, the rmse of a regression; undefined before the first row. */
  figure(): number | undefined;
  /** Rows so far. */
  readonly rows: number;
  /** What it knows, for after a restart. */
  state(): PrequentialState;
}

export interface PrequentialState {
  /** Faded sum of the errors, and of their weights. */
  readonly sum: number;
  readonly weight: number;
  readonly rows: number;
}

/** What the figure is called, and whether less is better. */
export function figureOf({ kind }: OutputSpec): {
  readonly name: "accuracy" | "rmse";
  readonly lowerIsBetter: boolean;
} {
  return kind === "classification" ? { name: "accuracy", lowerIsBetter: false } : { name: "rmse", lowerIsBetter: true };
}

/** @param past the `state` before a restart. */
export function createPrequential({ kind }: OutputSpec, past?: PrequentialState): Prequential {
  let { sum, weight, rows } = past ?? { sum: 0, weight: 0, rows: 0 };
  return {
    add(error) {
      sum = error + FADING * sum;
      weight = 1 + FADING * weight;
      rows++;
    },
    figure() {
      if (rows === 0) return undefined;
      return kind === "classification" ? 1 - sum / weight : Math.sqrt(sum / weight);
    },
    get rows() {
      return rows;
    },
    state: () => ({ sum, weight, rows }),
  };
}
