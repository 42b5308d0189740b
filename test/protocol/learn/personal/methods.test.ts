/** Personal models: what each method shares, keeps, and predicts with. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import type { FitRequest } from "../../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import { sharedTask } from "../../../../protocol/base/shared-tensors.ts";
import { numParams, type Task } from "../../../../protocol/base/task.ts";
import { trainedOtherwise } from "../../../../protocol/base/trained-otherwise.ts";
import type { Dataset } from "../../../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { withPersonal } from "../../../../protocol/learn/personal/personal-trainer.ts";
import { initialParams } from "../../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";
import { distance } from "../../../support/learning.ts";

const taskOf = (personal?: Record<string, unknown>): Task =>
  blobTask({ model: { kind: "mlp", hidden: [8] }, ...(personal && { personal }) });
const trainerOf = (task: Task, train = blobs(60, 1)) =>
  withPersonal(task, createDenseTrainer({ task, train, holdout: blobs(40, 2) }));
const startOf = (task: Task) => initialParams(sharedTask(task).tensors, task.seed);

/** Trains so often, always from what it gave. */
async function trained(task: Task, trainings: number, train?: Dataset) {
  const trainer = trainerOf(task, train);
  let params = startOf(task);
  for (let i = 0; i < trainings; i++)
    ({ params } = await trainer.fit({ params, steps: 10, seed: `${i}`, age: 10 * i }));
  return { trainer, params, personal: trainer.personal ?? assert.fail("nothing is personal") };
}

