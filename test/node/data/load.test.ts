import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type DataTask, loadDataset, loadInputs } from "../../../node/data/load.ts";
import { packageRoot } from "../../../node/disk/package-root.ts";
import { floatsToBytes } from "../../../protocol/base/bytes.ts";
import { encodeSafetensors, type Tensor } from "../../../protocol/codec/safetensors.ts";
import { temporaryFile, temporaryFolder } from "./files.ts";

const fixtures = join(packageRoot(), "test/fixtures/data");
const input = { shape: [3], features: [], mean: [0], std: [1] };
const classes: DataTask = { input, output: { kind: "classification", classes: ["no", "yes"] } };
const numbers: DataTask = { input, output: { kind: "regression", targets: ["u", "v"], mean: [0], std: [1] } };
const X = Array.from({ length: 12 }, (_, i) => i * 1.5 - 4);

function f32(name: string, shape: number[], values: number[]): Tensor {
  return { name, shape, dtype: "F32", data: floatsToBytes(Float32Array.from(values)) };
}

function safetensors(context: TestContext, ...tensors: Tensor[]): { path: string } {
  return { path: temporaryFile(context, "data.safetensors", encodeSafetensors(tensors)) };
}

const refused = (promise: Promise<unknown>, message: RegExp, code = "ERR_DATA") =>
  assert.rejects(promise, { name: "HearsayError", code, message });

test("one table reads alike from CSV, TSV, a pair of .npy files and safetensors", async (context) => {
  const rows = [0, 1, 1, 0].map((label, row) => [...X.slice(3 * row, 3 * row + 3), ["no", "yes"][label]]);
  const csv = temporaryFile(context, "t.csv", [["a", "b", "c", "label"], ...rows].join("\n"));
  const tsv = temporaryFile(
    context,
    "t.tsv",
    [["a", "b,b", "c", "label"], ...rows].map((row) => row.join("\t")).join("\n"),
  );
  const sources = [csv, tsv, join(fixtures, "x-f8.npy"), join(fixtures, "pypi.safetensors")];
  for (const path of sources) {
    const { data, warnings } = await loadDataset({ path }, classes);
    assert.deepEqual([...data.inputs], X, path);
    assert.deepEqual([...data.targets], [0, 1, 1, 0], path);
    assert.deepEqual([data.length, warnings], [4, []], path);
    const inputs = await loadInputs({ path }, classes);
    assert.deepEqual([[...inputs.inputs], inputs.length], [X, 4], path);
  }
});

test("a regression reads its targets by name from CSV and by position from arrays", async (context) => {
  const csv = temporaryFile(context, "t.csv", "v,a,b,c,u\n9,1,2,3,8\n7,4,5,6,6\n");
  const tensors = [f32("inputs", [2, 3], [1, 2, 3, 4, 5, 6]), f32("targets", [2, 2], [8, 9, 6, 7])];
  for (const source of [{ path: csv }, safetensors(context, ...tensors)]) {
    const { data } = await loadDataset(source, numbers);
    assert.deepEqual([...data.inputs], [1, 2, 3, 4, 5, 6]);
    assert.deepEqual([...data.targets], [8, 9, 6, 7]);
  }
});

