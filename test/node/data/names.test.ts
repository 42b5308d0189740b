/** Names that look alike and are not are never told apart in silence, nor made one; spellings of one number are one class. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type CsvOptions, type CsvTable, readCsv } from "../../../node/data/csv.ts";
import { temporaryFile } from "./files.ts";

const TABLE: CsvOptions = { labels: { kind: "classification", column: "label" } };
const COMPOSED = "caf\u00e9";
const DECOMPOSED = "cafe\u0301";
/** Pairs that look alike, with a code point by which they differ. */
const ALIKE: readonly (readonly [a: string, b: string, codePoint: string])[] = [
  [COMPOSED, DECOMPOSED, "U\\+0301"],
  ["big cat", "big\u00a0cat", "U\\+00A0"],
  ["big cat", "big  cat", "U\\+0020 U\\+0020"],
  ["cat", "ca\u200bt", "U\\+200B"],
  ["cat", "ca\u00adt", "U\\+00AD"],
  ["cat", "Cat", "U\\+0043"],
  ["cat", "c\u0430t", "U\\+0430"],
  ["a-b", "a\u2013b", "U\\+2013"],
  ["\u00b5g", "\u03bcg", "U\\+03BC"],
];

function labelled(...labels: string[]): string {
  return `a,label\n${labels.map((label, i) => `${i},${label}`).join("\n")}\n`;
}

function read(context: TestContext, text: string, options: Partial<CsvOptions> = {}): Promise<CsvTable> {
  return readCsv(temporaryFile(context, "t.csv", text), { ...TABLE, ...options });
}

function refused(context: TestContext, text: string, message: RegExp, options: Partial<CsvOptions> = {}) {
  return assert.rejects(read(context, text, options), { name: "HearsayError", code: "ERR_DATA", message });
}

const classesOf = (classes: readonly string[]): Partial<CsvOptions> => ({
  labels: { kind: "classification", column: "label", classes },
});

test("labels that differ in form only are an error that shows both, their lines and their code points", async (context) => {
  for (const [a, b, codePoint] of ALIKE) {
    await refused(context, labelled(a, b, "dog"), new RegExp(`differ in form only.*lines 2 and 3: .*${codePoint}`));
  }
});

test("columns that differ in form only are an error that shows both, and one may be left out", async (context) => {
  for (const [a, b, codePoint] of ALIKE) {
    const text = `${a},${b},label\n1,2,x\n3,4,y\n`;
    await refused(context, text, new RegExp(`columns 1 and 2.*differ in form only.*${codePoint}.*--drop '#2'`));
    assert.deepEqual([...(await read(context, text, { drop: "#2" })).data.inputs], [1, 3]);
  }
});

test("a label that differs from a class of the task in form only is shown with it; composed and decomposed are equal", async (context) => {
  for (const [a, b, codePoint] of ALIKE) {
    const text = labelled(b, "dog");
    if (b === DECOMPOSED) {
      const { data } = await read(context, text, classesOf([a, "dog"]));
      assert.deepEqual([...data.targets], [0, 1]);
    } else await refused(context, text, new RegExp(`differs from a class.*${codePoint}`), classesOf([a, "dog"]));
  }
});

test("a column that the task names in another form is shown with it; composed and decomposed are equal", async (context) => {
  for (const [a, b, codePoint] of ALIKE) {
    const text = `${b},label\n1,x\n3,y\n`;
    if (b === DECOMPOSED) assert.equal((await read(context, text, { features: [a] })).data.length, 2);
    else
      await refused(context, text, new RegExp(`no feature column.*differs in form only.*${codePoint}`), {
        features: [a],
      });
  }
});

test("white space around names and labels is no part of them", async (context) => {
  const { classes, features } = await read(context, "\u00a0a ,label\t\n1,cat\u00a0\n2, cat\n3,dog\n");
  assert.deepEqual([classes, features], [["cat", "dog"], ["a"]]);
});

test("a line break in the name of a column is a space, and a control character is refused by its code point", async (context) => {
  assert.deepEqual((await read(context, '"Temp\r\n(°C)",label\n1,x\n2,y\n')).features, ["Temp (°C)"]);
  await refused(context, "a\u0007b,c,label\n1,2,x\n2,3,y\n", /column 1, "a\\u0007b", has U\+0007.*--drop '#1'/);
  await refused(context, labelled("x\u202ey", "z"), /"x\\u202ey" in line 2 has U\+202E/);
  await refused(context, labelled("x\u001b[31my", "z"), /in line 2 has U\+001B/);
});

test('1, 1.0, +1 and "1" are one class; codes with zeros in front are not, and are not mixed with numbers', async (context) => {
  const { classes, data } = await read(context, labelled("1.0", "2", '"1"', "1", "+1", "2.00", "1e0"));
  assert.deepEqual(
    [classes, [...data.targets]],
    [
      ["1", "2"],
      [0, 1, 0, 0, 0, 1, 0],
    ],
  );
  assert.deepEqual((await read(context, labelled("007", "008"))).classes, ["007", "008"]);
  await refused(context, labelled("7", "007"), /differ in form only.*"7".*"007"/);
  const long = ["9007199254740993", "9007199254740992"];
  assert.deepEqual((await read(context, labelled(...long))).classes.length, 2);
});

test("a task's classes 1 and 2 are found in a file that says 1.0 and 2.0", async (context) => {
  const { data } = await read(context, labelled("2.0", "1.0"), classesOf(["1", "2"]));
  assert.deepEqual([...data.targets], [1, 0]);
});

test("two spellings of one class in a task are a fault of the task", async (context) => {
  await assert.rejects(read(context, labelled("1"), classesOf(["1", "1.0"])), {
    code: "ERR_TASK",
    message: /"1\.0"|"1"/,
  });
});

test("numbers with decimals, and labels of which hardly any occurs twice, are no classes", async (context) => {
  const decimals = Array.from({ length: 290 }, (_, i) => (10 + 1.37 * i).toFixed(2));
  await refused(
    context,
    labelled(...decimals),
    /290 different numbers with decimals are no classes.*--template regression/,
  );
  await refused(
    context,
    labelled(...decimals.map((_, i) => String(i))),
    /290 different numbers in 290 rows.*regression/,
  );
  await refused(context, labelled(...decimals.map((_, i) => `id${i}`)), /290 different labels.*--label/);
  const grades = Array.from({ length: 60 }, (_, i) => String(1 + 0.5 * (i % 9)));
  assert.equal((await read(context, labelled(...grades))).classes.length, 9);
});

test("names that a shell, YAML or CSV reads as something else stay names", async (context) => {
  const odd = ["true", "null", "~", "1e3", "a: b", "#c", "- d", "yes", "0x10", "12:30"];
  const { classes } = await read(context, labelled(...odd, ...odd));
  assert.deepEqual([...classes].sort(), [...odd].sort());
});
