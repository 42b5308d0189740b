import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type CsvOptions, type CsvTable, readCsv } from "../../../node/data/csv.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { temporaryFile } from "./files.ts";

const SPECIES: CsvOptions = { labels: { kind: "classification", column: "label", classes: ["cat", "dog"] } };
const UNNAMED: CsvOptions = { labels: { kind: "classification", column: "label" } };

function read(context: TestContext, text: string | Uint8Array, options = SPECIES, name = "t.csv"): Promise<CsvTable> {
  return readCsv(temporaryFile(context, name, text), options);
}

/** Faults listed by the error that reading ends in. */
async function faultsOf(context: TestContext, text: string, options = SPECIES): Promise<readonly string[]> {
  const error = await read(context, text, options).then(
    () => assert.fail("nothing was refused"),
    (thrown: unknown) => thrown,
  );
  assert.ok(isHearsayError(error, "ERR_DATA"), String(error));
  return error.details.faults as string[];
}

function refused(context: TestContext, text: string | Uint8Array, message: RegExp, options = SPECIES): Promise<void> {
  return assert.rejects(read(context, text, options), { name: "HearsayError", code: "ERR_DATA", message });
}

test("a table reads as features in order of columns and class indices in order of the task's classes", async (context) => {
  const { data, features, classes } = await read(context, "height,label,weight\n1.5,dog,-2e1\n+.5,cat,3.\n");
  assert.deepEqual([...data.inputs], [1.5, -20, 0.5, 3]);
  assert.deepEqual([...data.targets], [1, 0]);
  assert.equal(data.length, 2);
  assert.equal(data.owners, undefined);
  assert.deepEqual(features, ["height", "weight"]);
  assert.deepEqual(classes, ["cat", "dog"]);
});

test("features in the order asked for, other columns ignored whatever they hold, owners kept", async (context) => {
  const { data } = await read(context, "id,b,label,a,who\nx,1,cat,2,ann\n,3,dog,4,bob\n", {
    ...SPECIES,
    features: ["a", "b"],
    owner: "who",
  });
  assert.deepEqual([...data.inputs], [2, 1, 4, 3]);
  assert.deepEqual(data.owners, ["ann", "bob"]);
});

test("a regression reads one or more targets in the order asked for", async (context) => {
  const options: CsvOptions = { labels: { kind: "regression", columns: ["v", "u"] } };
  const { data, classes } = await read(context, "u,a,v\n1,2,3\n4,5,6\n", options);
  assert.deepEqual([...data.inputs], [2, 5]);
  assert.deepEqual([...data.targets], [3, 1, 6, 4]);
  assert.deepEqual(classes, []);
});

test("classes that nobody named are the values that occur, numbers in order of number", async (context) => {
  const numbers = await read(context, "a,label\n1,10\n2,9\n3,10\n4,-1\n", UNNAMED);
  assert.deepEqual(numbers.classes, ["-1", "9", "10"]);
  assert.deepEqual([...numbers.data.targets], [2, 1, 2, 0]);
  const words = await read(context, "a,label\n1,b\n2,a\n3,C\n", UNNAMED);
  assert.deepEqual(words.classes, ["C", "a", "b"]);
  assert.deepEqual([...words.data.targets], [2, 1, 0]);
});

test("a byte order mark, CRLF, quotes, blank lines, spaces and a missing last newline are no hindrance", async (context) => {
  const { data } = await read(context, '\ufeff"a", label \r\n"1.5" , "cat"\r\n\r\n 2,dog');
  assert.deepEqual([...data.inputs], [1.5, 2]);
  assert.deepEqual([...data.targets], [0, 1]);
  const named = await read(context, '"a, ""b"""\tlabel\n1\tcat\n', SPECIES);
  assert.deepEqual(named.features, ['a, "b"']);
});

test("comma, semicolon and tab are told apart by the header line, and can be asked for", async (context) => {
  for (const c of [",", ";", "\t"]) {
    const { data } = await read(context, `a${c}"x,;,;,;\t"${c}label\n1${c}2${c}cat\n3${c}4${c}dog\n`);
    assert.deepEqual([...data.inputs], [1, 2, 3, 4], JSON.stringify(c));
  }
  const forced = await read(context, "a,b;label\n1;cat\n", { ...SPECIES, delimiter: ";" });
  assert.deepEqual(forced.features, ["a,b"]);
});

