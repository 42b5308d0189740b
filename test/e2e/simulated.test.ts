/**
 * Trust in the simulator: the same small task on real libp2p processes and in the simulator, with the same rows at each peer, the
 * same rule, number of pulls, steps and speeds. What both show is the mean accuracy against the mean number of cycles, so that the
 * speed of this machine does not matter. All begin to train once the last of them listens.
 */

import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { loadNamedSet } from "../../node/data/sets.ts";
import { TEMPLATES } from "../../node/data/templates.ts";
import { mean } from "../../protocol/base/figures.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import type { Point, Report } from "../../sim/run/report.ts";
import { parseScenario } from "../../sim/run/scenario.ts";
import { createLab, DEADLINE_MS, type Lab, sourceEnvironment } from "../support/process.ts";
import { type PacedAssignment, type PacedReport, TRAIN } from "../support/process-paced.ts";

const CHILD = fileURLToPath(new URL("../support/process-paced.ts", import.meta.url));

const PEERS = 6;
const SEED = 1;
const PARTITION = "label-dirichlet:0.5";
const AGGREGATION = { inboxSize: 4, quorum: 2 };
/** One training of peer i: none at the pace of another, as real devices. */
const TRAIN_MS: readonly number[] = [460, 540, 500, 520, 440, 480];
/** Of the simulator: about what a pull takes here in comparison with a training. */
const LATENCY_MS = 5;
const LAST_CYCLES = 30;

/**
 * Mean cycles -> how far apart the accuracies may be, and what both must have reached.
 *
 * Chosen from eight runs on two busy cores, when peers began as they came. They differed, in points of accuracy, by 0.0 to 7.1 after 10 cycles, 0.9 to 4.5 after
 * 15, 0.2 to 4.4 after 20 and 0.3 to 2.2 after 30; the bands are 1.6 to 1.8 times the worst. Peers alone end at 0.55 to 0.83.
 * Nothing is compared before 10 cycles: real peers take two to four of them to find each other (connections, gossip mesh), of which
 * the simulator knows nothing, at ten points a cycle.
 */
const CHECKPOINTS: readonly { readonly cycles: number; readonly band: number; readonly floor: number }[] = [
  { cycles: 10, band: 0.12, floor: 0.6 },
  { cycles: 15, band: 0.08, floor: 0.72 },
  { cycles: 20, band: 0.07, floor: 0.8 },
  { cycles: LAST_CYCLES, band: 0.04, floor: 0.88 },
];

let lab: Lab;
const children: ChildProcess[] = [];

before(async () => {
  lab = await createLab("simulated");
});
after(async () => {
  const ended = children.map(
    (child) => child.exitCode ?? child.signalCode ?? new Promise((end) => child.once("exit", end)),
  );
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(ended);
  await lab?.close();
});

interface RealPeer {
  readonly listening: Promise<string>;
  rows: number;
  cycles: number;
  merges: number;
  accuracy: number;
}

type CurvePoint = Pick<Point, "cycles"> & { readonly accuracy: number };

test("real processes and the simulator learn alike, cycle for cycle", { timeout: 3 * DEADLINE_MS }, async (context) => {
  const real = await runReal();
  const report = await simulate();
  assert.deepEqual(
    report.peers.map(({ rows }) => rows),
    real.peers.map(({ rows }) => rows),
    "rows of each peer",
  );
  const simulated = report.series.map(({ cycles, accuracy }): CurvePoint => ({ cycles, accuracy: accuracy.mean }));
  context.diagnostic(`merges of each ${real.peers.map((peer) => peer.merges)}`);
  const faults: string[] = [];
  for (const { cycles, band, floor } of CHECKPOINTS) {
    const there = real.curve.find((point) => point.cycles >= cycles) as CurvePoint;
    const here = valueAt(simulated, there.cycles);
    const text = `${there.cycles.toFixed(1)} cycles: real ${there.accuracy.toFixed(3)}, simulated ${here.toFixed(3)}`;
    context.diagnostic(text);
    if (!(Math.abs(there.accuracy - here) <= band && Math.min(there.accuracy, here) >= floor)) faults.push(text);
  }
  assert.deepEqual(faults, []);
});

