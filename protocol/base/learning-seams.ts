/**
 * The seams of learning: trainer, aggregation, and what goes through them. Types only; what a seam is, seams.ts says.
 *
 * Parameters are flat `Float32Array`s of length d everywhere; the task's tensor schema says which tensor lies where.
 * An array that is handed over is changed by nobody afterwards, neither its giver nor its receiver.
 */

/**
 * Randomness that nobody else can know or repeat: which examples a step takes, and the noise on their sum. In `node/` from the
 * cryptographic source of the host; in a simulation from a seed, since nobody's data are at stake.
 */
export interface SecretDraws {
  /** Indices below `length`, ascending: each is drawn with probability rate / 2^32, independently of the others. */
  sample(length: number, rate: number): Uint32Array;
  /** Fills with whole numbers: a normal deviate of this deviation, rounded to the nearest. The deviation is at most 2^40. */
  noise(to: Float64Array, deviation: number): void;
}

/** How the steps of a training hide single examples (privacy/dp-sgd.ts). */
export interface PrivateSteps {
  /** Longest gradient of one example, as a Euclidean norm; longer ones are shortened to it. */
  readonly clipNorm: number;
  /** Standard deviation of the noise on the sum of a step, divided by `clipNorm`. */
  readonly noiseMultiplier: number;
  /** Probability of each example to be in a step, times 2^32. */
  readonly rate: number;
}