test("a gzipped table reads like a plain one, whatever its name, and a broken one is refused", async (context) => {
  const { data } = await read(context, gzipSync("a,label\n1,cat\n2,dog\n"), SPECIES, "t.csv.gz");
  assert.deepEqual([...data.inputs], [1, 2]);
  const cut = temporaryFile(context, "cut.csv.gz", gzipSync("a,label\n1,cat\n2,dog\n").subarray(0, 20));
  await assert.rejects(readCsv(cut, SPECIES), { code: "ERR_DATA", message: /gzip that ends too early/ });
  const plain = await read(context, "a,label\n1,cat\n", SPECIES, "plain.csv.gz");
  assert.deepEqual([[...plain.data.inputs], plain.taken.gzipped], [[1], false]);
  const hidden = await read(context, gzipSync("a,label\n1,cat\n"), SPECIES, "hidden.CSV");
  assert.deepEqual([[...hidden.data.inputs], hidden.taken.gzipped], [[1], true]);
});

test("every bad value is named with its line and column", async (context) => {
  const faults = await faultsOf(
    context,
    ["a,b,label", "1.5,2,cat", "x,,cow", "1,2", "1,2,cat,3", "NaN,Infinity,", '"1,5",1e39,dog', "0x10,1_000,dog"].join(
      "\n",
    ),
  );
  assert.deepEqual(faults, [
    'line 3, column "a": "x" is no number',
    'line 3, column "b": the value is missing',
    'line 3, column "label": label "cow" is unknown; the classes are "cat", "dog"',
    "line 4: 2 field(s), the header has 3",
    "line 5: 4 field(s), the header has 3",
    'line 6, column "a": "NaN" is no number',
    'line 6, column "b": "Infinity" is no number',
    'line 6, column "label": the label is missing',
    'line 7, column "a": "1,5" has a decimal comma; where all numbers of the file do, say --decimal comma',
    'line 7, column "b": "1e39" is too large for float32',
    'line 8, column "a": "0x10" is no number',
    'line 8, column "b": "1_000" is no number',
  ]);
});

test("a file whose every label is a word of its own is told to take the task's, and not to leave all of its rows out", async (context) => {
  const german = "a,label\n1,Katze\n2,Hund\n3,Katze\n4,Hund\n5,Hund\n6,Katze\n";
  await refused(
    context,
    german,
    /no row has a class of the task: if these are other names for them, write the task's names/,
  );
  await refused(context, german, /^(?![\s\S]*--missing)/);
  await refused(context, `${german}7,cat\n`, /to leave these rows out: --missing Katze,Hund$/);
});

test("lines count blank lines and lines inside quotes", async (context) => {
  const faults = await faultsOf(context, 'a,note,label\n\n1,"two\nlines",cat\n\nx,,dog\n', {
    ...SPECIES,
    features: ["a"],
  });
  assert.deepEqual(faults, ['line 6, column "a": "x" is no number']);
});

test("a missing owner and a regression target that is no number are faults like others", async (context) => {
  const options: CsvOptions = { labels: { kind: "regression", columns: ["y"] }, owner: "o" };
  assert.deepEqual(await faultsOf(context, "a,y,o\n1,-,\n", options), [
    'line 2, column "y": "-" is no number',
    'line 2, column "o": the owner is missing; fill it in, or leave --owner out',
  ]);
});

test("a column that is bad throughout is one fault, of many columns 20 are listed, and all values are counted", async (context) => {
  const text = `a,b,label\n${"?,1,cat\n".repeat(50)}`;
  assert.deepEqual(await faultsOf(context, text), ['column "a", in 50 of 50 rows: line 2: "?" is no number']);
  await refused(
    context,
    text,
    /50 fault\(s\):\n.*\nleave it out: --drop a\nor, if it names whose row it is: --owner a$/,
  );
  const header = Array.from({ length: 30 }, (_, i) => `c${i}`).join();
  const wide = `${header},label\n${`${"?,".repeat(30)}cat\n`.repeat(6)}`;
  assert.equal((await faultsOf(context, wide)).length, 20);
  await refused(context, wide, /180 fault\(s\), the first 20:\n/);
});