async function runReal(): Promise<{ peers: readonly RealPeer[]; curve: readonly CurvePoint[] }> {
  const peers: RealPeer[] = [];
  const curve: CurvePoint[] = [];
  const finished = Promise.withResolvers<void>();
  const look = () => {
    const point = {
      cycles: mean(peers.map(({ cycles }) => cycles)),
      accuracy: mean(peers.map(({ accuracy }) => accuracy)),
    };
    if (peers.length === PEERS) curve.push(point);
    if (point.cycles >= LAST_CYCLES) finished.resolve();
  };
  const start = (bootstrap: readonly string[]) => startReal(peers, bootstrap, look, finished.reject);
  const address = await start([]);
  const others = await Promise.all(Array.from({ length: PEERS - 1 }, () => start([address])));
  assert.equal(new Set([address, ...others]).size, PEERS);
  for (const child of children) child.send(TRAIN);
  await finished.promise;
  for (const child of children) child.removeAllListeners("exit").kill("SIGKILL");
  return { peers, curve };
}

/** Resolves with its address once it listens. */
function startReal(
  peers: RealPeer[],
  bootstrap: readonly string[],
  look: () => void,
  failed: (error: Error) => void,
): Promise<string> {
  const index = peers.length;
  const listening = Promise.withResolvers<string>();
  const peer: RealPeer = { listening: listening.promise, rows: 0, cycles: 0, merges: 0, accuracy: 0 };
  peers.push(peer);
  const child = fork(CHILD, { stdio: ["ignore", "ignore", "inherit", "ipc"], execArgv: [], env: sourceEnvironment() });
  children.push(child);
  child.once("exit", (code, signal) => {
    const error = new Error(`peer ${index} ended with ${code ?? signal}`);
    listening.reject(error);
    failed(error);
  });
  child.on("message", (report: PacedReport) => {
    peer.accuracy = report.accuracy;
    if (report.kind === "listening") {
      peer.rows = report.rows;
      listening.resolve(report.address);
    } else {
      peer.cycles = report.cycles;
      peer.merges = report.merges;
      look();
    }
  });
  child.send({
    stateDir: lab.path(`peer${index}`),
    task: { ...parse(TEMPLATES.digits.yaml), aggregation: AGGREGATION },
    data: {
      dataset: "digits",
      holdout: 0.2,
      holdoutBy: "chance",
      share: `${index + 1}/${PEERS}`,
      partition: PARTITION,
      seed: SEED,
    },
    bootstrap,
    trainMs: TRAIN_MS[index] as number,
  } satisfies PacedAssignment);
  return listening.promise;
}

/** The same with simulated devices. */
function simulate(): Promise<Report> {
  const cycleSeconds = mean(TRAIN_MS) / 1000;
  const cycles = Math.ceil(1.5 * LAST_CYCLES);
  const scenario = parseScenario({
    name: "real-and-simulated",
    data: { set: "digits" },
    partition: PARTITION,
    seed: SEED,
    peers: PEERS,
    task: { aggregation: AGGREGATION },
    cycles,
    devices: { cycleSeconds, speedSigma: 0.07 }, // as TRAIN_MS
    network: {
      topology: { kind: "complete" },
      announcements: "flood",
      latency: { kind: "lognormal", medianMs: LATENCY_MS },
    },
    signatures: true,
    metrics: { points: 2 * cycles },
  });
  return runExperiment(scenario, { crypto: nodeCrypto, identityFromSeed, loadData: ({ set }) => loadNamedSet(set) });
}

/** The curve at so many cycles, between its points on a line. */
function valueAt(curve: readonly CurvePoint[], cycles: number): number {
  const next = curve.findIndex((point) => point.cycles >= cycles);
  assert.ok(next > 0, `the curve ends at ${curve.at(-1)?.cycles} cycles`);
  const [before, after] = [curve[next - 1] as CurvePoint, curve[next] as CurvePoint];
  const share = (cycles - before.cycles) / (after.cycles - before.cycles);
  return before.accuracy + share * (after.accuracy - before.accuracy);
}
