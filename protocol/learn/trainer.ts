/**
 * What every engine's Trainer does alike: checks, standardising, evaluation. An engine supplies a `LearningCore` that
 * knows only numbers in the model's units.
 */
import { HearsayError } from "../base/errors.ts";
import type {
  FitRequest,
  FitResult,
  Metrics,
  OutputMoments,
  RowMoments,
  SecretDraws,
  SiteUnits,
  Split,
  Trainer,
  TrainerRows,
} from "../base/learning-seams.ts";
import { LIMITS } from "../base/limits.ts";
import { inputSize, type LearningTask, outputSize } from "../base/task.ts";
import { absentShift, shifted } from "./absent-classes.ts";
import { type Dataset, type Numbers, selectRows } from "./data/dataset.ts";
import { inModelUnits, type PreparedData, prepareData } from "./data/prepare.ts";
import type { Metric } from "./metrics/metric.ts";
import { computeMetrics } from "./metrics/metrics.ts";
import { inSiteUnits, rowMoments } from "./site-units.ts";
import { tensorSlices } from "./tensors.ts";

export interface TrainerOptions {
  readonly task: LearningTask;
  /** Raw (not normalised) rows; none: the trainer evaluates and predicts, but `fit` throws. */
  readonly train: Dataset;
  readonly holdout?: Dataset;
  /** What `evaluate` measures beside the loss; every metric of the kind of the task where left out. */
  readonly metrics?: readonly Metric[];
  /** By what private trainings hide examples (FitRequest.privateSteps); left out, there can be none. */
  readonly draws?: SecretDraws;
}

/** Makes the trainers of many peers of one task in one thread. */
export interface Trainers {
  /** @throws HearsayError ERR_DATA where a data set does not fit the task. */
  create(options: TrainerOptions): Trainer;
  /** The trainers do nothing any more. */
  close(): void;
}

/** Arrays handed over are not changed; those returned are new. */
export interface LearningCore {
  readonly engine: string;
  /** Of each call: those of the task where left out; 0 for a model that is its own. */
  readonly numParams?: number;
  /**
   * `request.steps` steps of the task's optimiser (`optimisers/`) on the batches of
   * `createBatches(train.length, task.training.batch, request.seed)`. Its state starts at 0 at each call: a trainer has no
   * state but its data, so that what a step did can be repeated from the log, and a model that was aggregated meanwhile is
   * not pushed along an old velocity. With `privateSteps`: of samples and noise of the trainer's `draws` (private-steps.ts).
   */
  fit(request: FitRequest, train: PreparedData): FitResult;
  /** Class probabilities or targets in the model's units, one row per row of `inputs`. */
  predict(params: Float32Array, inputs: Float32Array): Float32Array;
  close(): void;
}

/** Examples as the model sees them, and what is to be predicted of each, as it was read. */
interface Examples {
  readonly prepared: PreparedData;
  readonly targets: Numbers;
}

/** At most `LIMITS.maxSampleRows` of them, from all over the set. */
function sampleOf(all: Examples): Examples {
  const { length } = all.prepared;
  const rows = LIMITS.maxSampleRows;
  if (length <= rows) return all;
  const indices = Array.from({ length: rows }, (_, i) => Math.floor((i * length) / rows));
  const prepared = selectRows(all.prepared, indices) as PreparedData;
  return { prepared, targets: selectRows({ ...all.prepared, targets: all.targets }, indices).targets };
}

/** Outputs of a model as others see them: class probabilities as they are, targets in the units of the data, which may lie far from 0. */
function inDataUnits({ output }: LearningTask, outputs: Float32Array): Numbers {
  if (output.kind === "classification") return outputs;
  const { mean, std } = output;
  const predictions = Float64Array.from(outputs);
  for (let i = 0; i < predictions.length; i++) {
    const [shift, scale] = [mean[i % mean.length] as number, std[i % std.length] as number];
    predictions[i] = (predictions[i] as number) * scale + shift;
  }
  return predictions;
}

/** What a trainer holds of its rows. */
interface Rows {
  readonly train: Examples;
  readonly holdout: Examples | undefined;
  readonly shifts: Float32Array | undefined;
  /** Of `train` and `holdout`: few tasks look at them. */
  readonly samples: { train?: Examples; holdout?: Examples };
  /** `train` in the units of the last training that named some. */
  inUnits?: { readonly units: SiteUnits; readonly train: PreparedData };
}

/** A part of the rows. Samples are drawn at the first question, and kept. */
function partOf(rows: Rows, name: Split): Examples | undefined {
  if (name === "train" || name === "holdout") return rows[name];
  const of = name === "holdout-sample" ? "holdout" : "train";
  const all = rows[of];
  if (all !== undefined) rows.samples[of] ??= sampleOf(all);
  return rows.samples[of];
}

