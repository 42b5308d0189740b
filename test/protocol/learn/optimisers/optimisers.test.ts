import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import type { Arithmetic, Optimiser } from "../../../../protocol/learn/optimisers/optimiser.ts";
import { OPTIMISERS, optimiserOf } from "../../../../protocol/learn/optimisers/registry.ts";
import { rateFactor } from "../../../../protocol/learn/optimisers/schedule.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { distance, learningTask, randomData } from "../../../support/learning.ts";

const EXACT: Arithmetic<number> = {
  add: (a, b) => a + b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  sqrt: Math.sqrt,
};

/** What each gradient of one parameter takes away from it. */
function changesOf(
  { slots, scalars, advance, change }: Optimiser,
  rate: number,
  gradients: readonly number[],
): number[] {
  let state: readonly number[] = new Array(slots).fill(0);
  return gradients.map((gradient, t) => {
    const given = scalars(t + 1, rate);
    state = advance(EXACT, gradient, state, given);
    return change(EXACT, gradient, state, given);
  });
}

function assertClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  assert.ok(distance(found, expected) < tolerance, `${found} for ${expected}`);
}

describe("optimisers", () => {
  it("sgd goes along the gradient; with momentum it is the optimiser of that name", () => {
    assertClose(changesOf(optimiserOf({ momentum: 0 }), 0.1, [1, -2, 3]), [0.1, -0.2, 0.3], 1e-12);
    const gradients = [1, -2, 3, 0.5];
    const named = changesOf(optimiserOf({ optimiser: "momentum", momentum: 0.9 }), 0.1, gradients);
    assert.deepEqual(named, changesOf(optimiserOf({ momentum: 0.9 }), 0.1, gradients));
    assertClose(named, [0.1, 0.1 * (0.9 - 2), 0.1 * (0.81 - 1.8 + 3), 0.1 * (0.729 - 1.62 + 2.7 + 0.5)], 1e-12);
  });

  it("adam has the values of the paper's algorithm, worked out by hand", () => {
    const found = changesOf(optimiserOf({ optimiser: "adam", momentum: 0 }), 0.1, [1, -1, 2.5]);
    // m: 0.1, -0.01, 0.241, over 0.1, 0.19, 0.271; v: 0.001, 0.001999, 0.008247001, over 0.001, 0.001999, 0.002997001
    const expected = [0.1, (0.1 * -0.01) / 0.19, (0.1 * (0.241 / 0.271)) / Math.sqrt(0.008247001 / 0.002997001)];
    assertClose(found, expected, 1e-8);
  });

  it("adam takes its three settings from the task", () => {
    const adam = { beta1: 0.5, beta2: 0.75, epsilon: 0.5 };
    const found = changesOf(optimiserOf({ optimiser: "adam", momentum: 0, adam }), 1, [2, 0]);
    // m / (1 - 0.5^t): 2, then 0.5 / 0.75; v / (1 - 0.75^t): 4, then 0.75 / 0.4375
    assertClose(found, [2 / (2 + 0.5), 0.5 / 0.75 / (Math.sqrt(0.75 / 0.4375) + 0.5)], 1e-12);
  });

  for (const [optimiser, momentum] of [
    ["sgd", 0],
    ["momentum", 0.9],
    ["adam", 0],
  ] as const) {
    it(`the dense engine takes the steps of ${optimiser} at the rates of the schedule, as a plain loop in double precision does`, async () => {
      const schedule = { kind: "step", every: 3, factor: 0.5 } as const;
      const task = learningTask(
        { kind: "mlp", hidden: [6], activation: "tanh" },
        { training: { optimiser, momentum, learningRate: 0.05, batch: 30, schedule } },
      );
      const train = randomData(task, 30, "data"); // one batch, so that a step of rate 1 shows the gradient
      const plain = learningTask(task.model, { training: { learningRate: 1, batch: 30 } });
      const gradients = createDenseTrainer({ task: plain, train });
      const chosen = optimiserOf(task.training);
      const start = initialParams(task.tensors, 1);
      let expected = Float64Array.from(start);
      let states: (readonly number[])[] = [...start].map(() => new Array(chosen.slots).fill(0));
      for (let step = 0; step < 8; step++) {
        const params = Float32Array.from(expected);
        const { params: after } = await gradients.fit({ params, steps: 1, seed: "" });
        const given = chosen.scalars(step + 1, 0.05 * 0.5 ** Math.floor((4 + step) / 3));
        const g = (i: number) => (params[i] as number) - (after[i] as number);
        states = states.map((state, i) => chosen.advance(EXACT, g(i), state, given));
        expected = expected.map((x, i) => x - chosen.change(EXACT, g(i), states[i] as number[], given));
      }
      const found = await createDenseTrainer({ task, train }).fit({ params: start, steps: 8, seed: "s", age: 4 });
      assert.ok(distance(found.params, expected) < 2e-5, `off by ${distance(found.params, expected)}`);
    });
  }

  it("all are described, and a task may name each", () => {
    for (const { name, about } of OPTIMISERS.values()) {
      assert.ok(about.length > 0);
      assert.equal(taskOf({ optimiser: name, ...(name === "momentum" && { momentum: 0.9 }) }).training.optimiser, name);
    }
  });
});