describe("a trainer with a personal part", () => {
  it("is the trainer itself where the task shares all, and is not wrapped twice", () => {
    const task = taskOf();
    const trainer = createDenseTrainer({ task, train: blobs(20, 1) });
    assert.equal(withPersonal(task, trainer), trainer);
    const fedper = taskOf({ method: "fedper" });
    const wrapped = trainerOf(fedper);
    assert.equal(withPersonal(fedper, wrapped), wrapped);
  });

  for (const method of ["fedper", "fedrep", "ditto"])
    it(`keeps what it had where a training by ${method} runs away to numbers that are huge, and finite`, async () => {
      const task = taskOf({ method });
      const dense = createDenseTrainer({ task, train: blobs(60, 1) });
      let isAway = false;
      const trainer = withPersonal(
        task,
        trainedOtherwise(dense, async (request) => {
          const result = await dense.fit(request);
          if (isAway) result.params.fill(1e12, result.params.length - 4);
          return result;
        }),
      );
      const request = { params: startOf(task), steps: 10, seed: "0", age: 0 };
      const { params } = await trainer.fit(request);
      const before = Float32Array.from(trainer.personal?.state() ?? []);
      assert.ok(params.every(Number.isFinite) && before.length > 0);
      isAway = true;
      const away = await trainer.fit({ ...request, params, seed: "1" });
      assert.ok(!away.params.every(Number.isFinite), "the peer takes it for a training that failed");
      assert.deepEqual(trainer.personal?.state(), before);
    });

  it("learns how common classes are at the site where the last layer stays, and in a model of its own", async () => {
    const expected = { fedper: [true], fedrep: [true, true], ditto: [undefined, true], units: [undefined] };
    for (const [method, flags] of Object.entries(expected)) {
      const task = taskOf({ method });
      const dense = createDenseTrainer({ task, train: blobs(60, 1) });
      const seen: (true | undefined)[] = [];
      const recorded = trainedOtherwise(dense, (request) => {
        seen.push(request.forSite);
        return dense.fit(request);
      });
      await withPersonal(task, recorded).fit({ params: startOf(task), steps: 10, seed: "0" });
      assert.deepEqual(seen, flags, method);
    }
  });

  it("takes and gives the shared part alone, and refuses any other length", async () => {
    const task = taskOf({ method: "fedper" });
    const { params, trainer, personal } = await trained(task, 1);
    const count = numParams(task);
    assert.equal(params.length, 6 * 8 + 8);
    assert.equal(personal.state().length, count - params.length);
    assert.equal(personal.whole(params).length, count);
    await assert.rejects(trainer.fit({ params: new Float32Array(count), steps: 1, seed: "" }), RangeError);
    await assert.rejects(trainer.evaluate(new Float32Array(count), "train"), RangeError);
  });

  it("trains by fedper to the bits of a training without, when it trains alone", async () => {
    const alone = createDenseTrainer({ task: taskOf(), train: blobs(60, 1) });
    let whole = startOf(taskOf());
    for (let i = 0; i < 3; i++)
      whole = (await alone.fit({ params: whole, steps: 10, seed: `${i}`, age: 10 * i })).params;
    const { params, personal } = await trained(taskOf({ method: "fedper" }), 3);
    assert.deepEqual(personal.whole(params), whole);
  });

  it("trains by fedrep the head first, with the body held, then the body", async () => {
    const task = taskOf({ method: "fedrep" });
    const seen: Float32Array[] = [];
    const inner = createDenseTrainer({ task, train: blobs(60, 1) });
    const trainer = withPersonal(task, {
      ...inner,
      async fit(request) {
        const result = await inner.fit(request);
        seen.push(request.params, result.params);
        return result;
      },
    });
    await trainer.fit({ params: startOf(task), steps: 10, seed: "s" });
    const body = 6 * 8 + 8;
    const [before, head, again, after] = seen as [Float32Array, Float32Array, Float32Array, Float32Array];
    const moved = (a: Float32Array, b: Float32Array) => [
      distance(a.subarray(0, body), b.subarray(0, body)) > 0,
      distance(a.subarray(body), b.subarray(body)) > 0,
    ];
    assert.deepEqual(
      [moved(before, head), moved(head, again), moved(again, after)],
      [
        [false, true],
        [false, false],
        [true, false],
      ],
    );
  });

  it("predicts by ditto with a second model, which the shared part draws and never sees", async () => {
    const { params, trainer, personal } = await trained(taskOf({ method: "ditto", lambda: 1 }), 3);
    const alone = createDenseTrainer({ task: taskOf(), train: blobs(60, 1) });
    let common = startOf(taskOf());
    for (let i = 0; i < 3; i++)
      common = (await alone.fit({ params: common, steps: 10, seed: `${i}`, age: 10 * i })).params;
    assert.deepEqual(params, common, "what is shared is learned as without it");
    assert.notDeepEqual(personal.whole(params), params);
    const [judged, served] = [await trainer.evaluate(params, "holdout"), await personal.evaluate(params, "holdout")];
    assert.notEqual(judged.loss, served.loss, "others' models are judged by what is shared");
    const near = distance(personal.whole(params), params);
    const loose = await trained(taskOf({ method: "ditto", lambda: 0.001 }), 3);
    assert.ok(near < distance(loose.personal.whole(loose.params), loose.params));
  });

  it("goes on from what was saved, and refuses what is of another task", async () => {
    const task = taskOf({ method: "fedper" });
    const { params, personal } = await trained(task, 2);
    const saved = personal.state();
    const next = trainerOf(task);
    next.personal?.restore(saved);
    assert.deepEqual(next.personal?.whole(params), personal.whole(params));
    assert.throws(
      () => next.personal?.restore(saved.slice(1)),
      (error: unknown) => isHearsayError(error, "ERR_STATE"),
    );
    next.personal?.restore(undefined);
    assert.deepEqual(next.personal?.whole(startOf(task)), startOf(taskOf()), "the task's initial parameters");
  });

  it("refuses a trainer that cannot hold a part of the model", async () => {
    const task = taskOf({ method: "fedrep" });
    const inner = createDenseTrainer({ task, train: blobs(60, 1) });
    const simple = { ...inner, fit: async ({ anchor: _, ...request }: FitRequest) => inner.fit(request) };
    await assert.rejects(
      withPersonal(task, simple).fit({ params: startOf(task), steps: 4, seed: "s" }),
      (error: unknown) => isHearsayError(error, "ERR_ENGINE") && /take personal.method fedper/.test(error.message),
    );
  });

  it("keeps what stays as it was where a training gave no number", async () => {
    const task = taskOf({ method: "fedper" });
    const { params, personal, trainer } = await trained(task, 1);
    const before = personal.state();
    const { params: after } = await trainer.fit({ params: params.map(() => 1e30), steps: 5, seed: "s" });
    assert.ok(!Number.isFinite(after.reduce((sum, one) => sum + one, 0)));
    assert.deepEqual(personal.state(), before);
  });
});

