/** Models in formats of other programs give what `predict` gives. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { selectBackend } from "../../../node/engines/backend.ts";
import { createTensorflowTrainer } from "../../../node/engines/tensorflow.ts";
import { encodeOnnx } from "../../../node/exports/onnx.ts";
import { EXPORT_FORMATS } from "../../../node/exports/registry.ts";
import { encodeTfjs } from "../../../node/exports/tfjs.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { createDenseTrainer } from "../../../protocol/learn/dense/dense.ts";
import { roundedTo } from "../../../protocol/learn/smaller.ts";
import { initialParams, tensorSlices } from "../../../protocol/learn/tensors.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { distance, randomData } from "../../support/learning.ts";
import { pythonWith } from "../../support/program.ts";
import { LAYERS_TASKS, layer, layersTask, sequential } from "./layers-tasks.ts";
import { runOnnx } from "./onnx-run.ts";

const ROWS = 7;
const NEAR = 1e-5;
/** onnxruntime may round inputs of layers to 8 bits too, where their weights are int8. */
const NEAR_IN_INT8 = 0.01;
const classes = { kind: "classification", classes: ["a", "b", "c"] };
const targets = { kind: "regression", targets: ["t", "u"], mean: [20, -3], std: [4, 0.5] };
const apart = { shape: [4], mean: [0, 10, 1000, -5], std: [1, 2, 30, 0.5] };

const MODELS: readonly (readonly [string, Task])[] = [
  ["softmax", task({ kind: "softmax" }, classes, { shape: [4] })],
  ["mlp with relu, each feature with its figures", task({ kind: "mlp", hidden: [6, 5] }, classes, apart)],
  ["mlp with tanh, a regression", task({ kind: "mlp", hidden: [6], activation: "tanh" }, targets, apart)],
  ["mlp of images", task({ kind: "mlp", hidden: [6] }, classes, { shape: [3, 3, 1], mean: [0.5], std: [2] })],
  [
    "cnn",
    task({ kind: "cnn", filters: [2, 3], kernelSize: 3, hidden: [4] }, classes, {
      shape: [6, 5, 2],
      mean: [0.5],
      std: [2],
    }),
  ],
  ["cnn with an even kernel", task({ kind: "cnn", filters: [2], kernelSize: 2 }, targets, { shape: [4, 4, 1] })],
];

function task(model: object, output: object, input: object): Task {
  return parseTask({ name: "model", model, output, input });
}

/** Parameters of which none is 0, rows in the units of the data, and what the peer says of them. */
async function sample(of: Task) {
  const values = initialParams(of.tensors, 3).map((value, i) => value + 0.01 * ((i % 7) - 3));
  for (const { name, offset, length } of tensorSlices(of.tensors))
    if (name.endsWith("moving_variance")) values.fill(0.7, offset, offset + length);
  const params = Float32Array.from(values);
  const { mean, std } = of.input;
  const { inputs } = randomData(of, ROWS, "rows");
  const isWhole = of.model.kind === "layers" && of.model.topology.includes("Embedding");
  const rows = Float32Array.from(inputs, (x, i) =>
    isWhole ? (7 * i) % 10 : (mean[i % mean.length] as number) + x * (std[i % std.length] as number),
  );
  const none = randomData(of, 1, "none");
  if (isWhole) none.inputs.fill(1);
  const trainer =
    of.model.kind === "cnn" || of.model.kind === "layers"
      ? await createTensorflowTrainer({ task: of, train: none, backend: "wasm" })
      : createDenseTrainer({ task: of, train: none });
  const expected = await trainer.predict(params, rows);
  await trainer.close();
  return { params, rows, expected, shape: [ROWS, ...of.input.shape] };
}

const spread = (expected: ArrayLike<number>) => Math.max(1, ...Array.from(expected, Math.abs));

