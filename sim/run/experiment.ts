/**
 * Runs a scenario: deals the data, sets up devices, network, liars and algorithm, lets the virtual time pass and measures.
 *
 * Everything random comes from forks of one generator, named by what they are for, so that e.g. another attack meets the same
 * devices and the same data.
 */
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Environment, Learner, Participant } from "../algorithms/algorithm.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import { optionsOf, type Scenario } from "../seams/scenario-type.ts";
import type { Member } from "./cast.ts";
import { deal, limitRows, taskOf } from "./dealing.ts";
import { scoringOnly } from "./further-metrics.ts";
import { learnersOf, statesOf } from "./learner-states.ts";
import { createMeasurements, type MeasureOptions } from "./measure.ts";
import { followModels } from "./model-kinds.ts";
import { ownHoldout } from "./own-holdout.ts";
import { participantsOf } from "./participants.ts";
import type { RunParts } from "./parts.ts";
import type { Report } from "./report.ts";
import { scenarioHash } from "./scenario.ts";
import { type Setup, type SetupModules, setUp } from "./setup.ts";
import { createStreams, type Streams } from "./streaming.ts";

export interface LoadedData {
  readonly train: Dataset;
  readonly holdout: Dataset;
  /** The manifest of the set as people write it, to which the scenario's `task` is applied. */
  readonly task: Readonly<Record<string, unknown>>;
}

/** The final model of a peer. */
export interface KeptModel {
  /** Number of the peer in the scenario, from 0. */
  readonly index: number;
  readonly peerId: string;
  readonly cycle: number;
  readonly params: Float32Array;
}

export interface ExperimentModules extends SetupModules {
  loadData(spec: Scenario["data"], task: Scenario["task"]): Promise<LoadedData>;
  /** What trains the task; left out: the dense engine, which knows no cnn and layers models. */
  trainersFor?(task: Task): Promise<Trainers>;
  /** Gets the models of the honest peers that are evaluated at the end. */
  keepModels?(models: readonly KeptModel[], task: Task): Promise<void>;
  /** Share of the virtual time that has passed. */
  onProgress?(share: number): void;
  readonly signal?: AbortSignal;
}

/**
 * @throws HearsayError ERR_CONFIG, ERR_TASK, ERR_DATA, ERR_ENGINE where scenario and data do not fit.
 * @throws the reason of `signal` where that ended it.
 */
export async function runExperiment(scenario: Scenario, modules: ExperimentModules): Promise<Report> {
  return (await runPart(scenario, modules, undefined)) as Report; // the part 0 of one
}

/**
 * As `runExperiment`, in one of several threads: part 0 resolves to the report, the others to undefined.
 * @param parts left out where this thread runs it all. The scenario has no `oneThreadReason` where there are several.
 * @throws LinkCut, at all parts.
 */
export async function runPart(
  scenario: Scenario,
  modules: ExperimentModules,
  parts: RunParts | undefined,
): Promise<Report | undefined> {
  const loaded = await modules.loadData(scenario.data, scenario.task);
  const known = taskOf(scenario, loaded.task);
  const trainers = (await modules.trainersFor?.(known)) ?? DENSE_TRAINERS;
  try {
    const setup = setUp(scenario, known, modules, parts);
    return await play({ ...setup, trainers: scoringOnly(trainers, known) }, loaded, modules);
  } finally {
    trainers.close();
  }
}