test("a header without the columns, or that is none, is refused with what there is", async (context) => {
  await refused(context, "a,species\n1,cat\n", /no label column "label"; the header has "a", "species"/);
  await refused(context, "a,label\n1,cat\n", /no feature column "b"/, { ...SPECIES, features: ["b"] });
  await refused(context, "a,label\n1,cat\n", /no owner column "o"/, { ...SPECIES, owner: "o" });
  await refused(context, "a,a,label\n1,2,cat\n", /column "a" twice/);
  await refused(context, "1,2,3\n4,5,6\n", /first line holds numbers/);
  await refused(context, ",a,label\n0,1,cat\n", /has no name/);
  await refused(context, "label\ncat\n", /no feature column/);
  await refused(context, "a,label\n1,cat\n", /as a feature and as label/, { ...SPECIES, features: ["a", "label"] });
  const ignored = await read(context, ",a,label\n0,1,cat\n", { ...SPECIES, features: ["a"] });
  assert.deepEqual([...ignored.data.inputs], [1]);
});

test("a file that is empty, absent, a folder or broken is refused in one sentence", async (context) => {
  await refused(context, "", /no rows/);
  await refused(context, "a,label\n", /no rows/);
  await refused(context, 'a,label\n"1,cat\n', /line 2: a quote is opened and never closed/);
  await assert.rejects(readCsv("/nowhere/t.csv", SPECIES), { code: "ERR_DATA", message: /no such file/ });
  await assert.rejects(readCsv(import.meta.dirname, SPECIES), { code: "ERR_DATA", message: /EISDIR/ });
});

test("reading stops at the bound of values and at a record without end", async (context) => {
  const text = `a,label\n${"1,cat\n".repeat(100)}`;
  assert.equal((await read(context, text, { ...SPECIES, maxValues: 200 })).data.length, 100);
  await refused(context, text, /more than 199 values/, { ...SPECIES, maxValues: 199 });
  await refused(context, `a,label\n"${"1".repeat(9 * 2 ** 20)}`, /line 2: more than 8388608 characters/);
});

test("a label column with more than 1,000 different values is taken for a number to predict", async (context) => {
  const rows = Array.from({ length: 1001 }, (_, i) => `1,${i}`).join("\n");
  await refused(context, `a,label\n${rows}\n`, /line 1002, column "label": .*regression/, UNNAMED);
});

test("inputs to predict need no label or owner column and ignore them where they are", async (context) => {
  const options: CsvOptions = { ...SPECIES, owner: "o", inputsOnly: true };
  const without = await read(context, "a,b\n1,2\n", options);
  assert.deepEqual([[...without.data.inputs], [...without.data.targets]], [[1, 2], []]);
  const having = await read(context, "a,label,b,o\n1,cow,2,\n", options);
  assert.deepEqual([...having.data.inputs], [1, 2]);
  const chosen = await read(context, "z,b,a\n?,1,2\n", { ...options, features: ["a", "b"] });
  assert.deepEqual([...chosen.data.inputs], [2, 1]);
});

test("whatever a file holds, it is refused with ERR_DATA or every value that comes out is finite", async (context) => {
  const path = temporaryFile(context, "fuzz.csv", "");
  const { writeFile } = await import("node:fs/promises");
  const cell = fc.constantFrom("1", "-2.5", "", "NaN", "inf", "1e400", "cat", "dog", '"1"', '"', "a\nb", "\u0000", "é");
  const grid = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(grid, fc.constantFrom(",", ";", "\t"), async (rows, delimiter) => {
      await writeFile(path, [["a", "b", "label"], ...rows].map((row) => row.join(delimiter)).join("\n"));
      try {
        const { data } = await readCsv(path, SPECIES);
        assert.equal(data.inputs.length, 2 * data.length);
        for (const value of [...data.inputs, ...data.targets]) assert.ok(Number.isFinite(value));
      } catch (error) {
        assert.ok(isHearsayError(error, "ERR_DATA"), String(error));
      }
    }),
    { numRuns: 300 },
  );
});
