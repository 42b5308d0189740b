/** Attacks find a model that has learned its rows by heart, and nothing in one that never saw them; rows and shadows are dealt as they must be. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { createShadowFits } from "../../../../node/commands/privacy/shadow-fit.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Task } from "../../../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer, DENSE_TRAINERS } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import type { Shadow } from "../../../../protocol/privacy/inference/attack.ts";
import { likelihoodRatio } from "../../../../protocol/privacy/inference/likelihood-ratio.ts";
import { type Finding, measureAttacks } from "../../../../protocol/privacy/inference/measure.ts";
import { type Observed, observe, together } from "../../../../protocol/privacy/inference/observe.ts";
import { leastEpsilon, mostArea } from "../../../../protocol/privacy/inference/promise.ts";
import { createShadowDraw, matchClasses, shadowSize } from "../../../../protocol/privacy/inference/rows.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";

const INPUTS = 20;
const MEMBERS = 40;
const ROWS = 160;
const SHADOWS = 24;
const STEPS = 150;
const BATCH = 16;
const scored = {
  members: Uint32Array.from({ length: MEMBERS }, (_, i) => i),
  others: Uint32Array.from({ length: ROWS - MEMBERS }, (_, i) => MEMBERS + i),
};

/** A task whose labels are mostly noise: what a model knows of them it has learned by heart. Behind the rows that are attacked stand some that are not. */
function noisy(kind: "classification" | "regression", privacy?: object): { task: Task; data: Dataset } {
  const rng = createRng(`noisy/${kind}`);
  const length = ROWS + MEMBERS;
  const inputs = Float32Array.from({ length: length * INPUTS }, () => rng.normal());
  const hint = (row: number) => (inputs[row * INPUTS] as number) + 3 * rng.normal();
  const targets = Float32Array.from({ length }, (_, row) =>
    kind === "regression" ? hint(row) : Number(hint(row) > 0),
  );
  const output = kind === "regression" ? { kind, targets: ["y"], std: 3 } : { kind, classes: ["a", "b"] };
  const training = { learningRate: 0.1, batch: BATCH };
  const model = { kind: "mlp", hidden: [24] };
  const input = { shape: [INPUTS] };
  const task = parseTask({ name: "noisy", input, output, model, training, ...(privacy && { privacy }) });
  return { task, data: { inputs, targets, length } };
}

/** Attacks a model of these rows. */
type Assault = (rows: Uint32Array) => Promise<readonly Finding[]>;

async function prepare(kind: "classification" | "regression", privacy?: object): Promise<Assault> {
  const { task, data } = noisy(kind, privacy);
  const fits = createShadowFits(task, DENSE_TRAINERS);
  const pool = selectRows(
    data,
    Uint32Array.from({ length: ROWS }, (_, row) => row),
  );
  const judge = createDenseTrainer({ task, train: pool });
  const train = async (rows: Uint32Array, seed: string) => {
    const trained = await fits(
      selectRows(data, rows),
      seed,
    )({ params: initialParams(task.tensors, 1), steps: STEPS, seed });
    assert.ok(trained !== undefined, "the budget allows it");
    return observe(task.output, await judge.predict(trained.params, pool.inputs), pool.targets);
  };
  const draw = createShadowDraw(ROWS, shadowSize(MEMBERS, ROWS), createRng("shadows"));
  const shadows: Shadow[] = [];
  for (let i = 0; i < SHADOWS; i++) {
    const rows = draw();
    const trainedOn = new Uint8Array(ROWS);
    for (const row of rows) trainedOn[row] = 1;
    shadows.push({ observed: await train(rows, `shadow/${i}`), trainedOn });
  }
  return async (rows) => measureAttacks(await train(rows, "target"), shadows, scored);
}

for (const kind of ["classification", "regression"] as const)
  describe(`attacks on a ${kind}`, () => {
    let attack: Assault;
    before(async () => {
      attack = await prepare(kind);
    });

    it("find which rows a model was trained on that has learned them by heart", async () => {
      const found = await attack(scored.members);
      assert.deepEqual(
        found.map((one) => one.attack),
        ["loss-threshold", "likelihood-ratio"],
      );
      for (const { attack: name, area } of found)
        assert.ok(area.value > 0.6 && area.low > 0.5, `${name}: ${area.value}`);
      const [, ratio] = found;
      assert.ok((ratio?.truePositives.low ?? 0) > 0.01, "some of them for certain");
    });

    it("find nothing in a model that never saw the rows", async () => {
      const elsewhere = Uint32Array.from({ length: MEMBERS }, (_, i) => ROWS + i);
      for (const { attack: name, area } of await attack(elsewhere))
        assert.ok(area.low < 0.5 && area.high > 0.5, `${name}: ${area.low} to ${area.high}`);
    });
  });

describe("attacks under dp-sgd", () => {
  it("find nothing at epsilon 2 in what they find without it, by shadows under the same noise", async () => {
    const epochs = (STEPS * BATCH) / MEMBERS;
    const guarantee = { epsilon: 2, delta: 1e-5 };
    const terms = { mechanism: "dp-sgd", clipNorm: 1, targetEpsilon: 2, epochs, maxEpsilon: 2, delta: guarantee.delta };
    const attack = await prepare("classification", terms);
    for (const { attack: name, area, ...point } of await attack(scored.members)) {
      assert.ok(area.low < 0.5 && area.high < mostArea(guarantee), `${name}: ${area.low} to ${area.high}`);
      assert.ok(leastEpsilon(point, guarantee.delta) <= guarantee.epsilon);
    }
  });
});

