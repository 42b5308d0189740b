import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadDataset, loadInputs } from "../../../node/data/load.ts";
import type { DataReader } from "../../../node/data/readers/reader.ts";
import { endingsText, READERS, readerFor } from "../../../node/data/readers/registry.ts";
import { loadNamedSet } from "../../../node/data/sets.ts";
import { digits } from "../../../node/data/shipped/digits.ts";
import { SETS } from "../../../node/data/shipped/registry.ts";
import type { ShippedSet } from "../../../node/data/shipped/set.ts";
import { TEMPLATES } from "../../../node/data/templates.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";

const folder = mkdtempSync(join(tmpdir(), "hearsay-registries-"));
after(() => rmSync(folder, { recursive: true }));

const TASK = parseTask({
  name: "toy",
  input: { shape: [1] },
  output: { kind: "classification", classes: ["even", "odd"] },
  model: { kind: "softmax" },
});

/** One digit an example: what a file of one more reader has to export. */
const digitsReader: DataReader = {
  name: "digit-text",
  endings: [".txt"],
  namesColumns: false,
  async load() {
    const read = async (path: string) => Float32Array.from((await readFile(path, "utf8")).trim(), Number);
    return {
      async readExamples({ path }) {
        const inputs = await read(path);
        return { data: { inputs, targets: inputs.map((x) => x % 2), length: inputs.length }, warnings: ["toy"] };
      },
      async readInputs({ path }) {
        const inputs = await read(path);
        return { inputs, length: inputs.length };
      },
    };
  },
};

test("one more reader is its file and its line: files with its ending are read, and messages name it", async () => {
  const readers = [...READERS, digitsReader];
  const path = join(folder, "numbers.TXT");
  writeFileSync(path, "1234\n");
  const { data, warnings } = await loadDataset({ path }, TASK, { readers });
  assert.deepEqual([[...data.inputs], [...data.targets], warnings], [[1, 2, 3, 4], [1, 0, 1, 0], ["toy"]]);
  assert.equal((await loadInputs({ path }, TASK, { readers })).length, 4);
  assert.equal(endingsText("or", readers), ".csv, .tsv, .npy, .safetensors or .txt");
  await assert.rejects(loadDataset({ path }, TASK), { code: "ERR_DATA", message: /text of no known kind/ });
});

test("a reader is found by the ending of the name, in any case and packed or not", () => {
  for (const name of ["a.csv", "a.CSV.gz", "a.tsv", "b.tsv.GZ"]) assert.equal(readerFor(name).name, "table");
  for (const name of ["a.npy", "a.npy.gz", "b.safetensors", "b.SafeTensors.gz"])
    assert.equal(readerFor(name).name, "arrays");
  assert.throws(() => readerFor(import.meta.dirname), { message: /is a folder: name a file in it; read are/ });
  assert.throws(() => readerFor("-"), { message: /standard input is read by hearsay up --follow alone: name a file/ });
  assert.throws(() => readerFor("a.csv.zip"), { message: /read are \.csv, \.tsv, \.npy and \.safetensors, also \.gz/ });
});

test("one more shipped set is its file and its line: it is loaded by name, with its task and its hold-out", async () => {
  const toy: ShippedSet = {
    name: "toy",
    about: "even and odd",
    yaml: "name: toy\ninput: { shape: [1] }\noutput: { kind: classification, classes: [even, odd] }\nmodel: { kind: softmax }\n",
    read: async () => ({ inputs: Float32Array.of(1, 2, 3), targets: Float32Array.of(1, 0, 1), length: 3 }),
    split: () => ({ train: Uint32Array.of(0, 1), holdout: Uint32Array.of(2) }),
  };
  const sets = new Map([...SETS, ["toy", toy]]);
  const { train, holdout, task } = await loadNamedSet("toy", sets);
  assert.deepEqual([train.length, holdout.length, task.name], [2, 1, "toy"]);
  await assert.rejects(loadNamedSet("toy"), { code: "ERR_DATA", message: /digits, motes, mnist/ });
});

test("every shipped set has a template of its name", () => {
  for (const { name, about, yaml } of SETS.values()) {
    assert.deepEqual(TEMPLATES[name as keyof typeof TEMPLATES], { about, yaml });
  }
  assert.equal(SETS.get("digits"), digits);
});
