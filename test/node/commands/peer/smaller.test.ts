/** `hearsay export` of models with fewer bits or weights, and `hearsay predict` and `eval` that read them. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { run as evaluate } from "../../../../node/commands/peer/eval.ts";
import { run as exportModel } from "../../../../node/commands/peer/export.ts";
import { inferenceEngine, openAnswering } from "../../../../node/commands/peer/model.ts";
import { run as predict } from "../../../../node/commands/peer/predict.ts";
import { encodeModel, readModel } from "../../../../node/disk/model-file.ts";
import { modelPath } from "../../../../node/disk/state-dir.ts";
import { decodeSafetensors } from "../../../../protocol/codec/safetensors.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { initialParams, tensorSlices } from "../../../../protocol/learn/tensors.ts";
import { encodeTask } from "../../../../protocol/task/manifest.ts";
import { blobs, blobTask } from "../../../support/blobs.ts";

const FEATURES = ["u", "v", "w", "x", "y", "z"];
const ROWS = 400;
const task = blobTask({ input: { shape: [6], features: FEATURES }, model: { kind: "mlp", hidden: [16] } });
const classes = ["a", "b", "c"];

describe("a smaller model", () => {
  let state: string;
  const at = (name: string) => join(state, name);

  /** Share of the table that a command says is right. */
  async function right(model: string): Promise<number> {
    const output = at("answers.csv");
    await predict({ state, model, data: at("rows.csv"), output });
    const [, ...answers] = (await readFile(output, "utf8")).trimEnd().split("\n");
    const { targets } = blobs(ROWS, 9);
    assert.equal(answers.length, ROWS);
    return answers.filter((line, i) => line.split(",")[0] === classes[targets[i] ?? -1]).length / ROWS;
  }

  const exported = async (name: string, options: Readonly<Record<string, string>>) => {
    await exportModel({ state, format: "safetensors", output: at(name), ...options });
    return at(name);
  };

  before(async () => {
    state = await mkdtemp(join(tmpdir(), "hearsay-smaller-"));
    const trainer = createDenseTrainer({ task, train: blobs(400, 5) });
    const start = initialParams(task.tensors, 1);
    const { params } = await trainer.fit({ params: start, steps: 300, seed: "1" });
    await writeFile(at("task.cbor"), encodeTask(task));
    await writeFile(modelPath(state), encodeModel(params, task, "id", { peerId: "peer", cycle: 3, age: 15 }));
    const { inputs, targets, length } = blobs(ROWS, 9);
    const lines = Array.from({ length }, (_, i) => `${inputs.subarray(6 * i, 6 * i + 6)},${classes[targets[i] ?? -1]}`);
    await writeFile(at("rows.csv"), `${[...FEATURES, "label"]}\n${lines.join("\n")}\n`);
  });
  after(() => rm(state, { recursive: true }));

  it("or a whole one has the format of its file's name, where none is given", async (test) => {
    test.mock.method(process.stdout, "write", () => true);
    const bytesOf = async (name: string, format?: string) => {
      await exportModel({ state, output: at(name), ...(format !== undefined && { format }) });
      return readFile(at(name));
    };
    assert.deepEqual(await bytesOf("by-name.onnx"), await bytesOf("by-option.onnx", "onnx"));
    assert.ok("modelTopology" in JSON.parse(String(await bytesOf("by-name.json"))));
    const plain = await bytesOf("by-option.st", "safetensors");
    assert.deepEqual(await bytesOf("by-name.st"), plain);
    assert.deepEqual(await bytesOf("named.onnx", "safetensors"), plain, "what is asked for holds");
  });

  it("of int8 is answered in int8, on this thread and without a float of a weight, as well as the floats it came of", async () => {
    const file = await exported("int8.safetensors", { format: "safetensors-int8" });
    const opened = await openAnswering({ state, model: file });
    assert.deepEqual([opened.params.length, opened.int8?.length], [0, 2]);
    const engine = await inferenceEngine(opened, "auto");
    assert.equal(engine.engine, "int8");
    const [whole, floats] = [await right(file), await right(modelPath(state))];
    assert.ok(floats > 0.9 && Math.abs(whole - floats) <= 0.01, `${whole} and ${floats}`);
  });

  it("of int8 is evaluated as it answers", async (t) => {
    const file = await exported("int8.safetensors", { format: "safetensors-int8" });
    const told = await toldBy(t, () => evaluate({ state, model: file, data: at("rows.csv"), json: true }));
    const { accuracy } = JSON.parse(told) as { accuracy: number };
    assert.equal(accuracy, await right(file));
  });

  it("of half the weights has as many zeros, in floats and in int8, and is answered nearly as well", async () => {
    const kernels = tensorSlices(task.tensors).filter(({ shape }) => shape.length > 1);
    const weights = kernels.reduce((sum, { length }) => sum + length, 0);
    for (const format of ["safetensors", "safetensors-int8"]) {
      const file = await exported("pruned.safetensors", { format, prune: "0.5" });
      const { params } = await readModel(file, task);
      const zeros = kernels.flatMap(({ offset, length }) => [...params.subarray(offset, offset + length)]);
      assert.ok(zeros.filter((value) => value === 0).length >= weights / 2);
      assert.ok((await right(file)) > 0.85, format);
    }
  });

  it("of a quarter of the units less has tensors that are as much smaller, and is refused by a task that has them whole", async () => {
    const file = await exported("thin.safetensors", { pruneUnits: "0.25" });
    const { tensors } = decodeSafetensors(new Uint8Array(await readFile(file)));
    assert.deepEqual(
      tensors.map(({ shape }) => shape),
      [[6, 12], [12], [12, 3], [3]],
    );
    await assert.rejects(right(file), { code: "ERR_TASK", message: /it is of another task/ });
  });

  it("that was exported for another program is refused by its name, with the formats that are read", async () => {
    const file = await exported("model.onnx", { format: "onnx" });
    const message =
      /model\.onnx: not a safetensors file: .*; a model is read .* formats safetensors and safetensors-int8/;
    await assert.rejects(right(file), { code: "ERR_DECODE", message });
  });

  it("takes a share from 0 to below 1 only, and its file a quarter of the bytes", async () => {
    for (const option of ["prune", "pruneUnits"])
      for (const share of ["1", "-0.1", "x", ""])
        await assert.rejects(exported("none", { [option]: share }), {
          code: "ERR_CONFIG",
          message: /from 0 to below 1/,
        });
    const sizes = await Promise.all(
      [
        ["whole", {}],
        ["int8", { format: "safetensors-int8" }],
      ].map(
        async ([name, options]) => (await stat(await exported(name as string, options as Record<string, string>))).size,
      ),
    );
    assert.ok((sizes[1] as number) < (sizes[0] as number));
  });
});

/** What a command prints. */
async function toldBy(t: TestContext, command: () => Promise<void>): Promise<string> {
  let told = "";
  const { mock } = t.mock.method(process.stdout, "write", (text: string) => {
    told += text;
    return true;
  });
  await command();
  mock.restore();
  return told;
}
