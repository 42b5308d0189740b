/** Which columns are read, and what means "no reading", is what was chosen: by the task for all peers, by settings for one file. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CsvOptions, type CsvTable, readCsv } from "../../../node/data/csv.ts";
import { type DataSource, type DataTask, loadDataset, loadInputs } from "../../../node/data/load.ts";
import { suspectedSentinels } from "../../../node/data/sentinels.ts";
import { temporaryFile } from "./files.ts";

const TABLE: CsvOptions = { labels: { kind: "classification", column: "label" } };
const TEXT = 'time,"a, b",c,who,label\nt1,1,2,ann,x\nt2,3,4,bob,y\n';

function read(context: TestContext, text: string, options: Partial<CsvOptions> = {}): Promise<CsvTable> {
  return readCsv(temporaryFile(context, "t.csv", text), { ...TABLE, ...options });
}

const task = (features: string[], missing?: string[]): DataTask => ({
  input: { shape: [2], features, mean: [10, 20], std: [1, 1], missing },
  output: { kind: "classification", classes: ["x", "y"], column: "label" },
});

test("--columns takes the named columns, --drop leaves some out, names with a comma in quotes, #n by position", async (context) => {
  const choices: [Partial<CsvOptions>, string[]][] = [
    [{ columns: '"a, b",c' }, ["a, b", "c"]],
    [{ columns: ["c"] }, ["c"]],
    [{ columns: "a, b" }, ["a, b"]],
    [{ drop: "time,who" }, ["a, b", "c"]],
    [{ drop: ["time", "#4", "c"] }, ["a, b"]],
    [{ drop: "#1", owner: "who" }, ["a, b", "c"]],
  ];
  for (const [choice, features] of choices) assert.deepEqual((await read(context, TEXT, choice)).features, features);
  const { taken } = await read(context, TEXT, { drop: "time", owner: "who", columns: "c" });
  assert.deepEqual(taken.leftOut, [
    { column: "time", why: "--drop" },
    { column: "a, b", why: "not in --columns" },
    { column: "who", why: "the owner" },
  ]);
});

test("a column to use or leave out that is not there, or is used twice, is refused", async (context) => {
  const refused = (choice: Partial<CsvOptions>, message: RegExp) =>
    assert.rejects(read(context, TEXT, choice), { code: "ERR_DATA", message });
  await refused({ drop: "day" }, /there is no column "day"; the header has "time", "a, b"/);
  await refused({ drop: "#9" }, /there is no column "#9"/);
  await refused({ columns: "d" }, /there is no feature column "d"/);
  await refused({ columns: "c", drop: "c" }, /column "c" is to be a feature, and to be left out \(--drop\)/);
  await refused({ columns: "c,c" }, /"c" is asked for twice/);
  await refused({ columns: "c,label" }, /"label" is asked for as a feature and as label/);
});

test("what the task names is read whatever the order, and a setting that contradicts it is refused", async (context) => {
  const path = temporaryFile(context, "t.csv", "b,time,a,label\n2,z,1,x\n4,z,3,y\n");
  const load = (choice: Partial<DataSource>) => loadDataset({ path, ...choice }, task(["a", "b"]));
  for (const choice of [{}, { columns: "b,a" }, { drop: "time" }, { drop: "not there" }]) {
    assert.deepEqual([...(await load(choice)).data.inputs], [1, 2, 3, 4]);
  }
  await assert.rejects(load({ columns: "a" }), { code: "ERR_CONFIG", message: /data\.columns.*"b"/ });
  await assert.rejects(load({ columns: "a,b,time" }), { code: "ERR_CONFIG", message: /data\.columns.*"time"/ });
  await assert.rejects(load({ drop: "a" }), { code: "ERR_CONFIG", message: /data\.drop: the task reads column "a"/ });
  const twice = temporaryFile(context, "t.csv", "a,b,a,label\n1,2,9,x\n3,4,9,y\n");
  const { data } = await loadDataset({ path: twice, drop: "#3" }, task(["a", "b"]));
  assert.deepEqual([...data.inputs], [1, 2, 3, 4]);
});

test("a value that means no reading is read as the mean of the task, however it is written, in data to learn from and to predict", async (context) => {
  const path = temporaryFile(context, "t.csv", "a,b,label\n1,-9999,x\n-9999.0,4,y\nNA,,x\n5,6,NA\n");
  const { data, warnings } = await loadDataset({ path, missing: "NA,empty" }, task(["a", "b"], ["-9999"]));
  assert.deepEqual([...data.inputs], [1, 20, 10, 4, 10, 20]);
  assert.deepEqual([[...data.targets], data.length], [[0, 1, 0], 3], "a row without a label is left out");
  assert.match(warnings.join(), /4 value\(s\) are no readings/);
  const inputs = await loadInputs({ path, missing: ["NA", "empty"] }, task(["a", "b"], ["-9999"]));
  assert.deepEqual([...inputs.inputs], [1, 20, 10, 4, 10, 20, 5, 6]);
});

test("an empty field is a fault until somebody says what it means, and the message says how", async (context) => {
  const text = "a,b,label\n1,,x\n3,NA,y\n5,6,x\n";
  await assert.rejects(read(context, text), { message: /\nif it means "no reading": --missing empty,NA$/ });
  const { data } = await read(context, text, { missing: "empty,NA" });
  assert.deepEqual([...data.inputs], [1, Number.NaN, 3, Number.NaN, 5, 6]);
  const emptyOnly = await read(context, text.replace("NA", ""), { missing: "" });
  assert.deepEqual(emptyOnly.data, data, "an empty word means the empty field");
});

test("values of nines far from all others are suspected, others are not", () => {
  const suspects = (values: number[]) =>
    suspectedSentinels(Float64Array.from(values), ["t"]).map(({ value, count }) => [value, count]);
  const readings = [18.5, 20.1, 22.7, 19.9, 21.4];
  assert.deepEqual(suspects([...readings, -9999, -9999]), [[-9999, 2]]);
  assert.deepEqual(suspects([...readings, 9999, -999.9]), [
    [9999, 1],
    [-999.9, 1],
  ]);
  assert.deepEqual(suspects([...readings, 32767]), [[32767, 1]]);
  assert.deepEqual(suspects([9998, 9999, 10001, 9990, 9000]), [], "among its like");
  assert.deepEqual(suspects([...readings, 57.3]), [], "no value that a logger writes for nothing");
});

test("a suspected value is a warning of every command that learns, with the remedy, which ends it", async (context) => {
  const rows = Array.from({ length: 20 }, (_, i) => `${i % 5 === 0 ? -9999 : 20 + (i % 7)},${i},${"xy"[i % 2]}`);
  const path = temporaryFile(context, "t.csv", `a,b,label\n${rows.join("\n")}\n`);
  const { warnings } = await loadDataset({ path }, task(["a", "b"]));
  assert.match(warnings.join(), /column "a" is -9999 in 4 row\(s\).*--missing -9999/);
  const told = await loadDataset({ path, missing: "-9999" }, task(["a", "b"]));
  assert.doesNotMatch(told.warnings.join(), /far from/);
});

test("where the task names the columns, no remedy leaves one out, and of two alike the other goes", async (context) => {
  const bad = temporaryFile(context, "t.csv", `a,b,label\n${"t,1,x\nt,2,y\n".repeat(5)}`);
  await assert.rejects(loadDataset({ path: bad }, task(["a", "b"])), (error: Error) => {
    assert.match(error.message, /column "a", in 10 of 10 rows.*\nthe task reads these columns: mend the values/);
    assert.doesNotMatch(error.message, /--drop/);
    return true;
  });
  const alike = temporaryFile(context, "t.csv", "A,a,b,label\n9,1,2,x\n9,3,4,y\n");
  await assert.rejects(loadDataset({ path: alike }, task(["a", "b"])), /differ in form only.*--drop '#1'$/);
  const { data } = await loadDataset({ path: alike, drop: "#1" }, task(["a", "b"]));
  assert.deepEqual([...data.inputs], [1, 2, 3, 4]);
});

test("a number that means no reading among features may be a class, and a class of the task is never no reading", async (context) => {
  const path = temporaryFile(context, "t.csv", "a,b,label\n1,-1,-1\n-1,4,1\n2,2,none\n");
  const labels = { kind: "classification", column: "label" } as const;
  const { classes, data } = await readCsv(path, { labels, missing: "-1,none" });
  assert.deepEqual([classes, data.length], [["-1", "1"], 2]);
  const named = await readCsv(path, { labels: { ...labels, classes: ["-1", "1", "none"] }, missing: "-1,none" });
  assert.equal(named.data.length, 3);
});

test("values far from the task's are one warning that names the column, and values near are none", async (context) => {
  const rows = (offset: number) =>
    Array.from({ length: 20 }, (_, i) => `${offset + (i % 7)},${20 + (i % 3)},${"xy"[i % 2]}`);
  const load = (offset: number) =>
    loadDataset({ path: temporaryFile(context, "t.csv", `a,b,label\n${rows(offset).join("\n")}\n`) }, task(["a", "b"]));
  assert.deepEqual((await load(8)).warnings, []);
  const { warnings } = await load(500);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] as string, /far from those.*: "a" is about 502\.\d+ here, 10 ± 1 in the task$/);
});

test("endings of names may be in capitals", async (context) => {
  const path = temporaryFile(context, "T.CSV", "a,b,label\n1,2,x\n3,4,y\n");
  assert.equal((await loadDataset({ path }, task(["a", "b"]))).data.length, 2);
  for (const name of ["X.NPY", "X.SAFETENSORS"]) {
    const arrays = temporaryFile(context, name, "no array");
    await assert.rejects(loadInputs({ path: arrays }, task([])), { code: "ERR_DECODE" }, name);
  }
});
