/** `hearsay privacy plan`: what it prints, and its exit status. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { bundledCli } from "../../../support/bundled-cli.ts";

const CLI = await bundledCli();

function plan(...args: readonly string[]) {
  return spawnSync(process.execPath, [CLI, "privacy", "plan", ...args], { encoding: "utf8" });
}

test("a plan tells noise, steps and the curve, and as JSON the same", () => {
  const args = ["--rows", "1437", "--batch", "32", "--epochs", "20", "--epsilon", "8"];
  const { status, stdout } = plan(...args);
  assert.equal(status, 0);
  for (const part of [
    /noise +0\.788 times/,
    /steps +906 for 20 epochs/,
    /over time +[▁-█]{20} +to 7\.997/,
    /│ 20 +│ 906 +│ 7\.997 +│/,
  ])
    assert.match(stdout, part);
  const json = JSON.parse(plan(...args, "--json").stdout);
  assert.deepEqual([json.noiseMultiplier, json.steps, json.curve.length], [0.788, 906, 20]);
  assert.equal(json.curve.at(-1).epsilon, json.epsilon);
  assert.equal(json.budgets.find((one: { epsilon: number }) => one.epsilon === 8).noiseMultiplier, 0.788);
});

test("what no plan can be made of ends with status 2, and says what to give", () => {
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/--rows 0: give a whole number/, "--rows", "0"],
    [/--noise 0\.5: give a number from 0\.6.*much too high/, "--rows", "100", "--noise", "0.5"],
    [/remove one/, "--rows", "100", "--noise", "1", "--epsilon", "2"],
    [/no noise keeps 1000000 epochs/, "--rows", "1", "--epochs", "1000000", "--epsilon", "0.001"],
    [/--epsilon -1: give a number above 0/, "--rows", "100", "--epsilon", "-1"],
  ];
  for (const [message, ...args] of wrong) {
    const { status, stderr } = plan(...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});

test("delta is what a task of init --private has for so many rows, and one of 1 / rows is no promise", () => {
  const delta = (...args: string[]) => JSON.parse(plan(...args, "--json").stdout).delta;
  assert.deepEqual([delta("--rows", "1437"), delta("--rows", "20000"), delta("--rows", "300000")], [1e-5, 1e-5, 1e-7]);
  const { status, stderr } = plan("--rows", "100", "--delta", "0.1");
  assert.equal(status, 0);
  assert.match(stderr, /^note: a delta of 0\.1 is no promise to 100 rows: .*; give 0\.00001, or/);
  assert.equal(plan("--rows", "100", "--delta", "0.001").stderr, "");
});
