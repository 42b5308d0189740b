/** Experiments for tests of the simulator as a whole: on the blobs, so small that one takes a blink, and on the digits with the task of new networks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { loadNamedSet } from "../../node/data/sets.ts";
import { type ExperimentModules, runExperiment } from "../../sim/run/experiment.ts";
import type { Report } from "../../sim/run/report.ts";
import { parseScenario, type Scenario } from "../../sim/run/scenario.ts";
import { BLOB_FEATURES, blobs } from "./blobs.ts";

/** The manifest of the blobs, as people write it. */
export const BLOBS: Readonly<Record<string, unknown>> = {
  name: "blobs",
  input: { shape: [BLOB_FEATURES] },
  output: { kind: "classification", classes: ["a", "b", "c"] },
  model: { kind: "softmax" },
  training: { steps: 5, batch: 16 },
};

/** What a scenario of people may hold; the rest has defaults. */
export type Changes = Readonly<Record<string, unknown>>;

/** Six peers, ten cycles, everybody connected to everybody. */
export function blobScenario(changes: Changes = {}): Scenario {
  return parseScenario({
    name: "small",
    data: { set: "blobs" },
    peers: 6,
    cycles: 10,
    network: { topology: { kind: "complete" } },
    metrics: { points: 5 },
    ...changes,
  });
}

export function blobModules(changes: Partial<ExperimentModules> = {}): ExperimentModules {
  const loaded = { train: blobs(400, 1), holdout: blobs(300, 2), task: BLOBS };
  return { crypto: nodeCrypto, identityFromSeed, loadData: async () => loaded, ...changes };
}

export function runBlobs(changes: Changes = {}, modules: Partial<ExperimentModules> = {}): Promise<Report> {
  return runExperiment(blobScenario(changes), blobModules(modules));
}

/** The digits with the task that `hearsay init` writes, letter by letter (test/sim/paper/init.test.ts), measured once at the end. */
export function runDigits(changes: Changes, modules: Partial<ExperimentModules> = {}): Promise<Report> {
  const task = parse(readFileSync(join(import.meta.dirname, "../../sim/scenarios/tasks/digits.yaml"), "utf8"));
  const scenario = parseScenario({
    ...{ name: "digits", data: { set: "digits" }, task, metrics: { points: 1, rows: 300 } },
    ...changes,
  });
  return runExperiment(scenario, {
    ...{ crypto: nodeCrypto, identityFromSeed, loadData: ({ set }) => loadNamedSet(set), ...modules },
  });
}