function taskOf(training: object) {
  const output = { kind: "classification", classes: ["a", "b"] };
  return parseTask({ name: "t", input: { shape: [3] }, output, model: { kind: "softmax" }, training });
}

describe("schedules of the learning rate", () => {
  it("count by the age of the model, and stay where they end", () => {
    const cosine = { kind: "cosine", steps: 100, floor: 0.2 } as const;
    assertClose(
      [0, 25, 50, 100, 1e9].map((age) => rateFactor(cosine, age)),
      [1, 0.2 + 0.8 * (0.5 + Math.SQRT1_2 / 2), 0.6, 0.2, 0.2],
      1e-15,
    );
    assertClose(
      [0, 50, 100, 1e9].map((age) => rateFactor({ ...cosine, peak: 1.8 }, age)),
      [1.8, 1, 0.2, 0.2],
      1e-15,
    );
    const step = { kind: "step", every: 10, factor: 0.1 } as const;
    assertClose(
      [0, 9, 10, 25].map((age) => rateFactor(step, age)),
      [1, 1, 0.1, 0.01],
      1e-17,
    );
    assert.deepEqual(
      [undefined, { kind: "constant" } as const].map((one) => rateFactor(one, 77)),
      [1, 1],
    );
  });

  it("go on from where the model is, so that two trainings are one, and a restart changes nothing", async () => {
    const schedule = { kind: "cosine", steps: 8, floor: 0 } as const;
    const task = learningTask({ kind: "softmax" }, { training: { learningRate: 0.5, batch: 20, schedule } });
    const trainer = createDenseTrainer({ task, train: randomData(task, 20, "data") });
    const params = initialParams(task.tensors, 1);
    const half = await trainer.fit({ params, steps: 4, seed: "a" });
    const whole = await trainer.fit({ params, steps: 8, seed: "a" });
    const rest = await trainer.fit({ params: half.params, steps: 4, seed: "b", age: 4 });
    assert.deepEqual(rest.params.length, whole.params.length);
    assert.ok(distance(rest.params, whole.params) < 1e-6);
    const late = await trainer.fit({ params, steps: 4, seed: "a", age: 8 });
    assert.deepEqual(late.params, params, "the rate has come down to nothing");
  });
});

describe("the training of a task", () => {
  it("has Adam's settings filled in, and is what it was where it names nothing new", () => {
    assert.deepEqual(taskOf({ optimiser: "adam" }).training.adam, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 });
    assert.deepEqual(taskOf({ optimiser: "adam", adam: { beta1: 0.5 } }).training.adam?.beta1, 0.5);
    assert.deepEqual(Object.keys(taskOf({}).training).sort(), [
      "batch",
      "learningRate",
      "momentum",
      "optimiser",
      "steps",
    ]);
  });

  for (const [training, path] of [
    [{ optimiser: "adagrad" }, "training.optimiser"],
    [{ optimiser: "momentum" }, "training.momentum"],
    [{ optimiser: "adam", momentum: 0.9 }, "training.momentum"],
    [{ adam: {} }, "training.adam"],
    [{ optimiser: "adam", adam: { beta1: 1 } }, "training.adam.beta1"],
    [{ schedule: { kind: "cosine" } }, "training.schedule.steps"],
    [{ schedule: { kind: "step", every: 10, factor: 0 } }, "training.schedule.factor"],
    [{ schedule: { kind: "linear" } }, "training.schedule.kind"],
  ] as const)
    it(`is refused with ${JSON.stringify(training)}, and the fault is at ${path}`, () => {
      assert.throws(
        () => taskOf(training),
        ({ code, details }) =>
          code === "ERR_TASK" && details.faults.some((fault: { path: string }) => fault.path === path),
      );
    });
});
