/** `hearsay privacy test` on model files: one that has learned its rows by heart, and the same one beside rows that it never saw. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { promisedBy, promiseFigures, promiseText } from "../../../../node/commands/privacy/promised.ts";
import { isBroken } from "../../../../node/commands/privacy/test-report.ts";
import { loadNamedSet } from "../../../../node/data/sets.ts";
import { loadPeerData } from "../../../../node/data/share.ts";
import { TEMPLATES } from "../../../../node/data/templates.ts";
import { encodeModel } from "../../../../node/disk/model-file.ts";
import { DEFAULTS } from "../../../../node/settings/table.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { createLab, type Finished, type Lab } from "../../../support/process.ts";

const FAILURE = 1;
const USAGE = 2;
const STEPS = 300;
const QUICK = ["--shadows", "32", "--steps", String(STEPS)];

let lab: Lab;

/** A model that was trained alone on the first of 30 shares of digits. */
before(async () => {
  lab = await createLab("privacy-test");
  await lab.write("task.yaml", TEMPLATES.digits.yaml);
  const task = parseTask((await loadNamedSet("digits")).task);
  const { train } = await loadPeerData({ ...DEFAULTS.data, dataset: "digits", share: "1/30" }, task);
  const trainer = createDenseTrainer({ task, train });
  const { params } = await trainer.fit({ params: initialParams(task.tensors, 1), steps: STEPS, seed: "a" });
  await writeFile(lab.path("model.safetensors"), encodeModel(params, task, "", { peerId: "", cycle: 1, age: STEPS }));
});
after(() => lab?.close());

async function privacyTest(status: number, share: string, ...args: string[]): Promise<Finished> {
  const files = ["--model", lab.path("model.safetensors"), "--task", lab.path("task.yaml")];
  const data = ["--dataset", "digits", "--share", share];
  const finished = await lab.run(["privacy", "test", ...files, ...data, ...QUICK, ...args]);
  assert.equal(finished.code, status, finished.stdout + finished.stderr);
  return finished;
}

describe("hearsay privacy test", () => {
  it("finds the rows that a model has learned by heart, and finds the same with the same seed", async () => {
    const { stdout } = await privacyTest(0, "1/30", "--json");
    const { promise, leaks, members, others, models } = JSON.parse(stdout);
    assert.deepEqual([promise.mechanism, leaks, members, models.length], ["none", true, 47, 1]);
    assert.ok(others > 200, "of the same classes, as many as there are");
    const [{ age, shadows, attacks }] = models;
    assert.deepEqual([age, shadows], [STEPS, 32]);
    for (const { area } of attacks) assert.ok(area.value > 0.6 && area.low > 0.5);
    assert.ok(attacks[1].truePositives.low > 0.05, "one in ten for certain");
    assert.ok(attacks[1].falsePositives.value <= 0.01);
    assert.equal((await privacyTest(0, "1/30", "--json")).stdout, stdout);
  });

  it("finds nothing where the model never saw the rows, and says so in words", async () => {
    const { stdout } = await privacyTest(0, "2/30");
    assert.match(stdout, /│ file +│ the model │ likelihood-ratio │ +\d\d\.\d % \(/);
    assert.match(stdout, /48 rows that digits was trained on here, 240 that it was not\. file: age 300 steps/);
    assert.match(stdout, /Promised by the mechanism none: nothing\.\nNo leak was found/);
  });

  it("says what to give where there are too few rows, or too few shadows", async () => {
    assert.match((await privacyTest(FAILURE, "1/300")).stderr, /\d members can be compared, 10 are needed/);
    const { stderr } = await privacyTest(USAGE, "1/30", "--shadows", "3");
    assert.match(stderr, /--shadows 3: give a whole number from 16/);
  });

  it("knows a promise that does not hold by what an attack did", () => {
    const share = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });
    const finding = { attack: "a", area: share(0.9), truePositives: share(0.6), falsePositives: share(0.01) };
    const exposure = { model: "file", seen: "the model", age: 1, sights: [], release: (x: Float32Array) => x } as const;
    const broken = (epsilon: number) =>
      isBroken([{ exposure, shadows: 16, findings: [finding] }], {
        mechanism: "dp-sgd",
        guarantee: { epsilon, delta: 1e-5 },
      });
    assert.ok(broken(3.3), "ln(0.59 / 0.02) is 3.38");
    assert.ok(!broken(3.4));
    assert.ok(!isBroken([{ exposure, shadows: 16, findings: [finding] }], { mechanism: "none" }));
  });

  it("says what the mechanism of the task promises: at what was spent, or at most", async () => {
    const { task: source } = await loadNamedSet("digits");
    const privacy = { mechanism: "dp-sgd", clipNorm: 1, targetEpsilon: 2, maxEpsilon: 2 };
    const task = parseTask({ ...source, privacy });
    const { epsilon, delta, mostArea, mostTruePositives } = promiseFigures(promisedBy(task));
    assert.deepEqual([epsilon, delta], [2, 1e-5]);
    assert.ok(Math.abs((mostArea ?? 0) - 0.8808) < 1e-4 && Math.abs((mostTruePositives ?? 0) - 0.0739) < 1e-4);
    const text =
      "Promised by the mechanism dp-sgd, epsilon 0.50, delta 0.00001: AUC at most 62.2 %, TPR at 1 % FPR at most 1.6 %, whatever the attack.";
    assert.equal(promiseText(promisedBy(task, 0.5)), text);
    assert.equal(promiseText(promisedBy(parseTask(source))), "Promised by the mechanism none: nothing.");
  });
});