test("label and owner columns go by the names that the user gives; features by those of the task", async (context) => {
  const path = temporaryFile(context, "t.csv", "id;c;b;a;kind;who\nq;3;2;1;yes;ann\nr;6;5;4;no;bob\n");
  const task: DataTask = { ...classes, input: { ...input, features: ["a", "b", "c"] } };
  const { data } = await loadDataset({ path, label: "kind", owner: "who" }, task);
  assert.deepEqual([...data.inputs], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(data.owners, ["ann", "bob"]);
  await refused(loadDataset({ path }, task), /no label column "label"/);
});

test("an image of the task's shape may have its axes in the array, or not", async (context) => {
  const task: DataTask = { ...classes, input: { ...input, shape: [1, 3, 1] } };
  for (const shape of [
    [4, 1, 3, 1],
    [4, 3],
    [4, 1, 3],
  ]) {
    const { data } = await loadDataset(safetensors(context, f32("x", shape, X), f32("y", [4, 1], [0, 1, 1, 0])), task);
    assert.deepEqual([...data.inputs], X);
  }
});

test("an image whose axes are not those of the task is refused, with what turns it: its values are in another order", async (context) => {
  const task: DataTask = { ...classes, input: { ...input, shape: [2, 2, 3] } };
  const values = Array.from({ length: 24 }, (_, i) => i);
  const read = (...shape: number[]) =>
    loadDataset(safetensors(context, f32("x", shape, values), f32("y", [2], [0, 1])), task);
  await refused(
    read(2, 3, 2, 2),
    /shape \(2, 3, 2, 2\); the task needs \(examples, 2, 2, 3\); its values are in another order: save x\.transpose\(0, 2, 3, 1\)$/,
  );
  await refused(read(2, 4, 3), /shape \(2, 4, 3\); the task needs \(examples, 2, 2, 3\)$/);
  await refused(read(2, 2, 3, 2), /transpose\(0, 1, 3, 2\)$/);
  for (const shape of [
    [2, 2, 2, 3],
    [2, 12],
    [2, 2, 1, 2, 3],
  ])
    assert.deepEqual([...(await read(...shape)).data.inputs], values);
  const flat: DataTask = { ...classes, input: { ...input, shape: [12] } };
  const file = safetensors(context, f32("x", [2, 3, 4], values), f32("y", [2], [0, 1]));
  assert.equal((await loadDataset(file, flat)).data.length, 2, "a task without axes asks for none");
  await refused(loadDataset(file, { ...flat, input: { ...input, shape: [2, 7] } }), /\(examples, 2, 7\)/);
});

test("the targets of x.npy are y.npy beside it, or the file that is named", async (context) => {
  const folder = temporaryFolder(context);
  copyFileSync(join(fixtures, "x-f4.npy"), join(folder, "inputs.npy"));
  await refused(
    loadDataset({ path: join(folder, "inputs.npy") }, classes),
    /y\.npy: there is no such file; name the one of the targets with --targets/,
  );
  const { data } = await loadDataset({ path: join(folder, "inputs.npy"), targets: join(fixtures, "y.npy") }, classes);
  assert.deepEqual([...data.targets], [0, 1, 1, 0]);
  assert.equal((await loadInputs({ path: join(folder, "inputs.npy") }, classes)).length, 4);
});

test("rows of another size than the task's input are refused", async (context) => {
  const csv = temporaryFile(context, "t.csv", "a,b,label\n1,2,yes\n3,4,no\n");
  await refused(
    loadDataset({ path: csv }, classes),
    /2 feature columns, the task's input is 3 = 3; choose them with --columns/,
  );
  await refused(loadInputs({ path: csv }, classes), /2 feature columns/);
  const y = f32("y", [2], [0, 1]);
  await refused(
    loadDataset(safetensors(context, f32("x", [2, 2], [1, 2, 3, 4]), y), classes),
    /shape \(2, 2\).*\(examples, 3\)/,
  );
  await refused(loadDataset(safetensors(context, f32("x", [], [1]), y), classes), /shape \(\)/);
  const turned = safetensors(context, f32("x", [3, 2], X.slice(0, 6)), y);
  await refused(loadDataset(turned, classes), /shape \(3, 2\).*; save x\.T$/);
  const flat = safetensors(context, f32("x", [6], X.slice(0, 6)), y);
  await refused(loadDataset(flat, classes), /shape \(6\).*; if its values are in order, save x\.reshape\(-1, 3\)$/);
  await refused(loadDataset(safetensors(context, f32("x", [1, 3], [1, 2, 3]), y), classes), /x has 1 row and y has 2/);
  const wide = f32("y", [2, 3], [0, 1, 0, 1, 0, 1]);
  await refused(
    loadDataset(safetensors(context, f32("x", [2, 3], X.slice(0, 6)), wide), classes),
    /y has shape \(2, 3\)/,
  );
});

test("NaN and infinities in arrays are refused with their position", async (context) => {
  const bad = [0, Number.NaN, 2, 3, 4, -Infinity];
  const source = safetensors(context, f32("x", [2, 3], bad), f32("y", [2], [0, 1]));
  await refused(
    loadDataset(source, classes),
    /2 fault\(s\):\n {2}x\[0, 1\] is NaN.*\n {2}x\[1, 2\] is -Infinity.*\n.*save x\[keep\] and y\[keep\]/,
  );
  await refused(loadInputs(source, classes), /x\[0, 1\] is NaN/);
  const y = safetensors(context, f32("x", [2, 3], X.slice(0, 6)), f32("y", [2, 2], [0, 1, Number.NaN, 3]));
  await refused(loadDataset(y, numbers), /y\[1, 0\] is NaN/);
});

test("class indices that the task does not have are refused with their position", async (context) => {
  const source = safetensors(context, f32("x", [4, 3], X), f32("y", [4], [0, 2, -1, 0.5]));
  await refused(
    loadDataset(source, classes),
    /y\[1\] is 2; the task has classes 0 to 1 \(.*\)\n.*y\[2\] is -1.*\n.*y\[3\] is 0\.5/,
  );
});

test("a share with one class loads with a warning, the whole data of a task does not", async (context) => {
  const source = { path: temporaryFile(context, "t.csv", "a,b,c,label\n1,2,3,yes\n4,5,6,yes\n") };
  const { data, warnings } = await loadDataset(source, classes);
  assert.equal(data.length, 2);
  assert.match(warnings.join(), /same class/);
  await refused(loadDataset(source, classes, { whole: true }), /same class/);
});

test("one row is enough to predict and too few to learn from", async (context) => {
  const path = temporaryFile(context, "t.csv", "a,b,c,label\n1,2,3,yes\n");
  assert.equal((await loadInputs({ path }, classes)).length, 1);
  await refused(loadDataset({ path }, classes), /too few/);
});

test("files that are absent, of an unknown kind, malformed or too large are refused by name", async (context) => {
  const folder = temporaryFolder(context);
  await refused(
    loadDataset({ path: "data.xlsx" }, classes),
    /data\.xlsx: a spreadsheet: save it as CSV; read are \.csv/,
  );
  for (const name of ["no.csv", "no.npy", "no.safetensors"]) {
    await refused(loadDataset({ path: join(folder, name) }, classes), new RegExp(`${name}: there is no such file`));
  }
  for (const name of ["bad.npy", "bad.safetensors"]) {
    writeFileSync(join(folder, name), "not what the name says");
    await refused(loadDataset({ path: join(folder, name) }, classes), new RegExp(`${name}: not a`), "ERR_DECODE");
  }
  await refused(
    loadDataset(safetensors(context, f32("z", [], [1])), classes),
    /no tensor is named x or inputs; the file has z/,
  );
  writeFileSync(join(folder, "large.npy"), new Uint8Array(2 ** 20 + 9));
  await refused(loadInputs({ path: join(folder, "large.npy") }, classes, { maxValues: 1 }), /too many/);
  const csv = temporaryFile(context, "t.csv", "a,b,c\n1,2,3\n4,5,6\n");
  await refused(loadInputs({ path: csv }, classes, { maxValues: 5 }), /more than 5 values/);
});