/** A model towards which each step of a training pulls the trained one: x <- x + pull (to - x), after the step of the optimiser. */
export interface Anchor {
  readonly to: Float32Array;
  /** The pull of each tensor, from 0 (free) to 1 (held at `to`). */
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

/** Moments of one input feature, or one target, over the own training rows, in the units of the model. */
export interface ColumnMoments {
  readonly numbers: number;
  readonly mean: number;
  /** Sum of squares around the mean. */
  readonly square: number;
}

/** Moments of each input feature (of an image: each channel), and of each target of a regression. */
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

/** The part of a model that stays with its site (learn/personal/). A trainer that has it takes and gives the shared part only. */
export interface Personal {
  /** Name of the method. */
  readonly method: string;
  /** The whole model with which this site predicts, made of the shared part and its own. */
  whole(shared: Float32Array): Float32Array;
  /** Figures of that model; throws as `Trainer.evaluate`. */
  evaluate(shared: Float32Array, split: Split): Promise<Metrics>;
  /** The own part after the newest training, for the store. */
  state(): Float32Array;
  /** Continues from a saved own part, or from its initial one. @throws HearsayError ERR_STATE where it is of another task. */
  restore(saved: Float32Array | undefined): void;
}

/** One local training, as it is asked of a trainer. */
export interface FitRequest {
  readonly params: Float32Array;
  /** Optimiser steps to take (H). */
  readonly steps: number;
  /** Names the order of mini-batches: same seed, same data, same parameters out. */
  readonly seed: string;
  /** Age of `params`: optimiser steps in its lineage, from which a schedule takes the learning rate; 0 where left out. */
  readonly age?: number;
  /** Multiplies the learning rate of task and schedule, after a drift alarm (learn/stream/alarm.ts); 1 where left out. */
  readonly rateFactor?: number;
  /** How to hide single examples. Examples are then drawn by `SecretDraws`, and `seed` has no effect. Left out: not hidden. */
  readonly privateSteps?: PrivateSteps;
  /** Pulls the model towards another one at each step. Not together with `privateSteps`. */
  readonly anchor?: Anchor;
  /** Units of the rows and of `params`; those of the task where left out. Not with `privateSteps`. */
  readonly units?: SiteUnits;
  /** Whether the model predicts at this site alone, and so learns how common each class is here (learn/absent-classes.ts). */
  readonly forSite?: true;
}

/** What a training gave. */
export interface FitResult {
  readonly params: Float32Array;
  /** Mean training loss over the steps. */
  readonly loss: number;
  /** Set where single examples were hidden as asked. A trainer that does not know `privateSteps` does not set it, and its result is not used. */
  readonly hidesExamples?: true;
  /** Set where the model was pulled to the anchor as asked; otherwise the result is not used. */
  readonly isAnchored?: true;
  /** Set where the rows were seen in the units that were asked for; otherwise the result is not used. */
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
  /** Classification: which class has the share of right answers `worstClass`: its index in the task. Left out by trainers that do not tell. */
  readonly worstClassIndex?: number;
  /** Classification: rows of that class. */
  readonly worstClassRows?: number;
  /** Regression: root of the mean squared error, in the units of the data. */
  readonly rmse?: number;
  /** Regression: 1 - residual / total sum of squares, mean over targets. */
  readonly r2?: number;
  /** Any other metric (learn/metrics/registry.ts), by its name. */
  readonly [metric: string]: number | undefined;
}

/**
 * The rows on which a model is measured: the training rows, the hold-out, or a fixed sample of `LIMITS.maxSampleRows` rows of either: `sample` and
 * `holdout-sample`. `training-sample` has the rows of `sample`, and sees the model as a training here does: with the shift for absent classes, where the task
 * has one (learn/absent-classes.ts).
 */
export type Split = "train" | "sample" | "training-sample" | "holdout" | "holdout-sample";

/**
 * Trains on data that never leaves it. Runs off the event loop in `node/`. It does not change arrays that it is given, and returns new ones.
 * Every method rejects with RangeError for parameters of a wrong length.
 */
export interface Trainer {
  /** The engine in use, e.g. `dense`, `tensorflow/wasm` or `external/torch`; shown in status and log line. */
  readonly engine: string;
  readonly numExamples: number;
  /**
   * One local training; no state is kept for the next call. @throws RangeError unless `steps` is a positive integer. @throws HearsayError ERR_DATA where
   * there is no example, ERR_TRAINER where it cannot train now but may later: the peer then goes on without a training (peer/loop/enduring-fit.ts).
   */
  fit(request: FitRequest): Promise<FitResult>;
  /** @throws HearsayError ERR_DATA where the split is not there, or empty, ERR_TRAINER as `fit`. */
  evaluate(params: Float32Array, split: Split): Promise<Metrics>;
  /** `inputs`: n raw (unnormalised) rows of the task's input size; result: n rows of class probabilities, or of target values in the units of the data. */
  predict(params: Float32Array, inputs: Float32Array | Float64Array): Promise<Float32Array | Float64Array>;
  /** For a regression: one entry for each output, by which it can be calibrated. Left out where the trainer cannot tell. */
  outputMoments?(params: Float32Array): Promise<readonly OutputMoments[]>;
  /** Moments of the columns of the training rows; left out where the trainer cannot tell. */
  rowMoments?(): Promise<RowMoments>;
  /** Replaces the rows of both splits. Left out where the trainer cannot. @throws HearsayError ERR_DATA where they do not fit the task. */
  replace?(data: TrainerRows): Promise<void>;
  /** A number that changes whenever the rows do, so that measurements on older rows are known. Left out where rows never change. */
  readonly revision?: number;
  close(): Promise<void>;
  /** Set where a part of the model stays with this site. Every vector above is then the shared part. */
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
  /** How many models it stands for, an integer in 1 .. MAX_MASS: above 1 for an aggregate, such as that of a gateway. 1 where left out. */
  readonly mass?: number;
}

/** What a rule merges: the own model and those of others, all of one length d. */
export interface RuleInput {
  /** Own model after local training, length d. */
  readonly own: Float32Array;
  /** Own model before that training (the previous aggregate); undefined where there is none. */
  readonly base?: Float32Array;
  /** One per identity, sorted by peer id, which is the order of sums and decides ties. */
  readonly candidates: readonly RuleCandidate[];
  /** How many models the own one stands for; 1 where left out. */
  readonly mass?: number;
  /** Age of the own model, in local steps: for rules that tighten with time. 0 where left out. */
  readonly age?: number;
  /** For a rule that draws lots: 64 bytes that nobody could foresee. Left out: the own parameters decide. */
  readonly lot?: Uint8Array;
  /** Whether to explain the influence of each candidate, which costs at most a fifth more. */
  readonly explain?: boolean;
}

/** What the rule did with a candidate, as the log records it; `removed`: left out as a whole. */
export type CandidateStatus = "used" | "duplicate" | "clipped" | "removed";

/** The result of a rule. */
export interface RuleOutput {
  /** The aggregate, length d, a new array. */
  readonly params: Float32Array;
  /** One per candidate, in order. */
  readonly statuses: readonly CandidateStatus[];
  /** How many models the aggregate stands for: the mass of the own model and of all candidates that were not removed. */
  readonly mass: number;
  /** One per candidate, in order, where it was asked for. */
  readonly explanation?: readonly CandidateExplanation[];
}

/** What one candidate contributed to the aggregate. */
export interface CandidateExplanation {
  /** Distance to the own model: exact where the rule needs it, else estimated from some coordinates. */
  readonly distance: number;
  /**
   * Its share of the aggregate, 0 .. 1; with the share of the own model, the shares sum to 1. For a rule that takes a mean: its part of the
   * weight. For a rule that picks values coordinate by coordinate: the share of coordinates where it supplied the chosen value, or one of the
   * middle ones, estimated from some coordinates. The share of a mixture goes to the models that it is mixed of.
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
