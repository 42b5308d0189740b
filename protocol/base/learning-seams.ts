/**
 * The interfaces of what learns, at which `node/` and `sim/` differ beside those of seams.ts. Types only: a seam has two real implementations, or it is no seam.
 *
 * Parameters are flat `Float32Array`s of length d everywhere; the task's tensor schema says which tensor lies where.
 * An array handed over is not changed by the receiver, and not by the giver afterwards.
 */

/**
 * Chance that nobody else can know or repeat: which examples a step takes, and the noise on what comes of them. In `node/` from the
 * cryptographic source of the host; in a simulation from a seed, since nobody's data are at stake.
 */
export interface SecretDraws {
  /** Indices below `length`, ascending: each is there with the chance of rate / 2^32, independently of the others. */
  sample(length: number, rate: number): Uint32Array;
  /** Fills with whole numbers: a normal deviate of this deviation, rounded to the nearest. The deviation is at most 2^40. */
  noise(to: Float64Array, deviation: number): void;
}

/** How the steps of a training hide single examples (privacy/dp-sgd.ts). */
export interface PrivateSteps {
  /** The most, in Euclidean norm, that one example moves the sum of a step. */
  readonly clipNorm: number;
  /** Deviation of the noise on the sum, over the clip norm. */
  readonly noiseMultiplier: number;
  /** Chance of each example to be in a step, in 2^-32. */
  readonly rate: number;
}

/** A model to which each step of a training draws the one that is trained: x <- x + pull (to - x), after the step of the optimiser. */
export interface Anchor {
  readonly to: Float32Array;
  /** Of each tensor, from 0, where it is free, to 1, where it is held at `to`. */
  readonly pulls: readonly number[];
}

/** Sums over the own training rows of an output f and its target y, in the units of the model. */
export interface OutputMoments {
  readonly rows: number;
  /** f. */
  readonly output: number;
  /** y. */
  readonly target: number;
  /** f^2. */
  readonly outputSquare: number;
  /** f y. */
  readonly product: number;
}

/** Of the own training rows: one input feature, or one target, in the units of the model. */
export interface ColumnMoments {
  readonly numbers: number;
  readonly mean: number;
  /** Sum of squares around the mean. */
  readonly square: number;
}

/** Of each input feature (of an image: of each channel), and of each target of a regression. */
export interface RowMoments {
  readonly inputs: readonly ColumnMoments[];
  readonly targets: readonly ColumnMoments[];
}

/** Units in which a training sees the rows, in place of the model's: (x - offset) / scale. */
export interface SiteUnits {
  /** [scale, offset] of each input feature. */
  readonly inputs: Float32Array;
  /** The same of each target; empty for a classification. */
  readonly targets: Float32Array;
}

/** What of a model stays with its site (learn/personal/). The trainer that has it takes and gives the shared part alone. */
export interface Personal {
  /** Name of the method. */
  readonly method: string;
  /** The whole model with which this site predicts, of the shared part. */
  whole(shared: Float32Array): Float32Array;
  /** Figures of that model; throws as `Trainer.evaluate`. */
  evaluate(shared: Float32Array, split: Split): Promise<Metrics>;
  /** What stays, as it is after the newest training. */
  state(): Float32Array;
  /** Goes on from what was saved, or from the beginning. @throws HearsayError ERR_STATE where it is of another task. */
  restore(saved: Float32Array | undefined): void;
}

/** One local training, as it is asked of a trainer. */
export interface FitRequest {
  readonly params: Float32Array;
  /** Optimiser steps to take (H). */
  readonly steps: number;
  /** Names the order of mini-batches: same seed, same data, same parameters out. */
  readonly seed: string;
  /** Optimiser steps in the lineage of `params`, by which a schedule of the learning rate counts; 0 where left out. */
  readonly age?: number;
  /** By what the learning rate of the task is multiplied, beside its schedule: after a drift alarm (learn/stream/alarm.ts); 1 where left out. */
  readonly rateFactor?: number;
  /** How single examples are to be hidden; examples then come by secret chance, and `seed` names nothing. As they are where left out. */
  readonly privateSteps?: PrivateSteps;
  /** Draws the model to another one at each step; not where left out. Not with `privateSteps`. */
  readonly anchor?: Anchor;
  /** Units of the rows and of `params`; those of the task where left out. Not with `privateSteps`. */
  readonly units?: SiteUnits;
}

/** What a training gave. */
export interface FitResult {
  readonly params: Float32Array;
  /** Mean training loss over the steps. */
  readonly loss: number;
  /** Whether single examples were hidden as asked. A trainer that knows nothing of `privateSteps` does not say so, and what it gives is not used. */
  readonly hidesExamples?: true;
  /** Whether the model was drawn to the anchor as asked; what a trainer gives that knows nothing of it is not used. */
  readonly isAnchored?: true;
  /** Whether the rows were seen in the units that were asked for; the same holds. */
  readonly isInUnits?: true;
}

/** Figures of a model on a data set; fields that do not apply are absent. */
export interface Metrics {
  readonly numExamples: number;
  /** Mean loss: cross-entropy (nats) or mean squared error in normalised units. */
  readonly loss: number;
  /** Classification: share of right answers. */
  readonly accuracy?: number;
  /** Classification: unweighted mean of F1 over the classes that occur, in truth or prediction. */
  readonly macroF1?: number;
  /** Regression: root of the mean squared error, in the units of the data. */
  readonly rmse?: number;
  /** Regression: 1 - residual / total sum of squares, mean over targets. */
  readonly r2?: number;
  /** Any other metric (learn/metrics/registry.ts), by its name. */
  readonly [metric: string]: number | undefined;
}

