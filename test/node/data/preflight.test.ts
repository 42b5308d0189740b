/** What the checks of a data set find, each by itself. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lookAt } from "../../../node/data/preflight/look.ts";
import { DATA_CHECKS, preflight } from "../../../node/data/preflight/registry.ts";
import type { DataTask } from "../../../node/data/readers/reader.ts";
import { loadCheckedData } from "../../../node/data/share.ts";
import { DEFAULTS } from "../../../node/settings/table.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { TOP } from "../../support/docs.ts";
import { temporaryFile } from "./files.ts";

const TASK: DataTask = {
  input: { shape: [2], features: ["temp", "hum"], mean: [20, 600], std: [5, 50] },
  output: { kind: "classification", classes: ["low", "high"] },
};
const ROWS = 60;

/** Rows as the task expects them, changed row by row. */
function find(change: (row: [number, number, number], i: number) => number[] = (row) => row, rows = ROWS, task = TASK) {
  const rng = createRng("preflight");
  const made = Array.from({ length: rows }, (_, i) =>
    change([20 + 5 * rng.normal(), 600 + 50 * rng.normal(), i % 2], i),
  );
  const data = {
    inputs: Float64Array.from(made.flatMap(([a, b]) => [a as number, b as number])),
    targets: Float64Array.from(made, ([, , label]) => label as number),
    length: rows,
  };
  return preflight(lookAt("t.csv", data, task)).map(({ check, level, column, what }) => ({
    check,
    level,
    column,
    what,
  }));
}

test("data like the task's has no findings", () => {
  assert.deepEqual(find(), []);
});

test("units: a column on another scale is named with both figures, whether wider, narrower or elsewhere", () => {
  const [wider] = find(([a, b, y]) => [1000 * (a - 20) + 20, b, y]);
  assert.deepEqual([wider?.check, wider?.column], ["units", "temp"]);
  assert.match(wider?.what as string, /"temp" is about .* ± 3950 here, 20 ± 5 in the task: other units\?/);
  assert.deepEqual(
    find(([a, b, y]) => [a, b / 1000, y]).map(({ column }) => column),
    ["hum"],
  );
  assert.deepEqual(
    find(([a, b, y]) => [a + 100, b, y]).map(({ check }) => check),
    ["units"],
  );
  assert.deepEqual(
    find(([a, b, y]) => [a + 40, b, y]),
    [],
    "eight spreads off is another site, not another unit",
  );
});

test("units: Fahrenheit in place of Celsius is named, and the other way round, though it is not ten spreads off", () => {
  const inFahrenheit = (value: number) => 1.8 * value + 32;
  const [hot] = find(([a, b, y]) => [inFahrenheit(a), b, y]);
  assert.match(hot?.what as string, /"temp" is about 6\d.* here, 20 ± 5 in the task: Fahrenheit in place of Celsius\?/);
  const agreed = { ...TASK, input: { ...TASK.input, mean: [68, 600], std: [9, 50] } };
  const [cold] = find(undefined, ROWS, agreed);
  assert.match(cold?.what as string, /"temp" is about .* here, 68 ± 9 in the task: Celsius in place of Fahrenheit\?/);
  assert.deepEqual(
    find(([a, b, y]) => [inFahrenheit(a), b, y], ROWS, agreed),
    [],
  );
});

test("units: narrow columns say nothing where the task has one spread for all", () => {
  const shared = { ...TASK, input: { ...TASK.input, mean: [300], std: [300] } };
  assert.deepEqual(find(undefined, ROWS, shared), []);
});

test("order: columns without names that are each in the other's place are told so", () => {
  const found = find(([a, b, y]) => [b, a, y]).filter(({ check }) => check === "order");
  assert.match(found[0]?.what as string, /"temp" has the values of "hum" in the task: another order of the columns\?/);
  assert.equal(found.length, 2);
});

test("missing: a column of which more than a fifth is missing is told with its share", () => {
  const without = (share: number) => find(([a, b, y], i) => [i < share * ROWS ? Number.NaN : a, b, y]);
  assert.deepEqual(without(0.15), []);
  const [found] = without(0.5);
  assert.deepEqual([found?.check, found?.what], ["missing", '"temp": 50 % of the readings are missing']);
});

test("classes: those of the task of which there is no row are named", () => {
  assert.match(find(([a, b]) => [a, b, 0])[0]?.what as string, /no row is of 1 of the 2 classes: "high"/);
});

test("constant: a column that never varies is told, and all of them are a failure", () => {
  const one = find(([a, _, y]) => [a, 600, y]);
  assert.deepEqual([one[0]?.check, one[0]?.level], ["constant", "warning"]);
  const all = find(([, , y]) => [20, 600, y]).find(({ check }) => check === "constant");
  assert.deepEqual([all?.level, all?.what], ["failure", '2 of 2 features are constant: "temp", "hum"']);
});

test("constant: so is a target that never varies, by its name", () => {
  const task: DataTask = { ...TASK, output: { kind: "regression", targets: ["load"], mean: [7], std: [2] } };
  const found = find(([a, b]) => [a, b, 7.5], ROWS, task);
  assert.deepEqual(found, [
    { check: "constant", level: "warning", column: "load", what: 'the target "load" is 7.5 in every row' },
  ]);
  assert.deepEqual(
    find(([a, b, y]) => [a, b, 7 + y], ROWS, task),
    [],
  );
});

test("duplicates: rows that are there twice, and rows that differ in their label only, are counted", () => {
  const twice = find(([a, b, y], i) => (i % 10 < 2 ? [21, 601, 0] : [a, b, y]));
  assert.deepEqual([twice.length, twice[0]?.check], [1, "duplicates"]);
  assert.match(twice[0]?.what as string, /11 of 60 rows are there more than once/);
  const torn = find(([a, b, y], i) => (i % 10 < 2 ? [21, 601, i === 0 ? 0 : 1] : [a, b, y]));
  assert.match(torn[0]?.what as string, /11 of 60 rows have the values of another row, and another label/);
});

test("rows: one row is a failure, and fewer than ten for each class a warning", () => {
  assert.equal(find(undefined, 1).find(({ check }) => check === "rows")?.level, "failure");
  assert.deepEqual(
    find(undefined, 19).map(({ check, level }) => [check, level]),
    [["rows", "warning"]],
  );
  assert.deepEqual(find(undefined, 20), []);
});

test("the page names every check", () => {
  const page = readFileSync(join(TOP, "node/data/README.md"), "utf8");
  for (const { name } of DATA_CHECKS) assert.match(page, new RegExp(`\\| \`${name}\` \\|`));
});

test("a peer tells what the preflight finds, and refuses such data where data.strict says so", async (context) => {
  const rows = Array.from(
    { length: 30 },
    (_, i) => `${500 + (i % 7)},${600 + 10 * (i % 11)},${i % 2 ? "low" : "high"}`,
  );
  const path = temporaryFile(context, "t.csv", `temp,hum,label\n${rows.join("\n")}\n`);
  const task = parseTask({ name: "t", ...TASK, model: { kind: "softmax" } });
  const { warnings, train } = await loadCheckedData({ ...DEFAULTS.data, path }, task);
  assert.equal(warnings.filter((warning) => /"temp" is about 50\d.* ± .*other units/.test(warning)).length, 1);
  assert.equal(warnings.length, 1, warnings.join("\n"));
  assert.ok(train.length > 0);
  const strict = loadCheckedData({ ...DEFAULTS.data, path, strict: true }, task);
  await assert.rejects(strict, { code: "ERR_DATA", message: /1 finding\(s\), and data\.strict refuses such data/ });
});
