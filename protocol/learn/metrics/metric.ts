/** What a metric is: one figure of merit from predictions. Each metric is one file; `registry.ts` lists them. */
import type { OutputSpec } from "../../base/task.ts";
import type { Numbers } from "../data/dataset.ts";

/** Predictions beside the truth, row-major, with what several metrics need of them. There is at least one row. */
interface Judged {
  readonly rows: number;
}

/** Of a classification. */
export interface Guesses extends Judged {
  readonly numClasses: number;
  /** rows x classes. */
  readonly probabilities: Numbers;
  /** The right class of each row. */
  readonly truth: Numbers;
  /** The likeliest class of each row; the first of equals. */
  readonly guesses: Uint32Array;
}

/** Of a regression, in the units of the data. */
export interface Estimates extends Judged {
  readonly numTargets: number;
  /** rows x targets. */
  readonly predictions: Numbers;
  readonly truth: Numbers;
  /** Of each target: the sum over the rows of (prediction - truth)^2. */
  readonly residuals: Float64Array;
}

interface Named<Kind extends OutputSpec["kind"], Evidence> {
  /** In `Metrics`, status and JSON. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  readonly kind: Kind;
  /** Of an error: the worst of several is the highest. */
  readonly lowerIsBetter?: true;
  measure(evidence: Evidence): number;
  /** In few digits, for people. */
  format(value: number): string;
}

/** A figure of a classifier. `measure` takes its guesses and the truth. */
export type ClassificationMetric = Named<"classification", Guesses>;
/** A figure of a regression. `measure` takes its squared errors and the truth. */
export type RegressionMetric = Named<"regression", Estimates>;
/** Any figure of a model. */
export type Metric = ClassificationMetric | RegressionMetric;
