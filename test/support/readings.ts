/** What a monitor reads, with every part that a peer can have: a budget of bytes, one of privacy, cohorts, an archive, a hold-out. */
import type { StatusReport } from "../../node/api/api.ts";
import { healthOf } from "../../node/monitor/health.ts";
import type { Readings } from "../../node/monitor/metric.ts";

export const STATUS: StatusReport = {
  peerId: "12D3KooWGRUfBkMvTHoMHvrVrAQdNZrFWzA5YKaqoSJVh3yXpCab",
  task: { id: "ab".repeat(32), name: "digits" },
  ...{ engine: "dense", numExamples: 200, cycle: 40, age: 400, fresh: 2, quorum: 1, neighbours: 3 },
  ...{ bytesIn: 1000, bytesOut: 2000, logSize: 81, generation: 0 },
  accountability: { banned: 1, cosigned: { size: 80, cosigners: 2, known: 2 } },
  counters: {
    ...{ published: 40, merges: 38, used: 70, clipped: 1, duplicate: 2, removed: 3, invalid: 4, diverged: 5 },
    refused: { ERR_RATE: 6, "<script>": 1, "of nobody": 2 },
  },
  thrift: { intervalMs: 4000, models: 3, trainings: 1, modelBytes: 9000, usualMs: 1000, usualModels: 8 },
  privacy: {
    ...{ mechanism: "dp-sgd", epsilon: 3.1, maxEpsilon: 8, delta: 1e-5, steps: 214 },
    ...{ state: "open", noiseMultiplier: 0.8, rate: 0.02 },
  },
  pauses: [{ stops: "training", because: "on battery (saving.trainOn: mains)" }],
  selection: { by: "usefulness", floor: 0.25, perPrefix: 4, preferred: 30, atRandom: 10 },
  cohort: {
    ...{ waitsFor: "model", epoch: 3, offers: 2, alone: 0 },
    sessions: { joined: 4, released: 3, failed: 1 },
  },
  cluster: {
    ...{ gateway: "12D3KooWGRUfBkMvTHoMHvrVrAQdNZrFWzA5YKaqoSJVh3yXpCab", sinceMs: 0, members: 3 },
    ...{ others: [], unelected: [], outside: { models: 7, authors: 2, lastMs: 0 } },
  },
  release: {
    ...{
      serving: { id: "ef".repeat(32), name: "v7" },
      before: null,
      obstacle: "gate failed",
      proposals: [],
      threshold: 1,
    },
    order: { serial: 3, target: "12".repeat(32), base: "ef".repeat(32), ring: "10%", signers: [] },
    releases: [
      { ...{ id: "ef".repeat(32), name: "v7", age: 300, tsMs: 0, by: "12D3KooWtagger", figures: {} }, gates: [] },
      {
        ...{ id: "12".repeat(32), name: "v8", age: 400, tsMs: 0, by: "12D3KooWtagger", figures: {} },
        gates: [
          { expression: "accuracy >= 0.9", mine: false, yes: 3, no: 1 },
          { expression: "loss < 1", mine: null, yes: 2, no: 0 },
        ],
      },
    ],
  },
  addresses: ["/ip4/127.0.0.1/tcp/4001"],
  invite: "hearsay:...",
  head: { seq: 80, id: "cd".repeat(32) },
  uptimeSeconds: 50,
  effort: { cpuSecondsPerCycle: 0.04, joulesPerCycle: 0.12, writtenBytesPerCycle: 70_000 },
  archive: { files: 12, bytes: 48_000, skipped: 1 },
  budget: [{ kind: "lte", bytes: 2e6, perMs: 86_400_000, leftBytes: 400_000, spentBytes: 100_000, isDry: false }],
  holdout: { numExamples: 50, loss: 0.4, accuracy: 0.9, macroF1: 0.88 },
  stream: {
    ...{ source: "readings.csv", window: 400, holdout: 100, prequential: { name: "accuracy", value: 0.9, rows: 500 } },
    rows: { taken: 500, bad: 1, late: 2, ahead: 0, duplicate: 3, alarms: 1 },
  },
  silence: { known: 4, silent: 1, longestSeconds: 70, peers: [] },
  turnedAway: { refused: 7, unproved: 8, ungreeted: 9 },
};

const tallies: Readings["tallies"] = {
  ...{ trainings: 40, loss: 0.5, divergedInRow: 0, alone: 2, isAlone: false, evidence: { fork: 1, end: 0 } },
  ...{ served: { new: 2, back: 1 }, backAtMs: 1_700_000_002_000 },
  ...{ trainedAtMs: 1_700_000_000_000, mergedAtMs: 1_700_000_001_000, progressMs: 49_000, cycleMs: 1100 },
};

const machine: Readings["machine"] = {
  ...{
    residentBytes: 1e8,
    heapBytes: 2e7,
    cpuSeconds: 12,
    writtenBytes: 3e6,
    startedSeconds: 1_700_000_000,
    openFiles: 40,
  },
  lagSeconds: { "0.5": 0.001, "0.99": 0.01, "1": 0.02 },
  stateBytes: { database: 5e6, bodies: 48_000, other: 10_000 },
  disk: { freeBytes: 1e10, isWritable: true },
};

export const FACTS = { status: STATUS, tallies, disk: machine.disk, minCycleMs: 1000, nowMs: 50_000, startedMs: 0 };

export const READINGS: Readings = {
  ...{ status: STATUS, tallies, machine, silence: STATUS.silence, health: healthOf(FACTS) },
  connections: [
    { kind: "loopback", isOutbound: true },
    { kind: "lan", isOutbound: false },
  ],
};
