import assert from "node:assert/strict";
import { test } from "node:test";
import { parseScenario } from "../../sim/run/scenario.ts";
import type { SimFigures } from "./sim-process.ts";
import { resultOf } from "./sim-result.ts";
import { SIM_RUNS, simRuns } from "./sim-scenarios.ts";

const FIGURES: SimFigures = {
  peers: 100,
  updates: 1000,
  cpuSeconds: 2,
  wallSeconds: 4,
  accuracy: 0.9,
  fewestCycles: 10,
  steadyCpuMsPerCycle: 1.5,
  maxRssBytes: 2e9,
};

test("every run of the simulator's benchmark is a valid scenario, in full and cut short", () => {
  for (const quick of [false, true])
    for (const name of SIM_RUNS) assert.ok(parseScenario(simRuns(quick)[name].scenario).cycles > 0);
});

test("100 and 10,000 peers differ in their number and the length of the run alone", () => {
  const { "peers-100": few, "peers-10000": many, "peers-1000": some } = simRuns(false);
  const common = ({ scenario: { name: _, peers: __, cycles: ___, ...rest } }: typeof few) => rest;
  assert.deepEqual(common(many), common(few));
  assert.deepEqual(common(some), common(few));
});

test("the JSON has the figures that are aimed at", () => {
  const measured = Object.fromEntries(SIM_RUNS.map((name) => [name, FIGURES]));
  const many = { ...FIGURES, steadyCpuMsPerCycle: 1.8 };
  const result = resultOf({ ...measured, "peers-10000": many }, simRuns(false));
  assert.equal(result.digits?.updatesPerCpuSecond, 500);
  assert.equal(result.digits?.accuracy, 0.9);
  assert.equal(result.digitsPeer?.updatesPerCpuSecond, 500);
  assert.equal(result.mnist?.updatesPerCpuSecond, 500);
  assert.equal(result.peers1000?.seconds, 4);
  assert.equal(result.peers1000Shared?.seconds, 4);
  assert.equal(result.peers10000?.rssBytes, 2e9);
  assert.equal(result.growth, 1.2);
});

test("what was not measured is null", () => {
  const result = resultOf({ "peers-100": FIGURES, "digits-peer": FIGURES }, simRuns(false));
  assert.equal(result.digits, null);
  assert.equal(result.digitsPeer?.updatesPerCpuSecond, 500, "also where its baseline was not run");
  assert.equal(result.growth, null);
  assert.equal(result.peers100?.peers, 100);
});
