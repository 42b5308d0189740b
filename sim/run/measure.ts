/** What is measured while an experiment runs, and the report that comes of it. Only honest peers are measured. */

import { mean } from "../../protocol/base/figures.ts";
import type { Metrics, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import type { Metric } from "../../protocol/learn/metrics/metric.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Learner, Observer, Participant } from "../algorithms/algorithm.ts";
import { isExplained, type Scenario } from "../seams/scenario-type.ts";
import { disagreement } from "./disagreement.ts";
import { type Evaluating, evaluateAll, evaluateEach, evaluateModels, ownEvaluator, score } from "./evaluate.ts";
import { fairnessOf } from "./fairness.ts";
import { tunedAlone } from "./fine-tuning.ts";
import { furtherMetrics, measuredMetrics, spread, spreadsOf, valuesOf } from "./further-metrics.ts";
import { createMergeTally, type MergeTally, type Tallied } from "./merge-tally.ts";
import type { ModelKinds } from "./model-kinds.ts";
import { labelOverlaps } from "./overlap.ts";
import type { CurvePoint, PeerRow, Point, Report, Summary } from "./report.ts";
import type { Streams } from "./streaming.ts";

export interface Measurements {
  readonly observer: Observer;
  /** Whether the models of this participant are measured, now or at the end. */
  isMeasured(index: number): boolean;
  /** What `observer` has heard, and what that of another thread has. */
  counted(): Counted;
  addCounted(other: Counted): void;
  /** A point of the series, from the models as they are now. */
  take(nowMs: number, learners: readonly Learner[]): Promise<void>;
  /** @param kinds where the scenario has both kinds of models scored */
  report(hash: string, learners: readonly Learner[], kinds?: ModelKinds): Promise<Report>;
}

export interface Counted extends Tallied {
  readonly updates: number;
}

export interface MeasureOptions {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly holdout: Dataset;
  /** That of one participant, by its index, where each is measured on rows of its own. */
  readonly holdoutOf?: (index: number) => Dataset;
  /** What one participant trains on, where each is fine-tuned on it at the end. */
  readonly rowsOf?: (index: number) => Dataset;
  /** Triggered rows with the labels that a targeted attack wants. */
  readonly target: Dataset | undefined;
  readonly participants: readonly Participant[];
  readonly rng: Rng;
  /** Those of the dense engine where left out. */
  readonly trainers?: Trainers;
  readonly streams?: Pick<Streams, "interval">;
}

/** So many times `metrics.peers` are measured at the end: more than at a point of the series. */
const FINAL_FACTOR = 10;

/** What is measured with, and the measurements so far. */
interface Measuring extends MeasureOptions, Evaluating {
  /** On the triggered rows. */
  readonly targeted: Trainer | undefined;
  /** Indices of the honest peers that are measured at each point of the series. */
  readonly sampled: readonly number[];
  /** Of those that are measured at the end, the sampled ones first. */
  readonly measured: readonly number[];
  readonly merges: MergeTally;
  readonly series: Point[];
  /** Beside accuracy. */
  readonly further: readonly Metric[] | undefined;
  readonly curves: CurvePoint[];
  updates: number;
}

export function createMeasurements(options: MeasureOptions): Measurements {
  const { scenario, task, holdout, target, participants, rng, trainers = DENSE_TRAINERS } = options;
  const further = furtherMetrics(scenario, task);
  const metrics = measuredMetrics(task, further);
  const honest = [...rng.permutation(participants.length)].filter((index) => participants[index]?.honest);
  const measuring: Measuring = {
    ...options,
    metrics,
    evaluator: trainers.create({ task, train: holdout, holdout, metrics }),
    ownEvaluators: new Map(),
    targeted: target && trainers.create({ task, train: target, holdout: target }),
    honest,
    sampled: honest.slice(0, scenario.metrics.peers),
    measured: honest.slice(0, FINAL_FACTOR * scenario.metrics.peers),
    merges: createMergeTally(),
    series: [],
    further,
    curves: [],
    updates: 0,
  };
  const measured = new Set(measuring.measured);
  return {
    isMeasured: (index) => measured.has(index),
    counted: () => ({ ...measuring.merges.all(), updates: measuring.updates }),
    addCounted(other) {
      measuring.merges.addAll(other);
      measuring.updates += other.updates;
    },
    observer: {
      trained() {
        measuring.updates++;
      },
      merged: measuring.merges.add,
    },
    async take(nowMs, learners) {
      measuring.series.push(await pointOf(measuring, nowMs, learners));
    },
    async report(hash, learners, kinds) {
      const rows = await rowsOf(measuring, learners);
      const models = kinds && (await scoresOf(measuring, learners, kinds));
      const fineTuned = options.rowsOf && (await fineTunedOf(measuring, learners, options.rowsOf));
      return reportOf(measuring, hash, rows, { ...(models && { models }), ...(fineTuned && { fineTuned }) });
    },
  };
}

async function pointOf(measuring: Measuring, nowMs: number, learners: readonly Learner[]): Promise<Point> {
  const { honest, sampled, targeted, scenario, further } = measuring;
  const everybody = honest.map((index) => learners[index] as Learner);
  const sample = sampled.map((index) => learners[index] as Learner);
  const results = await evaluateEach(measuring, sample);
  if (scenario.metrics.curves === true) measuring.curves.push(...curvePoints(measuring, nowMs, sample, results));
  const prequential = measuring.streams?.interval(honest);
  const across = everybody.flatMap((learner) => learner.bytesAcross?.() ?? []);
  const success = targeted && (await evaluateAll(targeted, sample)).map(score);
  return {
    seconds: nowMs / 1000,
    cycles: mean(everybody.map((learner) => learner.cycles())),
    bytesPerPeer: Math.round(mean(everybody.map((learner) => learner.bytesOut()))),
    ...(across.length > 0 && { bytesAcrossPerPeer: Math.round(mean(across)) }),
    accuracy: spread(results.map(score)),
    loss: mean(results.map(({ loss }) => loss)),
    disagreement: disagreement(sample.map((learner) => learner.current())),
    ...(prequential && { prequential }),
    ...(success && { attackSuccess: mean(success) }),
    ...(further && {
      metrics: spreadsOf(
        further,
        results.map((result) => valuesOf(further, result)),
      ),
    }),
  };
}

/** Of the sampled peers, in their order. */
function curvePoints(
  { sampled, further }: Measuring,
  nowMs: number,
  sample: readonly Learner[],
  results: readonly Metrics[],
): CurvePoint[] {
  return sample.map((learner, i) => ({
    seconds: nowMs / 1000,
    index: sampled[i] as number,
    cycles: learner.cycles(),
    bytesOut: learner.bytesOut(),
    accuracy: score(results[i] as Metrics),
    loss: (results[i] as Metrics).loss,
    ...(further && { metrics: valuesOf(further, results[i] as Metrics) }),
  }));
}

async function rowsOf(measuring: Measuring, learners: readonly Learner[]): Promise<PeerRow[]> {
  const { measured, scenario, participants, merges, further } = measuring;
  const results = await evaluateEach(
    measuring,
    measured.map((index) => learners[index] as Learner),
  );
  const explained = isExplained(scenario);
  const overlaps = explained ? labelOverlaps(participants) : [];
  const evaluations = new Map(measured.map((index, i) => [index, results[i] as Metrics]));
  return learners.map((learner, index): PeerRow => {
    const record = merges.of(learner.peer);
    const own = evaluations.get(index);
    const overlap = overlaps[index];
    const site = measuring.holdoutOf && onlyOwner(participants[index]?.data);
    return {
      index,
      honest: learner.honest,
      ...(site !== undefined && { site }),
      ...(own && { accuracy: score(own) }),
      ...(own && further && { metrics: valuesOf(further, own) }),
      cycles: learner.cycles(),
      bytesOut: learner.bytesOut(),
      rows: participants[index]?.data.length ?? 0,
      merges: sorted(record?.counts ?? {}),
      meanWeight: record === undefined ? 0 : record.weight / record.times,
      ...(explained && { influence: record === undefined ? 0 : record.influence / record.times }),
      ...(overlap !== undefined && { overlap }),
    };
  });
}

function onlyOwner(data: Pick<Dataset, "owners"> | undefined): string | undefined {
  const [owner, ...others] = new Set(data?.owners);
  return others.length === 0 ? owner : undefined;
}

async function scoresOf(
  { measured, evaluator }: Measuring,
  learners: readonly Learner[],
  { raw, averaged }: ModelKinds,
): Promise<NonNullable<Summary["models"]>> {
  const models = measured.map((index) => learners[index] as Learner);
  const scoreOf = async (model: (learner: Learner) => Float32Array) =>
    spread((await evaluateModels(evaluator, models.map(model))).map(score));
  return { raw: await scoreOf(raw), averaged: await scoreOf(averaged) };
}

/** Each that is measured trains on, and is measured as before. */
async function fineTunedOf(
  measuring: Measuring,
  learners: readonly Learner[],
  rowsOf: (index: number) => Dataset,
): Promise<NonNullable<Summary["fineTuned"]>> {
  const { measured, scenario, task, further, trainers = DENSE_TRAINERS } = measuring;
  const { fineTune: steps = 0 } = scenario.metrics;
  const results: Metrics[] = [];
  for (const index of measured) {
    const learner = learners[index] as Learner;
    const params = await tunedAlone({ task, trainers, rows: rowsOf(index), steps }, learner);
    results.push(await ownEvaluator(measuring, index).evaluate(params, "holdout"));
  }
  const values = results.map((result) => (further ? valuesOf(further, result) : {}));
  return { accuracy: spread(results.map(score)), ...(further && { metrics: spreadsOf(further, values) }) };
}

function reportOf(
  measuring: Measuring,
  hash: string,
  peers: readonly PeerRow[],
  more: Pick<Summary, "models" | "fineTuned">,
): Report {
  const { scenario, participants, honest, series, merges, updates, further, curves, evaluator } = measuring;
  const accuracies = peers.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]));
  const values = peers.flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics]));
  const final = {
    ...(series.at(-1) as Point),
    accuracy: spread(accuracies),
    ...(further && { metrics: spreadsOf(further, values) }),
  };
  const goal = scenario.metrics.target;
  const reached = goal === undefined ? undefined : series.find(({ accuracy }) => accuracy.mean >= goal);
  return {
    scenario,
    summary: {
      name: scenario.name,
      hash,
      seed: scenario.seed,
      algorithm: scenario.algorithm.kind,
      attack: scenario.attack?.kind ?? "none",
      liars: participants.length - honest.length,
      honest: honest.length,
      signatures: scenario.signatures,
      ...(evaluator.engine !== "dense" && { engine: evaluator.engine }),
      final,
      ...more,
      ...(scenario.metrics.fairness && { fairness: fairnessOf(peers) }),
      ...(reached && {
        reached: { seconds: reached.seconds, cycles: reached.cycles, bytesPerPeer: reached.bytesPerPeer },
      }),
      updates,
      merges: merges.count(),
      staleness: merges.staleness,
    },
    series: [...series.slice(0, -1), final],
    peers,
    ...(scenario.metrics.curves && { curves }),
  };
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