describe("calibration", () => {
  const task = parseTask({
    name: "sensors",
    input: { shape: [1] },
    output: { kind: "regression", targets: ["level"] },
    model: { kind: "mlp", hidden: [6], activation: "tanh" },
    training: { learningRate: 0.05, batch: 16 },
    personal: { method: "calibration" },
  });
  /** Readings of one sensor: sin(x) through its own scale and offset. */
  const readings = (scale: number, offset: number, length = 200): Dataset => {
    const rng = createRng(`${scale}/${offset}`);
    const inputs = Float32Array.from({ length }, () => 4 * rng.uniform() - 2);
    return { inputs, targets: inputs.map((x) => scale * Math.sin(x) + offset), length };
  };

  const sensor = (train: Dataset) => withPersonal(task, createDenseTrainer({ task, train }));

  it("keeps a scale and an offset for each output, and shares every tensor", () => {
    assert.equal(sharedTask(task), task);
    assert.deepEqual([...(sensor(readings(1, 0)).personal?.state() ?? [])], [1, 0]);
  });

  it("fits a sensor to the common model: the same shared part serves sensors that differ by a line", async () => {
    const common = createDenseTrainer({ task, train: readings(1, 0) });
    let shared = initialParams(task.tensors, 1);
    for (let i = 0; i < 60; i++) shared = (await common.fit({ params: shared, steps: 20, seed: `${i}` })).params;
    const train = readings(1.6, 0.7);
    const inner = createDenseTrainer({ task, train, holdout: readings(1.6, 0.7, 100) });
    const trainer = withPersonal(task, inner);
    const { params } = await trainer.fit({ params: shared, steps: 1, seed: "s" });
    const [a = 0, b = 0] = trainer.personal?.state() ?? [];
    assert.ok(Math.abs(a - 1.6) < 0.25 && Math.abs(b - 0.7) < 0.15, `${a}, ${b}`);
    assert.ok(distance(params, shared) < 0.1, "the shared part has little to learn of it");
    const { rmse: without = 0 } = await inner.evaluate(shared, "holdout");
    const { rmse: with_ = 0 } = (await trainer.personal?.evaluate(shared, "holdout")) ?? {};
    assert.ok(with_ < without / 4, `${with_} of ${without}`);
  });

  it("believes few rows little", async () => {
    const shift = async (rows: number) => {
      const trainer = sensor(readings(1, 2, rows));
      await trainer.fit({ params: initialParams(task.tensors, 1), steps: 1, seed: "s" });
      return trainer.personal?.state()[1] ?? 0;
    };
    assert.ok((await shift(5)) < (await shift(200)) / 1.5);
  });
});