describe("a model as ONNX", () => {
  for (const [name, of] of MODELS) {
    it(`${name}: gives what the peer predicts`, async () => {
      const { params, rows, expected, shape } = await sample(of);
      const { values } = runOnnx(await encodeOnnx(params, of, { task: "x" }), { shape, values: [...rows] });
      assert.ok(distance(values, expected) < NEAR * spread(expected), `${distance(values, expected)}`);
    });
  }

  for (const [name, of] of MODELS) {
    it(`${name}, with weights of int8: gives what the peer predicts with weights that were rounded so`, async () => {
      const { params, rows, shape } = await sample(of);
      const rounded = roundedTo(8, params, of.tensors);
      const file = await encodeOnnx(params, of, { task: "x" }, "int8");
      const values = { shape, values: [...rows] };
      const [small, whole] = [runOnnx(file, values), runOnnx(await encodeOnnx(rounded, of, { task: "x" }), values)];
      assert.ok(distance(small.values, whole.values) < NEAR * spread(whole.values));
    });
  }

  const { python = "python3", skip } = pythonWith(["numpy", "onnx", "onnxruntime"]);
  it("is what onnx checks and onnxruntime runs, to 1e-5", { skip }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearsay-onnx-"));
    after(() => rmSync(folder, { recursive: true, force: true }));
    const script = `
import json, sys
import numpy as np, onnx, onnxruntime
for case in json.load(sys.stdin):
    onnx.checker.check_model(onnx.load(case["file"]), full_check=True)
    rows = np.array(case["rows"], np.float32).reshape(case["shape"])
    want = np.array(case["expected"])
    plain = onnxruntime.SessionOptions()
    plain.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    for options, near in ((plain, 1e-5), (onnxruntime.SessionOptions(), case["near"])):
        got = onnxruntime.InferenceSession(case["file"], options).run(None, {"inputs": rows})[0].reshape(-1)
        worst = np.abs(got - want).max()
        assert worst < near * max(1, np.abs(want).max()), (case["file"], near, worst)
print("ok")
`;
    const tasks = [...MODELS.map(([, of]) => of), ...(await Promise.all(LAYERS_TASKS.map(([, make]) => make())))];
    const cases = await Promise.all(
      tasks.map(async (of, i) => {
        const { params, rows, expected, shape } = await sample(of);
        const file = join(folder, `${i}.onnx`);
        writeFileSync(file, await encodeOnnx(params, of, { task: "x" }));
        return { file, shape, rows: [...rows], expected: [...expected], near: NEAR };
      }),
    );
    for (const [i, [, of]] of MODELS.entries()) {
      const { params, rows, shape } = await sample(of);
      const file = join(folder, `int8-${i}.onnx`);
      const bytes = await encodeOnnx(params, of, { task: "x" }, "int8");
      writeFileSync(file, bytes);
      const { values: expected } = runOnnx(bytes, { shape, values: [...rows] });
      cases.push({ file, shape, rows: [...rows], expected: [...expected], near: NEAR_IN_INT8 });
    }
    const { stdout, stderr } = spawnSync(python, ["-c", script], { input: JSON.stringify(cases), encoding: "utf8" });
    assert.equal(stdout, "ok\n", stderr);
  });
});

describe("a model as a layers model of TensorFlow.js", () => {
  const all = [...MODELS.map(([name, of]) => [name, async () => of] as const), ...LAYERS_TASKS];
  for (const [name, make] of all) {
    it(`${name}: tfjs loads it, and it gives what the peer predicts`, async () => {
      const of = await make();
      const { params, rows, expected, shape } = await sample(of);
      const { json, weights } = await encodeTfjs(params, of, {});
      const { tf } = await selectBackend("wasm");
      const { modelTopology, weightsManifest } = JSON.parse(json);
      const weightData = weights.slice().buffer;
      const handler = tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData });
      const model = await tf.loadLayersModel(handler);
      const values = (model.predict(tf.tensor(rows, shape)) as { dataSync(): Float32Array }).dataSync();
      assert.ok(distance(values, expected) < NEAR * spread(expected), `${distance(values, expected)}`);
      model.dispose();
    });
  }
});

describe("what has no such format", () => {
  it("is refused, with what there is for it", async () => {
    const tensors = [["w", [2]]];
    const external = parseTask({
      ...{ name: "x", input: { shape: [2] }, output: classes, tensors },
      model: { kind: "external", architecture: "x" },
    });
    for (const name of ["onnx", "tfjs"]) {
      const encoded = EXPORT_FORMATS.get(name)?.encode(new Float32Array(2), external, "", { peerId: "", cycle: 0 });
      await assert.rejects(encoded as Promise<unknown>, { code: "ERR_CONFIG", message: /safetensors/ });
    }
    const own = task({ kind: "cnn", filters: [2] }, classes, { shape: [2, 2, 1], mean: [1, 2, 3, 4], std: [1] });
    await assert.rejects(encodeTfjs(initialParams(own.tensors, 1), own, {}), {
      code: "ERR_CONFIG",
      message: /take onnx/,
    });
  });

  it("as ONNX of int8 is refused where the model is one of layers", async () => {
    const [[, make]] = LAYERS_TASKS as [(typeof LAYERS_TASKS)[number]];
    const of = await make();
    await assert.rejects(encodeOnnx(initialParams(of.tensors, 1), of, {}, "int8"), {
      code: "ERR_CONFIG",
      message: /take onnx, or safetensors-int8/,
    });
  });

  it("as ONNX is refused with the name of the layer", async () => {
    const flat = (...layers: readonly object[]) =>
      sequential(...layers, layer("Flatten"), layer("Dense", { name: "end", units: 3 }));
    const image = { batch_input_shape: [null, 4, 4, 1] };
    const steps = { batch_input_shape: [null, 4, 2] };
    const cases = [
      [
        flat(layer("UpSampling2D", { ...image, interpolation: "bilinear" })),
        [4, 4, 1],
        /layer "upsampling2d" \(UpSampling2D\) has interpolation bilinear; take tfjs/,
      ],
      [
        flat(layer("LSTM", { ...steps, units: 2, go_backwards: true, return_sequences: true })),
        [4, 2],
        /layer "lstm" \(LSTM\) gives its steps backwards/,
      ],
      [
        flat(layer("Masking", { ...steps, mask_value: 0 })),
        [4, 2],
        /layer "masking" \(Masking\) has no operators of ONNX here/,
      ],
    ] as const;
    for (const [topology, shape, message] of cases) {
      const of = await layersTask(topology, { shape, mean: [0], std: [1] }, classes);
      await assert.rejects(encodeOnnx(initialParams(of.tensors, 1), of, {}), { code: "ERR_CONFIG", message });
    }
  });
});