describe("what a model answers", () => {
  it("is its loss, and the logarithm of the odds of the right class, which are finite for any answer", () => {
    const output = noisy("classification").task.output;
    const { losses, signals } = observe(output, Float32Array.of(0.25, 0.75, 1, 0, 0, 1), Float32Array.of(0, 0, 0));
    assert.ok(Math.abs((losses[0] as number) - Math.log(4)) < 1e-12);
    assert.ok(Math.abs((signals[0] as number) + Math.log(3)) < 1e-12);
    assert.equal(losses[1], -0);
    assert.ok((signals[1] as number) > 80 && Number.isFinite(signals[1]));
    assert.ok((losses[2] as number) > 80 && Number.isFinite(losses[2]) && Number.isFinite(signals[2]));
  });

  it("is of a regression the residual in the model's units", () => {
    const { losses, signals } = observe(noisy("regression").task.output, Float64Array.of(4, 0), Float64Array.of(1, 3));
    assert.deepEqual(
      [[...losses], [...signals]],
      [
        [1, 1],
        [1, -1],
      ],
    );
  });

  it("of several models stands side by side, example by example", () => {
    const one = (loss: number): Observed => ({
      losses: Float64Array.of(loss, loss),
      signals: Float64Array.of(loss, -loss),
    });
    const { losses, signals } = together([one(1), one(3)]);
    assert.deepEqual(
      [[...losses], [...signals]],
      [
        [2, 2],
        [1, 3, -1, -3],
      ],
    );
    assert.throws(() => together([]), RangeError);
  });

  it("of another number of examples than there are targets is refused", () => {
    assert.throws(
      () => observe(noisy("regression").task.output, Float64Array.of(1), Float64Array.of(1, 2)),
      RangeError,
    );
  });
});

describe("the likelihood ratio", () => {
  it("is that of two normal distributions of common deviations, by hand", () => {
    const answer = (a: number, b: number): Observed => ({
      losses: new Float64Array(2),
      signals: Float64Array.of(a, b),
    });
    const shadow = (a: number, b: number, trainedOn: [number, number]): Shadow => ({
      observed: answer(a, b),
      trainedOn: Uint8Array.from(trainedOn),
    });
    const shadows = [
      shadow(1, 5, [1, 1]),
      shadow(3, 9, [1, 1]), // known: means 2 and 7, squares 1 + 1 + 4 + 4 over 4 - 2: 5
      shadow(0, 1, [0, 0]),
      shadow(2, 1, [0, 0]), // unknown: means 1 and 1, squares 1 + 1 over 2: 1
    ];
    const scores = likelihoodRatio.score(answer(2, 1), shadows);
    const expected = [0 - Math.log(5) / 2 + 1 / 2, -36 / 10 - Math.log(5) / 2 - 0];
    for (const [i, value] of expected.entries()) assert.ok(Math.abs((scores[i] as number) - value) < 1e-12);
  });

  it("is refused where no shadow knows an example", () => {
    const observed: Observed = { losses: new Float64Array(1), signals: Float64Array.of(1) };
    assert.throws(() => likelihoodRatio.score(observed, [{ observed, trainedOn: Uint8Array.of(0) }]), RangeError);
  });
});

describe("the rows that are compared", () => {
  it("have the same share of each class among members and others, and leave out a class that others do not have", () => {
    const members = [...Array(20).fill(3), ...Array(10).fill(7), 5];
    const others = [...Array(40).fill(3), ...Array(90).fill(7), ...Array(30).fill(1)];
    const found = matchClasses(members, others, createRng("rows"));
    const count = (rows: Uint32Array, of: readonly number[]) =>
      [3, 7, 5, 1].map((k) => [...rows].filter((i) => of[i] === k).length);
    assert.deepEqual(count(found.members, members), [20, 10, 0, 0]);
    assert.deepEqual(count(found.others, others), [40, 20, 0, 0]);
  });

  it("are at most seven others for each member", () => {
    const { members, others } = matchClasses(new Uint8Array(10), new Uint8Array(1000), createRng("rows"));
    assert.deepEqual([members.length, others.length], [10, 70]);
  });

  it("are dealt to shadows so that none is known to two more than another", () => {
    const draw = createShadowDraw(10, 4, createRng("draw"));
    const times = new Uint32Array(10);
    for (let shadow = 0; shadow < 23; shadow++) {
      const rows = draw();
      assert.equal(new Set(rows).size, 4);
      for (const row of rows) times[row] = (times[row] as number) + 1;
      assert.ok(Math.max(...times) - Math.min(...times) <= 1);
    }
    assert.throws(() => createShadowDraw(10, 10, createRng("draw")), RangeError);
    assert.equal(shadowSize(40, 160), 40);
    assert.equal(shadowSize(95, 100), 87, "an eighth of the rows is unknown to each shadow");
  });
});