/** What a training sees. @throws RangeError for units of other columns. */
function seenBy(task: LearningTask, rows: Rows, { units, privateSteps }: FitRequest): PreparedData {
  if (units === undefined) return rows.train.prepared;
  if (privateSteps !== undefined) throw new RangeError("a private training takes no units of the site");
  const known = rows.inUnits;
  if (known !== undefined && isSame(known.units.inputs, units.inputs) && isSame(known.units.targets, units.targets))
    return known.train;
  const train = inSiteUnits(task, rows.train.prepared, units);
  rows.inUnits = { units, train };
  return train;
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** @throws HearsayError ERR_DATA where a data set does not fit the task. */
function rowsOf(task: LearningTask, { train, holdout }: TrainerRows): Rows {
  const shifts = absentShift(task, train.targets);
  return { train: examplesOf(task, train), holdout: holdout && examplesOf(task, holdout), shifts, samples: {} };
}

/** Not the rows as they were read: only what is looked at again. */
function examplesOf(task: LearningTask, data: Dataset): Examples {
  const prepared = prepareData(task, data);
  return { prepared, targets: task.output.kind === "classification" ? prepared.targets : data.targets };
}

/**
 * Builds a Trainer. Its `fit` throws HearsayError ERR_DATA without examples, RangeError unless `steps` is a positive
 * integer; `evaluate` throws ERR_DATA where the split is absent or empty; parameters of a wrong length are a
 * RangeError.
 * @throws HearsayError ERR_DATA where a data set does not fit the task.
 */
export function createTrainer({ task, train, holdout, metrics }: TrainerOptions, core: LearningCore): Trainer {
  const inputWidth = inputSize(task);
  const last = tensorSlices(task.tensors).at(-1);
  const { numParams = last === undefined ? 0 : last.offset + last.length } = core;
  let rows = rowsOf(task, { train, ...(holdout && { holdout }) });

  function checkParams(params: Float32Array): void {
    if (params.length !== numParams)
      throw new RangeError(`${params.length} parameters for a model that has ${numParams}`);
  }

  const predict = (params: Float32Array, inputs: Float32Array) => inDataUnits(task, core.predict(params, inputs));

  // Values, not getters: V8 keeps an object with getters as a hash table.
  const trainer = {
    engine: core.engine,
    numExamples: rows.train.prepared.length,
    revision: 0,
    async replace(data: TrainerRows): Promise<void> {
      rows = rowsOf(task, data);
      trainer.numExamples = rows.train.prepared.length;
      trainer.revision++;
    },
    async fit(request: FitRequest): Promise<FitResult> {
      checkParams(request.params);
      return fitOn(core, task, rows, request);
    },
    async evaluate(params: Float32Array, name: Split): Promise<Metrics> {
      checkParams(params);
      const data = partOf(rows, name);
      if (data === undefined || data.prepared.length === 0)
        throw new HearsayError("ERR_DATA", `there is no example in split "${name}"`, { split: name });
      const shifts = name === "training-sample" ? rows.shifts : undefined;
      const seen = shifts === undefined ? params : shifted(params, shifts, -1);
      return computeMetrics(task.output, predict(seen, data.prepared.inputs), data.targets, metrics);
    },
    async predict(params: Float32Array, inputs: Numbers): Promise<Numbers> {
      checkParams(params);
      if (inputs.length % inputWidth !== 0)
        throw new RangeError(`${inputs.length} inputs are no whole number of rows of ${inputWidth}`);
      return predict(params, inModelUnits(inputs, task.input.mean, task.input.std));
    },
    async outputMoments(params: Float32Array): Promise<readonly OutputMoments[]> {
      checkParams(params);
      const { inputs, targets } = rows.train.prepared;
      return momentsOf(core.predict(params, inputs), targets, outputSize(task));
    },
    async rowMoments(): Promise<RowMoments> {
      return rowMoments(task, rows.train.prepared);
    },
    async close(): Promise<void> {
      core.close();
    },
  };
  return trainer;
}

/** One training on these rows. */
function fitOn(core: LearningCore, task: LearningTask, rows: Rows, request: FitRequest): FitResult {
  if (!Number.isInteger(request.steps) || request.steps < 1)
    throw new RangeError(`steps ${request.steps} is no positive integer`);
  if (rows.train.prepared.length === 0)
    throw new HearsayError("ERR_DATA", "there is no example to train on", { split: "train" });
  checkAnchor(request, task.tensors.length);
  const seen = seenBy(task, rows, request);
  const shifts = request.forSite ? undefined : rows.shifts;
  const result = shifts ? fitShifted(core, request, seen, shifts) : core.fit(request, seen);
  return { ...result, ...(request.anchor && { isAnchored: true }), ...(request.units && { isInUnits: true }) };
}

/** A training that does not unlearn absent classes (absent-classes.ts). */
function fitShifted(core: LearningCore, request: FitRequest, train: PreparedData, shifts: Float32Array): FitResult {
  const { anchor } = request;
  const moved = anchor && { anchor: { ...anchor, to: shifted(anchor.to, shifts, -1) } };
  const { params, loss } = core.fit({ ...request, params: shifted(request.params, shifts, -1), ...moved }, train);
  return { params: shifted(params, shifts, 1), loss };
}

/** @throws RangeError */
function checkAnchor({ anchor, params, privateSteps }: FitRequest, tensors: number): void {
  if (anchor === undefined) return;
  if (privateSteps !== undefined) throw new RangeError("a private training can be drawn to no other model");
  if (anchor.to.length !== params.length || anchor.pulls.length !== tensors)
    throw new RangeError(
      `an anchor of ${anchor.to.length} parameters and ${anchor.pulls.length} tensors, for ${params.length} and ${tensors}`,
    );
  if (!anchor.pulls.every((pull) => pull >= 0 && pull <= 1)) throw new RangeError("a pull is not between 0 and 1");
}

/** Both row-major, `width` numbers a row. */
function momentsOf(outputs: Float32Array, targets: ArrayLike<number>, width: number): OutputMoments[] {
  return Array.from({ length: width }, (_, column) => {
    let [rows, output, target, outputSquare, product] = [0, 0, 0, 0, 0];
    for (let i = column; i < outputs.length; i += width) {
      const [f, y] = [outputs[i] as number, targets[i] as number];
      rows++;
      output += f;
      target += y;
      outputSquare += f * f;
      product += f * y;
    }
    return { rows, output, target, outputSquare, product };
  });
}
