import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "csv-parse/sync";
import { csvField } from "../../../protocol/base/csv-field.ts";

test("numbers stay numbers, whatever their sign", () => {
  for (const text of ["0", "-1", "+2.5", "-.5", "1e-9", "-1E+9", "007", "3."]) assert.equal(csvField(text), text);
});

test("what a spreadsheet would calculate becomes text", () => {
  const formulas = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "-",
    "＝1",
    "＋a",
    "－a",
    "＠a",
    "-5 apples",
  ];
  for (const text of formulas) assert.equal(csvField(text).replaceAll('"', "")[0], "'", text);
  for (const text of ["\t=1+1", "\r=1+1", "\n=1+1", "\u200b=1"]) assert.match(csvField(text), /^\\/);
});

test("a field cannot end early, in a file that is read with commas, semicolons or tabs", () => {
  for (const text of ["a;=1+1", "a,=1+1", 'a"\n=1+1', "a\t=1+1", "a\r\n=1+1", 'x"",=1'])
    for (const delimiter of [",", ";", "\t"]) {
      const line = ["first", csvField(text), "last"].join(delimiter);
      const [row, ...more] = parse(line, { delimiter, relax_quotes: true }) as string[][];
      assert.deepEqual([row?.length, row?.[0], row?.[2], more.length], [3, "first", "last", 0], line);
      assert.ok(row?.every((field) => !/^[=+@-]/.test(field)));
    }
});

test("nothing in it is obeyed by a terminal, and words that need joiners keep them", () => {
  assert.equal(csvField("\x1b[2Jcat"), "\\x1b[2Jcat");
  assert.equal(csvField("\u0645\u06cc\u200c\u0634\u0648\u062f"), "\u0645\u06cc\u200c\u0634\u0648\u062f");
  assert.equal(csvField("setosa"), "setosa");
  assert.equal(csvField('say "a, b"'), '"say ""a, b"""');
});