async function play(setup: Setup, loaded: LoadedData, modules: ExperimentModules): Promise<Report | undefined> {
  const { scenario, trainers } = setup;
  const { task, rng, clock, endMs, surroundings, network, part } = setup;
  const rows = limitRows(loaded.train, scenario.data.rows, rng.fork("rows"));
  const streams = scenario.stream && createStreams({ spec: scenario.stream, task, clock, endMs, times: rows.times });
  const held = heldOut(setup, loaded.holdout);
  const { participants, own } = dealt(setup, rows, held.holdout, streams);
  const measurements = createMeasurements({
    scenario,
    task,
    ...held,
    ...own,
    participants,
    rng: rng.fork("sample"),
    trainers,
    ...(streams && { streams }),
  });
  const learners = await startAll(setup, { participants, rows, observer: measurements.observer });
  if (task.personal === undefined) streams?.know((index) => learners[index]?.model()); // else it is not whole
  const cycleMs = 1000 * scenario.devices.cycleSeconds;
  const kinds = scenario.metrics.bothModels ? followModels(learners, clock, { cycleMs, endMs }) : undefined;
  surroundings.begin(network, learners);
  const everybody = async () => {
    const states = await part.gather(statesOf(learners, part.isHere, measurements.isMeasured));
    return states && learnersOf(learners, states.flat());
  };

  let now = await everybody();
  if (now) await measurements.take(0, now);
  const { points } = scenario.metrics;
  for (let point = 1; point <= points; point++) {
    await passTime(setup, modules, (endMs * (point - 1)) / points, (endMs * point) / points);
    now = await everybody();
    if (now) await measurements.take(clock.now(), now);
  }
  const counted = await part.gather(measurements.counted());
  for (const other of counted?.slice(1) ?? []) measurements.addCounted(other);
  if (now && modules.keepModels) await modules.keepModels(modelsOf(now, measurements.isMeasured), task);
  return now && measurements.report(scenarioHash(scenario, modules.crypto), now, kinds);
}

/** What each participant learns from. A function of its own, so that nothing holds the rows as they were read: a trainer has its own form of them, half as long. */
function dealt(
  setup: Setup,
  rows: Dataset,
  holdout: Dataset,
  streams: Streams | undefined,
): { readonly participants: Participant[]; readonly own: ReturnType<typeof ownRows> } {
  const shares = deal(rows, setup.scenario);
  return { participants: participantsOf(setup, shares, streams), own: ownRows(setup, holdout, shares) };
}

function modelsOf(learners: readonly Learner[], isMeasured: (index: number) => boolean): KeptModel[] {
  return learners.flatMap((learner, index) =>
    isMeasured(index) ? [{ index, peerId: learner.peer, cycle: learner.cycles(), params: learner.model() }] : [],
  );
}

function startAll(
  setup: Setup,
  { participants, rows, observer }: Pick<Environment, "participants" | "observer"> & { readonly rows: Dataset },
): Promise<readonly Learner[]> {
  const { scenario, task, rng, part, trainers } = setup;
  const algorithm = ALGORITHMS.get(scenario.algorithm.kind);
  if (algorithm === undefined) throw new RangeError(`no algorithm ${scenario.algorithm.kind}`);
  const environment: Environment = {
    ...setup,
    participants,
    pooled: trainers.create({ task, train: rows }),
    rng: rng.fork("algorithm"),
    observer,
    isHere: part.isHere,
  };
  return algorithm.start(environment, optionsOf(scenario.algorithm));
}

/** What models are measured on. */
function heldOut({ scenario, attack, task, rng }: Setup, all: Dataset): Pick<MeasureOptions, "holdout" | "target"> {
  const holdout = limitRows(all, scenario.metrics.rows, rng.fork("holdout"));
  const target = scenario.attack && attack?.target?.(optionsOf(scenario.attack), task).triggered(holdout);
  return { holdout, target };
}

/** Of each participant, where something of it is measured on rows of its own; else nothing holds what it was dealt. */
function ownRows(
  { scenario: { metrics }, task, crowd }: Setup,
  holdout: Dataset,
  shares: readonly Dataset[],
): Pick<MeasureOptions, "rowsOf" | "holdoutOf"> {
  const rowsOf = (index: number) => shares[(crowd[index] as Member).device] as Dataset;
  return {
    ...(metrics.fineTune !== undefined && { rowsOf }),
    ...(metrics.holdout === "own" && { holdoutOf: (index) => ownHoldout(holdout, rowsOf(index), task) }),
  };
}

async function passTime(
  { clock, endMs, scenario, part, network }: Setup,
  { signal, onProgress }: ExperimentModules,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const slices = Math.max(1, Math.ceil(SLICES / scenario.metrics.points));
  for (let slice = 1; slice <= slices; slice++) {
    signal?.throwIfAborted();
    await part.passTime(network, fromMs + ((toMs - fromMs) * slice) / slices);
    onProgress?.(clock.now() / endMs);
  }
}

/** Looks at `signal` and reports of progress during a run. */
const SLICES = 100;
