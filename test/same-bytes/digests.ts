/**
 * SHA-256 of what must be the same on every processor, one a line: elementary functions, random deviates, partitions, a training, and
 * whole reports of small scenarios. `.ci/same-bytes` runs it on x86-64 and, emulated, on arm64, and compares.
 *
 *     node test/same-bytes/digests.ts
 */
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { loadNamedSet } from "../../node/data/sets.ts";
import { stalenessWeightQ16 } from "../../protocol/aggregate/staleness.ts";
import { toHex, utf8 } from "../../protocol/base/bytes.ts";
import { exp, log, power } from "../../protocol/base/exp-log.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { parsePartition, partition } from "../../protocol/learn/data/partition.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { ATTACKS } from "../../sim/attacks/registry.ts";
import { createDevices } from "../../sim/devices/device.ts";
import { exponentialPresence } from "../../sim/devices/exponential.ts";
import { createLines } from "../../sim/network/bandwidth.ts";
import { createLatency } from "../../sim/network/latency.ts";
import { createLoss } from "../../sim/network/loss.ts";
import { renderReport } from "../../sim/report/report-page.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import { blobModules, blobScenario } from "../support/experiments.ts";

/** Everything of a simulation that draws by exp, log or a power; of attacks those that compute most. */
const ROUGH = {
  partition: "dirichlet:0.3",
  signatures: true,
  attack: { kind: "alie", share: 0.2 },
  task: {
    model: { kind: "mlp", hidden: [8], activation: "tanh" },
    staleness: { function: "polynomial", a: 0.7, floor: 0.01 },
  },
  devices: { stragglers: { share: 0.2 }, battery: {} },
  network: {
    latency: { kind: "lognormal" },
    bandwidth: { uploadKbps: 400, downloadKbps: 2000, sigma: 0.5 },
    loss: { messages: 0.02, packets: 0.05 },
  },
  metrics: { points: 5, explain: true, target: 0.6 },
};

const SCENARIOS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rough: ROUGH,
  churn: { churn: { kind: "exponential", meanOnSeconds: 5, meanOffSeconds: 2 }, partition: "label-dirichlet:0.5" },
  vehicles: { churn: { kind: "vehicles" }, attack: { kind: "adaptive", share: 0.2 } },
  geometric: { task: { aggregation: { rule: "arc+nnm+geometric-median" } }, attack: { kind: "gaussian", share: 0.2 } },
};

async function main(): Promise<void> {
  // so that an emulated processor shows that it is one, and what a function of Math does there
  process.stderr.write(`${process.arch}, Node ${process.version}, Math.exp(-0.9) is ${Math.exp(-0.9)}\n`);
  print("elementary", functionValues());
  print("network and devices", surroundingDraws());
  print("weights of age", staleWeights());
  const { train, holdout, task: source } = await loadNamedSet("digits");
  for (const how of ["iid", "dirichlet:0.1", "label-dirichlet:0.5", "shards:2"])
    print(`partition ${how}`, ...partition(train, parsePartition(how), 7, 3));
  const rows = Uint32Array.from({ length: 200 }, (_, i) => i);
  const model = { kind: "mlp", hidden: [12], activation: "tanh" };
  const task = parseTask({ ...source, model, training: { learningRate: 0.1, momentum: 0.5, batch: 16, steps: 40 } });
  for (const plain of [false, true])
    await printTraining(task, selectRows(train, rows), selectRows(holdout, rows), plain);
  for (const [name, changes] of Object.entries(SCENARIOS)) {
    const report = await runExperiment(blobScenario(changes), blobModules({ identityFromSeed }));
    print(`report ${name}`, JSON.stringify(report));
    print(`page ${name}`, renderReport(report));
  }
  for (const kind of ATTACKS.keys()) {
    const scenario = blobScenario({ cycles: 4, attack: { kind, share: 0.34 }, metrics: { points: 2 } });
    print(`attack ${kind}`, JSON.stringify(await runExperiment(scenario, blobModules({ identityFromSeed }))));
  }
}

function functionValues(): Float64Array {
  const rng = createRng("same-bytes");
  return Float64Array.from({ length: 20_000 }, (_, i) => {
    const x = rng.normal() * power(2, rng.below(9));
    return [exp(x), log(Math.abs(x)), power(Math.abs(x), 0.7), x][i % 4] as number;
  });
}

/** Far more of what a simulation draws by exp and log than the small ones below do. */
function surroundingDraws(): Float64Array {
  const [count, rng] = [5000, createRng("surroundings")];
  const latencyMs = createLatency({ kind: "lognormal", medianMs: 20, sigma: 0.5 }, rng);
  const lines = createLines({ uploadKbps: 400, downloadKbps: 2000, sigma: 0.5 }, count, rng);
  const stragglers = { share: 0.1, slowdown: 20 };
  const devices = createDevices({ cycleSeconds: 1, speedSigma: 0.6, stragglers }, count, rng, { now: () => 0 });
  const presence = exponentialPresence({ meanOnSeconds: 5, meanOffSeconds: 2 }, count, rng);
  const loss = createLoss({ messages: 0.01, packets: 0.05 }, rng);
  const values = devices.flatMap((device, i) => [
    device.trainMs(),
    latencyMs(0, 1),
    lines.uploadMs(i, 1000, 0),
    lines.downloadMs(i, 1000, 0, 0),
    loss.delayMs(100_000) ?? 0,
  ]);
  for (const { atMs } of presence.changes) {
    values.push(atMs);
    if (values.length === 6 * count) break;
  }
  return Float64Array.from(values);
}

function staleWeights(): Float64Array {
  return Float64Array.from({ length: 4000 }, (_, lag) =>
    stalenessWeightQ16(lag / 3, { function: "polynomial", a: 0.1 + (lag % 37) / 10, b: 4, floor: 0.0001 }),
  );
}

async function printTraining(task: Task, train: Dataset, holdout: Dataset, plain: boolean): Promise<void> {
  const trainer = createDenseTrainer({ task, train, holdout, plain });
  const { params } = await trainer.fit({ params: initialParams(task.tensors, task.seed), steps: 40, seed: "5" });
  const name = plain ? "training, plain" : "training";
  print(name, params, JSON.stringify(await trainer.evaluate(params, "holdout")));
  await trainer.close();
}

function print(name: string, ...parts: readonly (string | ArrayBufferView)[]): void {
  const hashes = parts.map((part) => {
    const bytes = typeof part === "string" ? utf8(part) : new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    return toHex(nodeCrypto.sha256(bytes));
  });
  process.stdout.write(`${toHex(nodeCrypto.sha256(utf8(hashes.join())))}  ${name}\n`);
}

await main();
