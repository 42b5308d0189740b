/** `hearsay init --model FILE`: models of other programs, and files that are none. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Document, parseDocument } from "yaml";
import { useTopology } from "../../../../node/commands/peer/init-model.ts";
import { TEMPLATES } from "../../../../node/data/templates.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";

const fixture = (name: string) => join(import.meta.dirname, `../../../fixtures/models/${name}.json`);

/** The task of three classes over `width` numbers, that data would give. */
function documentOf(width: number): Document {
  const document = parseDocument(TEMPLATES.csv.yaml);
  document.set("input", document.createNode({ shape: [width], mean: [0], std: [1] }));
  document.set("output", { kind: "classification", classes: ["a", "b", "c"] });
  return document;
}

describe("hearsay init --model", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "hearsay-init-model-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("takes the input shape of the model where a row has as many numbers, and tells it", async () => {
    const document = documentOf(16);
    const told = await useTopology(document, fixture("keras3-lstm"));
    assert.match(told, /3 layers, 127 parameters; input\.shape is now \[8,2\]/);
    const task = parseTask(document.toJS());
    assert.deepEqual(task.input.shape, [8, 2]);
    assert.equal(task.tensors.length, 5);
  });

  it("writes models of Keras 3 in the form that every peer reads, and refuses one that takes other rows", async () => {
    const document = documentOf(5);
    await useTopology(document, fixture("keras3-dense"));
    const { model } = parseTask(document.toJS());
    assert.ok(model.kind === "layers" && !/DTypePolicy|batch_shape|_initializer/.test(model.topology));
    await assert.rejects(useTopology(documentOf(6), fixture("keras3-dense")), {
      code: "ERR_TASK",
      message: /input shape is \[5\], the task's \[6\]/,
    });
  });

  it("says what other files are, and what to do", async () => {
    const files: readonly (readonly [name: string, begin: string, message: RegExp])[] = [
      ["m.h5", "\x89HDF\r\n\x1a\n0123", /HDF5.*to_json\(\)/],
      ["m.keras", "PK\x03\x04 metadata", /\.keras.*load_model.*to_json\(\)/],
      ["m.pt", "PK\x03\x04 archive/data.pkl", /PyTorch.*same layers in Keras/],
      ["old.pt", "\x80\x02\x8a\x0a", /PyTorch.*same layers in Keras/],
      ["m.onnx", "\x08\x07\x12\x07pytorch", /ONNX.*same layers in Keras/],
      ["m.pb", "\x0a\x1b", /SavedModel.*tf_keras/],
      ["m.tflite", "\x1c\x00\x00\x00TFL3", /TensorFlow Lite/],
      ["m.json.gz", "\x1f\x8b\x08", /gunzip/],
      ["w.safetensors", "\x08\x00", /weights.*model\.json/],
      ["empty.json", "", /empty.*to_json\(\)/],
      ["binary.json", "{\xff\xfe", /UTF-8/],
    ];
    for (const [name, begin, message] of files) {
      const path = join(folder, name);
      writeFileSync(path, Buffer.from(begin, "latin1"));
      await assert.rejects(useTopology(documentOf(5), path), { code: "ERR_CONFIG", message }, name);
    }
    mkdirSync(join(folder, "saved"));
    await assert.rejects(useTopology(documentOf(5), join(folder, "saved")), {
      code: "ERR_CONFIG",
      message: /directory.*SavedModel/,
    });
    await assert.rejects(useTopology(documentOf(5), join(folder, "none")), {
      code: "ERR_CONFIG",
      message: /cannot be read/,
    });
  });

  it("does not read a file of 100 MB", async () => {
    const path = join(folder, "large.json");
    writeFileSync(path, "{");
    truncateSync(path, 100_000_000);
    const before = process.memoryUsage().rss;
    await assert.rejects(useTopology(documentOf(5), path), { code: "ERR_CONFIG", message: /100000000 bytes.*4194304/ });
    assert.ok(process.memoryUsage().rss - before < 50_000_000);
  });
});
