/** Figures name what varies as people do; tables for programs keep the paths. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { titleOf } from "../../../sim/compare/names.ts";
import { labelScenarios } from "../../../sim/compare/sweep-table.ts";
import { report } from "../run/reports.ts";

const title = (entries: Readonly<Record<string, unknown>>) =>
  titleOf(new Map(Object.entries(entries)), { network: {} });

test("names of figures are the words that people use, and the last part of a path where there is none", () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ "task.aggregation.rule": "median", "attack.kind": "alie", "attack.share": 0.1 }, "median, alie, 10 % liars"],
    [{ "attack.kind": undefined, "attack.share": undefined }, "no attack"],
    [{ "network.budget": undefined, "network.loss.messages": undefined }, "no budget, no loss"],
    [{ partition: "dirichlet:0.1", "task.aggregation.inboxSize": 8 }, "Dirichlet 0.1, k 8"],
    [{ "devices.speedSigma": 0.6, "network.topology.degree": 8 }, "speed sigma 0.6, degree 8"],
    [{ "task.model.hidden": [16, 16] }, "hidden [16,16]"],
    [{}, ""],
  ];
  for (const [differs, expected] of cases) assert.equal(title(differs), expected);
});

test("no figure has a path of options in its legend, and every scenario has a name of its own", () => {
  const scenarios = ["median", "mean"].flatMap((rule) =>
    [undefined, { kind: "alie", share: 0.2 }].map(
      (attack) => report({ task: { aggregation: { rule } }, ...(attack && { attack }) }, 1, 0.5).scenario,
    ),
  );
  const labels = labelScenarios(scenarios);
  assert.equal(new Set(labels.map((one) => one.title)).size, 4);
  for (const one of labels) assert.doesNotMatch(one.title, /task\.|\.kind|=/);
  assert.equal(labels[0]?.label, "task.aggregation.rule=median no attack");
  const links = [{ budget: "1MB/day" }, {}].map((network) => report({ network }, 1, 0.5).scenario);
  const texts = labelScenarios(links).map(({ label, title }) => [label, title]);
  assert.deepEqual(texts, [
    ["network.budget=1MB/day", "budget 1MB/day"],
    ["no network.budget", "no budget"],
  ]);
});

test("an option that only other kinds have is not told as missing; one that a kind has in other runs is", () => {
  const attacks = [
    undefined,
    { kind: "silent", share: 0.2 },
    { kind: "sign-flip", share: 0.2 },
    { kind: "alie", share: 0.2, z: 1 },
    { kind: "alie", share: 0.2, z: 2 },
    { kind: "alie", share: 0.2 },
  ];
  const scenarios = attacks.map((attack) => report({ ...(attack && { attack }) }, 1, 0.5).scenario);
  const told = labelScenarios(scenarios).map(({ title, label }) => [title, label]);
  assert.deepEqual(told, [
    ["no attack", "no attack"],
    ["silent", "attack.kind=silent"],
    ["sign-flip", "attack.kind=sign-flip"],
    ["alie, z 1", "attack.kind=alie attack.z=1"],
    ["alie, z 2", "attack.kind=alie attack.z=2"],
    ["alie, no z", "attack.kind=alie no attack.z"],
  ]);
});
