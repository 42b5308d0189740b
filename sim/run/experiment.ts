/**
 * Runs a scenario: deals the data, sets up devices, network, liars and algorithm, lets the virtual time pass and measures.
 *
 * Everything random comes from forks of one generator, named by what they are for, so that e.g. another attack meets the same
 * devices and the same data.
 */

import { ruleNamed } from "../../protocol/aggregate/registry.ts";
import type { RuleInput, SecretDraws, Trainer } from "../../protocol/base/learning-seams.ts";
import { createRng, type Rng } from "../../protocol/base/rng.ts";
import type { Crypto, Identity, Secrecy } from "../../protocol/base/seams.ts";
import { type Task, termsOf } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { DENSE_TRAINERS } from "../../protocol/learn/dense/dense.ts";
import { withPersonal } from "../../protocol/learn/personal/personal-trainer.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import { createSimulatedDraws } from "../../protocol/privacy/draws.ts";
import type { Environment, Learner, Participant } from "../algorithms/algorithm.ts";
import { ALGORITHMS } from "../algorithms/registry.ts";
import type { Attack, Disguise } from "../attacks/attack.ts";
import { createCoalition, type RecordingCoalition } from "../attacks/coalition.ts";
import { ATTACKS } from "../attacks/registry.ts";
import { createDevices } from "../devices/device.ts";
import { type PlaceOf, placesOf } from "../network/clusters.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { createVirtualClock, type VirtualClock } from "../seams/clock.ts";
import { createSimulatedCrypto } from "../seams/crypto.ts";
import { optionsOf, type Scenario } from "../seams/scenario-type.ts";
import { castOf, type Member, unsignedIdentity } from "./cast.ts";
import { deal, limitRows, taskOf } from "./dealing.ts";
import { learnersOf, statesOf } from "./learner-states.ts";
import { createMeasurements, type MeasureOptions } from "./measure.ts";
import { followModels } from "./model-kinds.ts";
import { ownHoldout } from "./own-holdout.ts";
import { createShare, oneThreadReason, type Parts, type Share } from "./parts.ts";
import type { Report } from "./report.ts";
import { scenarioHash } from "./scenario.ts";
import { createStreams, NO_ROWS, type Streams } from "./streaming.ts";
import { createSurroundings, type Surroundings } from "./surroundings.ts";

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

export interface ExperimentModules {
  readonly crypto: Crypto;
  /** Needed where the task has cohorts. */
  readonly secrecy?: Secrecy;
  /** Ed25519 identity of a 32-byte seed; used where the scenario asks for signatures. */
  identityFromSeed(seed: Uint8Array): Identity;
  loadData(spec: Scenario["data"], task: Scenario["task"]): Promise<LoadedData>;
  /** What trains the task; left out: the dense engine, which knows no cnn and layers models. */
  trainersFor?(task: Task): Promise<Trainers>;
  /** Gets the models of the honest peers that are evaluated at the end. */
  keepModels?(models: readonly KeptModel[], task: Task): Promise<void>;
  /** Share of the virtual time that has passed. */
  onProgress?(share: number): void;
  readonly signal?: AbortSignal;
}

/** What a scenario is played with: everything but the participants. */
interface Setup {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly rng: Rng;
  readonly clock: VirtualClock;
  readonly crypto: Crypto;
  readonly secrecy: Secrecy | undefined;
  readonly endMs: number;
  readonly crowd: readonly Member[];
  readonly attack: Attack | undefined;
  readonly surroundings: Surroundings;
  readonly network: Network;
  readonly placeOf: PlaceOf | undefined;
  readonly coalition: RecordingCoalition | undefined;
  readonly share: Share;
  readonly trainers: Trainers;
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
  parts: Parts | undefined,
): Promise<Report | undefined> {
  const loaded = await modules.loadData(scenario.data, scenario.task);
  const known = taskOf(scenario, loaded.task);
  const trainers = (await modules.trainersFor?.(known)) ?? DENSE_TRAINERS;
  try {
    return await play({ ...setUp(scenario, known, modules, parts), trainers }, loaded, modules);
  } finally {
    trainers.close();
  }
}

