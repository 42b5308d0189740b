import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { createCaller } from "../../../node/engines/caller.ts";
import { startEngine } from "../../../node/engines/client.ts";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import { RULES, ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import type { Rule } from "../../../protocol/aggregate/rows/rule.ts";
import type { RuleInput } from "../../../protocol/base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../../protocol/base/weight.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { crowd } from "../../protocol/aggregate/inputs.ts";
import { learningTask, randomData } from "../../support/learning.ts";

const task = learningTask({ kind: "mlp", hidden: [6], activation: "relu" }, { training: { momentum: 0.9 } });
const train = randomData(task, 30, "train");
const holdout = randomData(task, 20, "holdout");
const params = initialParams(task.tensors, 1);
const cnn = learningTask({ kind: "cnn", filters: [2], kernelSize: 3, hidden: [] }, { input: { shape: [4, 4, 1] } });

test("the engine gives what the same trainer gives in this thread, and detaches nothing", async () => {
  for (const engine of ["auto", "tensorflow"] as const) {
    const { trainer: remote, warning } = await startEngine({ task, train, holdout, engine, backend: "wasm" });
    const direct =
      engine === "auto"
        ? createDenseTrainer({ task, train, holdout })
        : await createTensorflowTrainer({ task, train, holdout, backend: "wasm" });
    assert.equal(remote.engine, direct.engine);
    assert.equal(remote.numExamples, 30);
    assert.equal(warning, undefined);
    const request = { params, steps: 7, seed: "s" };
    assert.deepEqual(await remote.fit(request), await direct.fit(request));
    for (const split of ["train", "holdout"] as const)
      assert.deepEqual(await remote.evaluate(params, split), await direct.evaluate(params, split));
    assert.deepEqual(await remote.predict(params, holdout.inputs), await direct.predict(params, holdout.inputs));
    for (const array of [params, train.inputs, train.targets, holdout.inputs, holdout.targets])
      assert.ok(array.length > 0);
    await Promise.all([remote.close(), direct.close()]);
  }
});

test("arrays that are views of larger buffers cross whole, and leave their neighbours in place", async () => {
  const engine = await startEngine({ task, train, engine: "dense" });
  const wide = new Float32Array(params.length + 8).fill(7);
  wide.set(params, 4);
  const view = wide.subarray(4, 4 + params.length);
  const request = { steps: 2, seed: "s" };
  assert.deepEqual(
    await engine.trainer.fit({ ...request, params: view }),
    await createDenseTrainer({ task, train }).fit({ ...request, params }),
  );
  assert.equal(wide.at(-1), 7);
  await engine.close();
});

test("every rule of the registry gives what it gives in this thread", async () => {
  const engine = await startEngine({ task, train, engine: "auto" });
  const candidates = [1, 2, 3, 4].map((seed) => ({
    params: initialParams(task.tensors, seed),
    weightQ16: Math.floor(UNIT_WEIGHT / seed),
  }));
  for (const input of [
    { own: params, candidates },
    { own: params, base: params.map((x) => x / 2), candidates },
  ]) {
    for (const [name, rule] of RULES as ReadonlyMap<string, Rule>) {
      const { parameters } = ruleParameters(rule, {});
      assert.deepEqual(
        await engine.aggregator.aggregate(name, parameters, input),
        rule.aggregate(input, parameters),
        name,
      );
    }
  }
  assert.ok(candidates.every((candidate) => candidate.params.length === params.length));
  await assert.rejects(engine.aggregator.aggregate("no-such-rule", {}, { own: params, candidates }), RangeError);
  await engine.close();
});

test("large models are aggregated on several threads, with the same bits, again and again and at once", async () => {
  const engine = await startEngine({ task, train, engine: "dense", threads: 2 });
  const inputs = [1, 2].map((seed) => crowd(seed, 3, 2 ** 19 + 37));
  const names = ["median", "guarded-median", "multi-krum"];
  for (let i = 0; i < 2; i++) {
    const calls = names.flatMap((name) => inputs.map((input) => ({ name, input, ...defaults(name) })));
    const results = calls.map(({ name, parameters, input }) => engine.aggregator.aggregate(name, parameters, input));
    for (const [at, { name, parameters, input, rule }] of calls.entries()) {
      const { params, ...rest } = await (results[at] as (typeof results)[0]);
      const expected = rule.aggregate(input, parameters);
      assert.ok(params.buffer instanceof ArrayBuffer);
      assert.ok(Buffer.from(params.buffer).equals(Buffer.from(expected.params.buffer as ArrayBuffer)), name);
      assert.deepEqual({ params: expected.params, ...rest }, expected);
    }
  }
  const short = { params: new Float32Array(3), weightQ16: 1 };
  await assert.rejects(
    engine.aggregator.aggregate("median", {}, { ...(inputs[0] as RuleInput), candidates: [short] }),
    RangeError,
  );
  await engine.close();
  await assert.rejects(engine.aggregator.aggregate("median", {}, inputs[0] as RuleInput), { code: "ERR_ENGINE" });
});

function defaults(name: string) {
  const rule = ruleNamed(name);
  return { rule, ...ruleParameters(rule, {}) };
}

test("errors cross with their code and details, at the start and at a call", async () => {
  await assert.rejects(startEngine({ task: cnn, train: randomData(cnn, 2, "x"), engine: "dense" }), {
    name: "HearsayError",
    code: "ERR_ENGINE",
    details: { model: "cnn" },
  });
  await assert.rejects(startEngine({ task, train: { ...train, length: 29 }, engine: "auto" }), { code: "ERR_DATA" });
  const engine = await startEngine({ task, train, engine: "auto" });
  await assert.rejects(engine.trainer.evaluate(params, "holdout"), { name: "HearsayError", code: "ERR_DATA" });
  await assert.rejects(engine.trainer.fit({ params: params.slice(1), steps: 1, seed: "" }), RangeError);
  assert.ok((await engine.trainer.evaluate(params, "train")).numExamples === 30, "and the engine lives on");
  await engine.close();
});

test("auto takes tensorflow for a model that dense cannot train", async () => {
  const engine = await startEngine({ task: cnn, train: randomData(cnn, 4, "x"), engine: "auto", backend: "wasm" });
  assert.equal(engine.trainer.engine, "tensorflow/wasm");
  const start = initialParams(cnn.tensors, 1);
  assert.notDeepEqual((await engine.trainer.fit({ params: start, steps: 1, seed: "s" })).params, start);
  await engine.close();
});

test("calls made at once are all answered, each with its own result", async () => {
  const engine = await startEngine({ task, train, engine: "auto" });
  const direct = createDenseTrainer({ task, train });
  const seeds = ["a", "b", "c", "d"];
  const fit = (seed: string) => ({ params, steps: 3, seed });
  const results = await Promise.all(seeds.map((seed) => engine.trainer.fit(fit(seed))));
  for (const [i, seed] of seeds.entries()) assert.deepEqual(results[i], await direct.fit(fit(seed)));
  await engine.close();
});

test("after close, pending and later calls reject with ERR_ENGINE", async () => {
  const engine = await startEngine({ task, train, engine: "auto" });
  const pending = assert.rejects(engine.trainer.fit({ params, steps: 1_000_000, seed: "s" }), { code: "ERR_ENGINE" });
  await engine.close();
  await pending;
  await assert.rejects(engine.trainer.evaluate(params, "train"), { code: "ERR_ENGINE" });
  await engine.close();
});

test("when the worker dies, every pending and later call rejects with ERR_ENGINE", async () => {
  const deaths = ["process.exit(3)", "throw new Error('out of order')"];
  for (const death of deaths) {
    const body = `require("node:worker_threads").parentPort.once("message", () => { ${death} })`;
    const caller = createCaller(new Worker(body, { eval: true }));
    const call = () => caller.call({ method: "evaluate", params: new Float32Array(1), split: "train" }, []);
    const outcomes = await Promise.allSettled([caller.ready, call(), call()]);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, "rejected");
      assert.equal(outcome.reason.code, "ERR_ENGINE");
      assert.match(outcome.reason.message, /status 3|out of order/);
    }
    await assert.rejects(call(), { code: "ERR_ENGINE" });
  }
});

test("an idle engine does not keep the process alive, a pending call does", async () => {
  const body = `
    const task = {
      input: { shape: [1], mean: [0], std: [1] },
      output: { kind: "classification", classes: ["a", "b"] },
      model: { kind: "softmax" },
      tensors: [["dense0/kernel", [1, 2]], ["dense0/bias", [2]]],
      training: { learningRate: 1, momentum: 0, batch: 1 },
    };
    const train = { inputs: new Float32Array(1), targets: new Float32Array(1), length: 1 };
    import("./node/engines/client.ts")
      .then(({ startEngine }) => startEngine({ task, train, engine: "auto", threads: 3 }))
      .then(async (engine) => {
        const large = new Float32Array(${2 ** 19});
        await engine.aggregator.aggregate("median", {}, { own: large, candidates: [{ params: large, weightQ16: 1 }] });
        await engine.trainer.fit({ params: new Float32Array(4), steps: 1000, seed: "" });
      })
      .then(() => process.stdout.write("fitted"));
  `;
  const child = spawn(process.execPath, ["--eval", body], {
    cwd: new URL("../../..", import.meta.url),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const [status] = await once(child, "close");
  assert.deepEqual([status, text], [0, "fitted"]);
});