/**
 * Which data a figure is about: what the peer trains on, its hold-out, or `LIMITS.maxSampleRows` rows of either, which are always the same: `sample` and
 * `holdout-sample`.
 */
export type Split = "train" | "sample" | "holdout" | "holdout-sample";

/**
 * Trains on data that never leaves it. Runs off the event loop in `node/`. Arrays that it is given stay as they are; those that it gives are new.
 * Every method rejects with RangeError for parameters of a wrong length.
 */
export interface Trainer {
  /** The engine in use, e.g. `dense`, `tensorflow/wasm` or `external/torch`; shown in status and log line. */
  readonly engine: string;
  readonly numExamples: number;
  /**
   * Keeps nothing for the next call. @throws RangeError unless `steps` is a positive integer. @throws HearsayError ERR_DATA where there is no example, ERR_TRAINER
   * where there is no training now but may be later: then the peer goes on without (peer/loop/enduring-fit.ts).
   */
  fit(request: FitRequest): Promise<FitResult>;
  /** @throws HearsayError ERR_DATA where the split is not there, or empty, ERR_TRAINER as `fit`. */
  evaluate(params: Float32Array, split: Split): Promise<Metrics>;
  /** `inputs`: n raw (unnormalised) rows of the task's input size; result: n rows of class probabilities, or of target values in the units of the data. */
  predict(params: Float32Array, inputs: Float32Array | Float64Array): Promise<Float32Array | Float64Array>;
  /** Of a regression: sums by which its outputs can be calibrated, one entry for each. Left out where the trainer tells none. */
  outputMoments?(params: Float32Array): Promise<readonly OutputMoments[]>;
  /** What the training rows say of each column; left out where the trainer tells nothing of it. */
  rowMoments?(): Promise<RowMoments>;
  /** Puts other rows (as read) in place of those that it has, of both splits. Left out where it cannot. @throws HearsayError ERR_DATA where they do not fit the task. */
  replace?(data: TrainerRows): Promise<void>;
  /** Changes with the rows: what was measured on them before is of others. Left out where they never do. */
  readonly revision?: number;
  close(): Promise<void>;
  /** Where part of the model stays with this site: then every vector above is the shared part. */
  readonly personal?: Personal;
}

/** Rows of a trainer, as read. */
export interface TrainerRows {
  readonly train: RawRows;
  readonly holdout?: RawRows;
}

/** The form of `Dataset` (learn/data/dataset.ts). */
interface RawRows {
  readonly inputs: Float32Array | Float64Array;
  readonly targets: Float32Array | Float64Array;
  readonly length: number;
}

/** One model offered to the rule. */
export interface RuleCandidate {
  /** Length d, finite. */
  readonly params: Float32Array;
  /** Staleness weight, an integer in 1 .. 65536 (Q16; 65536 = 1 = own weight). */
  readonly weightQ16: number;
  /** How many models it stands for, an integer in 1 .. MAX_MASS: above 1 where it is an aggregate itself, as a gateway's is. 1 where left out. */
  readonly mass?: number;
}

/** What a rule merges: the own model and those of others, all of one length d. */
export interface RuleInput {
  /** Own model after local training, length d. */
  readonly own: Float32Array;
  /** Own model before that training (the previous aggregate); undefined where there is none. */
  readonly base?: Float32Array;
  /** One per identity, sorted by peer id: the order in which sums run and ties break. */
  readonly candidates: readonly RuleCandidate[];
  /** How many models the own one stands for; 1 where left out. */
  readonly mass?: number;
  /** Age of the own model, in local steps: for rules that tighten with time. 0 where left out. */
  readonly age?: number;
  /** What lots are drawn by, where the rule draws: 64 bytes that nobody could foresee; by the own parameters where left out. */
  readonly lot?: Uint8Array;
  /** Whether to say who moved the model where, at no more than a fifth of extra cost. */
  readonly explain?: boolean;
}

/** What the rule did with a candidate, as the log records it; `removed`: left out as a whole. */
export type CandidateStatus = "used" | "duplicate" | "clipped" | "removed";

/** What came of a merge. */
export interface RuleOutput {
  /** The aggregate, length d, a new array. */
  readonly params: Float32Array;
  /** One per candidate, in order. */
  readonly statuses: readonly CandidateStatus[];
  /** How many models the aggregate stands for: those of the own one and of the candidates that were not removed. */
  readonly mass: number;
  /** One per candidate, in order, where it was asked for. */
  readonly explanation?: readonly CandidateExplanation[];
}

/** What a candidate did to the aggregate. */
export interface CandidateExplanation {
  /** Distance to the own model: exact where the rule needs it, else estimated from some coordinates. */
  readonly distance: number;
  /**
   * Share of the aggregate that it made, 0 .. 1; with the own model's, the shares sum to 1. Where the rule takes a mean: its part of the
   * weight. Where it picks values coordinate by coordinate: the share of coordinates where it supplied the chosen or a
   * middle value, estimated from some coordinates; the part of a mixture goes to those that it is mixed of.
   */
  readonly influence: number;
  /** Why it was removed, if it was: the name of the rule or of the pre-aggregator that did. */
  readonly removedBy?: string;
}

/** Runs an aggregation rule of the registry (off the event loop in `node/`). */
export interface Aggregator {
  /**
   * `parameters` are complete, as the task holds them. The same bits wherever it runs.
   * @throws RangeError for a rule that there is not, or vectors of different lengths.
   */
  aggregate(rule: string, parameters: Readonly<Record<string, number>>, input: RuleInput): Promise<RuleOutput>;
}