async function play(setup: Setup, loaded: LoadedData, modules: ExperimentModules): Promise<Report | undefined> {
  const { scenario, trainers } = setup;
  const { task, rng, clock, endMs, surroundings, network, share } = setup;
  const rows = limitRows(loaded.train, scenario.data.rows, rng.fork("rows"));
  const shares = deal(rows, scenario);
  const streams = scenario.stream && createStreams({ spec: scenario.stream, task, clock, endMs, times: rows.times });
  const participants = participantsOf(setup, shares, streams);
  const held = heldOut(setup, loaded.holdout);
  const measurements = createMeasurements({
    scenario,
    task,
    ...{ ...held, ...ownRows(setup, held.holdout, shares) },
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
    const states = await share.gather(statesOf(learners, share.isHere, measurements.isMeasured));
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
  const counted = await share.gather(measurements.counted());
  for (const other of counted?.slice(1) ?? []) measurements.addCounted(other);
  if (now && modules.keepModels) await modules.keepModels(modelsOf(now, measurements.isMeasured), task);
  return now && measurements.report(scenarioHash(scenario, modules.crypto), now, kinds);
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
  const { scenario, task, rng, share, trainers } = setup;
  const algorithm = ALGORITHMS.get(scenario.algorithm.kind);
  if (algorithm === undefined) throw new RangeError(`no algorithm ${scenario.algorithm.kind}`);
  const environment: Environment = {
    ...setup,
    participants,
    pooled: trainers.create({ task, train: rows }),
    rng: rng.fork("algorithm"),
    observer,
    isHere: share.isHere,
  };
  return algorithm.start(environment, optionsOf(scenario.algorithm));
}

function setUp(
  scenario: Scenario,
  task: Task,
  modules: ExperimentModules,
  parts: Parts | undefined,
): Omit<Setup, "trainers"> {
  const { signatures, network: net } = scenario;
  const rng = rngOf(scenario);
  const crypto = createSimulatedCrypto(modules.crypto, signatures);
  const clock = createVirtualClock(0, oneThreadReason(scenario) === undefined);
  const endMs = 1000 * scenario.devices.cycleSeconds * scenario.cycles;
  const attack = scenario.attack && ATTACKS.get(scenario.attack.kind);
  const crowd = castOf(scenario, attack, rng, signatures ? modules.identityFromSeed : unsignedIdentity(crypto));
  const surroundings = createSurroundings(scenario, crowd, { clock, rng: rng.fork("surroundings"), endMs, attack });
  const { conditions } = surroundings;
  const share = createShare(scenario, clock, parts);
  const { elsewhere } = share;
  const { announcements } = net;
  const placeOf = placesOf(
    net.clusters,
    crowd.map(({ identity, device }) => ({ peerId: identity.peerId, device })),
  );
  const network = createNetwork({ clock, crypto, conditions, announcements, elsewhere, placeOf, sharesMemory: true });
  const liars = crowd.filter(({ honest }) => !honest).map(({ identity }) => identity);
  const aggregate = ruleOf(task);
  const coalition =
    attack && createCoalition({ task, clock, crypto, network, rng: rng.fork("attack"), liars, endMs, aggregate });
  const { secrecy } = modules;
  const world = { clock, crypto, secrecy, network, placeOf, surroundings, endMs };
  return { scenario, task, rng, ...world, crowd, attack, coalition, share };
}

/** From whose forks everything random in a run comes. */
function rngOf({ seed }: Pick<Scenario, "seed">): Rng {
  return createRng(`experiment/${seed}`);
}

/** What the devices of a run are drawn from. */
export function deviceRngOf(scenario: Pick<Scenario, "seed">): Rng {
  return rngOf(scenario).fork("devices");
}

/** One for each identity, with its share of the rows, its device, and what the attack makes of a liar. */
function participantsOf(setup: Setup, shares: readonly Dataset[], streams: Streams | undefined): Participant[] {
  const { scenario, task, clock, crowd, attack, coalition, trainers } = setup;
  const disguise = scenario.attack && attack && coalition && joinAttack(attack, coalition, scenario.attack);
  const devices = createDevices(scenario.devices, scenario.peers, deviceRngOf(scenario), clock);
  const drawsOf = secretDraws(setup);
  return crowd.map(({ identity, honest, device }, index) => {
    const worn = honest ? undefined : disguise?.(identity);
    const own = shares[device] as Dataset;
    const train = worn?.data?.(own) ?? own;
    const draws = drawsOf(index);
    const made = trainers.create({ task, train: streams === undefined ? train : NO_ROWS, draws });
    const trainer = withPersonal(task, streams?.follow(made, train, index) ?? made);
    return {
      index,
      identity,
      honest,
      device: devices[device] as Participant["device"],
      data: { length: train.length, targets: train.targets, ...(train.owners && { owners: train.owners }) },
      draws,
      trainer: honest ? watched(trainer, identity.peerId, coalition) : (worn?.trainer?.(trainer) ?? trainer),
      ...(worn && { disguise: worn }),
    };
  });
}

/** Of each participant, by its index; one for all where the task hides nothing, and nobody draws from it. */
function secretDraws({ task, rng }: Setup): (index: number) => SecretDraws {
  const none = createSimulatedDraws(rng.fork("draws"));
  return termsOf(task) === undefined ? () => none : (index) => createSimulatedDraws(rng.fork(`draws/${index}`));
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
  { clock, endMs, scenario, share, network }: Setup,
  { signal, onProgress }: ExperimentModules,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const slices = Math.max(1, Math.ceil(SLICES / scenario.metrics.points));
  for (let slice = 1; slice <= slices; slice++) {
    signal?.throwIfAborted();
    await share.passTime(network, fromMs + ((toMs - fromMs) * slice) / slices);
    onProgress?.(clock.now() / endMs);
  }
}

/** Looks at `signal` and reports of progress during a run. */
const SLICES = 100;

/** The rule of the task, as liars try it. */
function ruleOf({ aggregation: { rule, parameters } }: Task): (input: RuleInput) => Float32Array {
  const known = ruleNamed(rule);
  return (input) => known.aggregate(input, parameters).params;
}

function joinAttack(
  attack: Attack,
  coalition: RecordingCoalition,
  spec: Readonly<Record<string, unknown>>,
): (identity: Identity) => Disguise | undefined {
  const disguiseOf = attack.join(coalition, optionsOf(spec));
  return (identity) => {
    const liar = coalition.liars.find((other) => other.identity === identity);
    return liar && disguiseOf(liar);
  };
}

/** The trainer of an honest peer, as the liars watch it. */
function watched(trainer: Trainer, peer: string, coalition: RecordingCoalition | undefined): Trainer {
  if (coalition === undefined) return trainer;
  return trainedOtherwise(trainer, async (request) => {
    const result = await trainer.fit(request);
    coalition.record(peer, { params: result.params, base: request.params });
    return result;
  });
}