describe("units of each site", () => {
  const taskOfSensors = (personal?: Record<string, unknown>) =>
    parseTask({
      name: "sensors",
      input: { shape: [2], mean: [1, 0], std: [2, 1] },
      output: { kind: "regression", targets: ["level"] },
      model: { kind: "mlp", hidden: [8], activation: "tanh" },
      training: { learningRate: 0.05, batch: 16 },
      ...(personal && { personal }),
    });
  const task = taskOfSensors({ method: "units" });
  /** sin(2x) + z / 2 of what is there, read by a sensor of another gain and offset in x and in the level. */
  const readings = (gain: number, offset: number, length = 200): Dataset => {
    const rng = createRng(`${gain}/${offset}`);
    const truth = Float32Array.from({ length: 2 * length }, () => 2 * rng.uniform() - 1);
    const level = Float32Array.from(
      { length },
      (_, i) => Math.sin(2 * (truth[2 * i] as number)) + (truth[2 * i + 1] as number) / 2,
    );
    return {
      inputs: truth.map((value, i) => (i % 2 === 0 ? gain * value + offset : value)),
      targets: level.map((value) => value / gain - offset),
      length,
    };
  };
  const siteOf = (train: Dataset) => withPersonal(task, createDenseTrainer({ task, train, holdout: train }));
  const startParams = initialParams(task.tensors, 1);

  it("keeps scale and offset of each input and target, shares every tensor, and predicts with a model of the task's layout", async () => {
    const site = siteOf(readings(3, 10));
    assert.equal(sharedTask(task), task);
    assert.deepEqual([...(site.personal?.state() ?? [])], [1, 0, 1, 0, 1, 0]);
    const { params } = await site.fit({ params: startParams, steps: 5, seed: "s" });
    const plain = createDenseTrainer({ task: taskOfSensors(), train: readings(3, 10), holdout: readings(3, 10) });
    const whole = site.personal?.whole(params) ?? assert.fail();
    assert.equal(whole.length, params.length);
    const [own, other] = [await site.personal?.evaluate(params, "holdout"), await plain.evaluate(whole, "holdout")];
    assert.equal(own?.loss, other.loss, "a program that knows nothing of units gives the same predictions");
  });

  it("trains sensors of other gain and offset to the same shared model, to rounding", async () => {
    const [plain, other] = [
      siteOf(readings(1, 0)),
      siteOf({ ...readings(1, 0), inputs: readings(1, 0).inputs.map((x, i) => (i % 2 === 0 ? 8 * x - 40 : x)) }),
    ];
    const [a, b] = [plain, other].map((site) => site.fit({ params: startParams, steps: 40, seed: "s" }));
    assert.ok(distance((await a)?.params ?? startParams, (await b)?.params ?? startParams) < 0.05);
  });

  it("makes a model that was learned by others good at a sensor of which fifty rows are known", async () => {
    const others = siteOf(readings(1, 0));
    let shared = startParams;
    for (let i = 0; i < 80; i++) shared = (await others.fit({ params: shared, steps: 20, seed: `${i}` })).params;
    const [few, many] = [readings(4, -20, 50), readings(4, -20, 300)];
    const errorAt = async (personal?: Record<string, unknown>) => {
      const like = taskOfSensors(personal);
      const trainer = withPersonal(like, createDenseTrainer({ task: like, train: few, holdout: many }));
      const { params } = await trainer.fit({ params: shared, steps: 1, seed: "s" });
      return (await (trainer.personal ?? trainer).evaluate(params, "holdout")).rmse ?? 0;
    };
    const [without, lines, own] = [
      await errorAt(),
      await errorAt({ method: "calibration" }),
      await errorAt({ method: "units" }),
    ];
    assert.ok(own < 0.25 * lines && lines < without, `${own}, ${lines}, ${without}`);
  });

  it("leaves a column alone that never changes, and refuses a trainer that knows nothing of units, in words", async () => {
    const constant = { ...readings(1, 0), inputs: readings(1, 0).inputs.map((x, i) => (i % 2 === 0 ? 7 : x)) };
    const site = siteOf(constant);
    await site.fit({ params: startParams, steps: 1, seed: "s" });
    assert.deepEqual([...(site.personal?.state().slice(0, 2) ?? [])], [1, 3], "7 is 3 in the task's units");
    const inner = createDenseTrainer({ task, train: constant });
    const simple = { ...inner, fit: async ({ units: _, ...request }: FitRequest) => inner.fit(request) };
    await assert.rejects(
      withPersonal(task, simple).fit({ params: startParams, steps: 1, seed: "s" }),
      (error: unknown) => isHearsayError(error, "ERR_ENGINE") && /take personal.method fedper/.test(error.message),
    );
  });

  it("scales a channel of an image as one, and classes not at all", async () => {
    const images = blobTask({
      model: { kind: "mlp", hidden: [8] },
      input: { shape: [3, 1, 2] },
      personal: { method: "units" },
    });
    const trainer = withPersonal(
      images,
      createDenseTrainer({ task: images, train: blobs(60, 1), holdout: blobs(60, 1) }),
    );
    const { params } = await trainer.fit({ params: startOf(images), steps: 5, seed: "s" });
    assert.equal(trainer.personal?.state().length, 4, "two channels");
    assert.ok(Number.isFinite((await trainer.personal?.evaluate(params, "holdout"))?.loss));
  });
});
