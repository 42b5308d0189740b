/** Labels in arrays mean what they say, or are refused: no silent shift by one. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { classIndices } from "../../../node/data/array-labels.ts";
import { type DataTask, loadDataset } from "../../../node/data/load.ts";
import type { NpyArray } from "../../../node/data/npy.ts";
import { floatsToBytes } from "../../../protocol/base/bytes.ts";
import { encodeSafetensors, safetensorsHeader } from "../../../protocol/codec/safetensors.ts";
import { temporaryFolder } from "./files.ts";

const column = (...values: number[]): NpyArray => ({ shape: [values.length], values: Float32Array.from(values) });
const texts = (...names: string[]): NpyArray => ({ shape: [names.length, 1], texts: names });
const indices = (labels: NpyArray, classes: string[]) => [...classIndices("y.npy", labels, classes).indices];
const refused = (labels: NpyArray, classes: string[], message: RegExp) =>
  assert.throws(() => classIndices("y.npy", labels, classes), { code: "ERR_DATA", message });

test("texts are names of classes, in any normal form, and others are refused by place", () => {
  assert.deepEqual(indices(texts("yes", "no", " yes"), ["no", "yes"]), [1, 0, 1]);
  assert.deepEqual(indices(texts("e\u0301"), ["\u00e9", "b"]), [0]);
  refused(texts("no", "maybe"), ["no", "yes"], /y\[1\]: label "maybe" is unknown; the classes are "no", "yes"/);
});

test("numbers are names where the classes are numbers, wherever each stands", () => {
  assert.deepEqual(indices(column(1, 2, 3), ["1", "2", "3"]), [0, 1, 2]);
  assert.deepEqual(indices(column(1, 2), ["1", "2", "3"]), [0, 1]);
  assert.deepEqual(indices(column(3, 7), ["0", "3", "7"]), [1, 2]);
  assert.deepEqual(
    indices(
      column(0, 9),
      Array.from({ length: 10 }, (_, i) => String(i)),
    ),
    [0, 9],
  );
  refused(column(0, 1), ["1", "2"], /y\[0\]: label "?0"? is unknown.*save numpy\.array\(\[1, 2\]\)\[y\]/);
});

test("numbers are places of classes that are words; what may count from 1 is refused or told", () => {
  assert.deepEqual(classIndices("y.npy", column(0, 1, 1), ["no", "yes"]), {
    indices: Float32Array.of(0, 1, 1),
    warnings: [],
  });
  refused(column(1, 2, 2), ["no", "yes"], /y\[1\] is 2.*y seems to count from 1: save y - 1/);
  const { warnings } = classIndices("y.npy", column(1, 1), ["no", "yes"]);
  assert.match(warnings.join(), /y has no 0, which is class "no"; if it counts from 1, save y - 1/);
});

test("digits in texts, and labels of -1 and 1, are refused with what makes places of them", () => {
  refused(
    texts("0", "1"),
    ["no", "yes"],
    /label "0" is unknown.*where y counts the classes from 0, save y\.astype\("int64"\)/,
  );
  refused(column(-1, 1, 1), ["no", "yes"], /y\[0\] is -1.*save \(y \+ 1\) \/\/ 2/);
});

test("rows with one 1 are one-hot, others are refused with the way out", () => {
  const rows = (...values: number[]): NpyArray => ({ shape: [2, 3], values: Float32Array.from(values) });
  assert.deepEqual(indices(rows(0, 0, 1, 1, 0, 0), ["a", "b", "c"]), [2, 0]);
  refused(rows(0, 0, 1, 0.2, 0.8, 0), ["a", "b", "c"], /y\[1\] is no one-hot row.*save y\.argmax\(axis=1\)/);
  refused(rows(0, 0, 1, 1, 1, 0), ["a", "b", "c"], /y\[1\]/);
  refused(rows(0, 0, 1, 1, 0, 0), ["a", "b"], /y has shape \(2, 3\); give one label an example/);
});

/** A safetensors file of x, y and a tensor of a dtype that nobody here reads. */
function withStranger(context: TestContext, name: string): string {
  const heads = [
    { name: "x", shape: [2, 1], dtype: "F32" },
    { name: "y", shape: [2], dtype: "F32" },
    { name, shape: [8], dtype: "I8" },
  ] as const;
  const header = Buffer.from(safetensorsHeader(heads));
  const data = [floatsToBytes(Float32Array.of(1, 2)), floatsToBytes(Float32Array.of(0, 1)), new Uint8Array(8)];
  const text = header.toString("latin1").replace('"I8"', '"F8_E4M3"').replace(/ {5}$/, "");
  const path = join(temporaryFolder(context), "DATA.SAFETENSORS");
  writeFileSync(path, Buffer.concat([Buffer.from(text, "latin1"), ...data]));
  return path;
}

const task: DataTask = {
  input: { shape: [1], features: [], mean: [0], std: [1] },
  output: { kind: "classification", classes: ["no", "yes"] },
};

test("a tensor that nobody asked for makes x and y no worse; asked for, its dtype is named with the remedy", async (context) => {
  const { data } = await loadDataset({ path: withStranger(context, "scales") }, task);
  assert.deepEqual(
    [[...data.inputs], [...data.targets]],
    [
      [1, 2],
      [0, 1],
    ],
  );
  const path = withStranger(context, "inputs").replace("x", "x");
  await loadDataset({ path }, task);
  const alone = encodeSafetensors([{ name: "x", shape: [1], dtype: "I8", data: new Uint8Array(1) }]);
  const renamed = Buffer.from(alone).toString("latin1").replace('"I8","shape"', '"F4","shape"');
  writeFileSync(path, Buffer.from(renamed, "latin1"));
  await assert.rejects(loadDataset({ path }, task), {
    code: "ERR_DATA",
    message: /"x" has dtype F4.*tensor\.float\(\)/,
  });
});

test("packed arrays are read, whatever the case of the name", async (context) => {
  const folder = temporaryFolder(context);
  const tensors = [
    { name: "x", shape: [2, 1], dtype: "F32", data: floatsToBytes(Float32Array.of(1, 2)) },
    { name: "y", shape: [2], dtype: "F32", data: floatsToBytes(Float32Array.of(0, 1)) },
  ] as const;
  const path = join(folder, "Data.Safetensors.GZ");
  writeFileSync(path, gzipSync(encodeSafetensors(tensors)));
  assert.equal((await loadDataset({ path }, task)).data.length, 2);
});
