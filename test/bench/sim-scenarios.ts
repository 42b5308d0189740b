/**
 * What `npm run bench:sim` runs: scenarios of the simulator, as people write them.
 *
 * `digits` and `mnist` are the work of ../shared/bench/gossipy_bench.py, step for step: 100 nodes, all linked; each sends its model
 * to one other every round, and who receives one takes the plain average and trains one epoch over its rows, in batches of 32. Baseline
 * `gossip` is the algorithm that gossipy runs there. `digits-peer` and `mnist-peer` let the peer that ships do the same local
 * work on the same rows: it merges one model by the mean in every cycle, and does log, hashes, wire bytes and checks on top.
 *
 * The others are shipping peers as they come, with the default rule and everything else that a task does not say: `peers-100` and
 * `peers-10000` differ in the number of peers and the length of the run alone.
 */

/** A scenario for `parseScenario`. */
export type ScenarioSource = Readonly<Record<string, unknown>>;

export interface SimRun {
  readonly about: string;
  readonly scenario: ScenarioSource;
  /** Runs with so many seeds, from 1 on: short runs say little. */
  readonly seeds: number;
  /** Shared by threads, one for each core. */
  readonly isShared?: true;
}

export const SIM_RUNS = [
  "digits",
  "digits-peer",
  "mnist",
  "mnist-peer",
  "peers-1000",
  "peers-1000-shared",
  "peers-100",
  "peers-10000",
] as const;

export type SimRunName = (typeof SIM_RUNS)[number];

/** One measurement at the start and one at the end, of ten peers; `runExperiment` evaluates ten times as many at the end. */
const METRICS = { points: 1, peers: 10 };

/** Devices nearly alike, 95 % within 4 % of each other: everybody has as many cycles, and yet they do not keep step. */
const DEVICES = { speedSigma: 0.02 };

const LEARNING_RATE = { digits: 0.5, mnist: 0.1 };

/** Rows of each of 100 peers / 32, rounded up: 14 and 80 rows. */
const STEPS_OF_AN_EPOCH = { digits: 1, mnist: 3 };

/**
 * A round lasts as long as so many trainings, and a message takes 5 % of it. In gossipy a training takes no time at all, and a
 * message 0 to 10 %.
 */
const TRAININGS_PER_ROUND = 10;

/** @param quick about a minute for all of them, to try them out: the figures mean nothing. */
export function simRuns(quick: boolean): Readonly<Record<SimRunName, SimRun>> {
  const rounds = quick ? 20 : 200;
  return {
    digits: { ...baseline("digits", rounds), seeds: quick ? 1 : 5 },
    "digits-peer": peerAtTheSameWork("digits", rounds),
    mnist: baseline("mnist", rounds),
    "mnist-peer": peerAtTheSameWork("mnist", rounds),
    "peers-1000": quick ? peers(200, 20) : peers(1000, 215), // the slowest of them has 200
    "peers-1000-shared": { ...(quick ? peers(200, 20) : peers(1000, 215)), isShared: true },
    "peers-100": quick ? peers(50, 40) : peers(100, 200),
    "peers-10000": quick ? peers(1000, 8) : peers(10_000, 12),
  };
}

type SetName = keyof typeof LEARNING_RATE;

function baseline(set: SetName, rounds: number): SimRun {
  return {
    about: `gossip learning as gossipy runs it: ${set}, softmax, 100 nodes, ${rounds} rounds`,
    scenario: {
      name: `bench-${set}`,
      ...nodes(set, rounds * TRAININGS_PER_ROUND),
      task: { model: { kind: "softmax" }, training: { learningRate: LEARNING_RATE[set], batch: 32 } },
      algorithm: { kind: "gossip", merge: "average", train: "on-receive", epochs: 1, period: TRAININGS_PER_ROUND },
      network: { topology: { kind: "complete" }, latency: { kind: "constant", ms: 50 * TRAININGS_PER_ROUND } },
    },
    seeds: 1,
  };
}

function peerAtTheSameWork(set: SetName, cycles: number): SimRun {
  const training = { learningRate: LEARNING_RATE[set], batch: 32, steps: STEPS_OF_AN_EPOCH[set] };
  const aggregation = { rule: "mean", inboxSize: 1, quorum: 1, memory: 0 };
  return {
    about: `the shipping peer at the same local work: ${set}, softmax, 100 peers, ${cycles} cycles`,
    scenario: {
      name: `bench-${set}-peer`,
      ...nodes(set, cycles),
      task: { model: { kind: "softmax" }, training, aggregation },
      algorithm: "hearsay",
      network: { topology: { kind: "random", degree: 16 }, latency: { kind: "constant", ms: 50 } },
    },
    seeds: 1,
  };
}

function nodes(set: SetName, cycles: number): ScenarioSource {
  return { data: { set }, peers: 100, cycles, devices: { speedSigma: 0 }, metrics: METRICS };
}

function peers(count: number, cycles: number): SimRun {
  return {
    about: `shipping peers, default rule: digits, softmax, ${count} peers, ${cycles} cycles of the median device`,
    scenario: {
      name: `bench-${count}-peers`,
      data: { set: "digits", rowsPerPeer: 14 },
      peers: count,
      cycles,
      task: { model: { kind: "softmax" } },
      algorithm: "hearsay",
      devices: DEVICES,
      network: { topology: { kind: "random", degree: 16 }, latency: { kind: "constant", ms: 20 } },
      metrics: METRICS,
    },
    seeds: 1,
  };
}
