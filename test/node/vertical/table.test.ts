/** Tables of vertical learning: what is read, and what is refused in words. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pick, readVerticalTable, rowsOf, type TableChoice } from "../../../node/vertical/table.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";

describe("a table of vertical learning", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-vertical-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function read(text: string, choice: Partial<TableChoice> = {}) {
    const path = join(folder, "table.csv");
    await writeFile(path, text);
    return readVerticalTable({ path, idColumn: "id", ...choice });
  }

  const LABEL = { label: { column: "y", kind: "logistic" } } as const;

  it("has ids, columns and labels, whatever the order of columns", async () => {
    const table = await read("y,a,id,b\nno,1,x,10\nyes,2,y,20\n", LABEL);
    assert.deepEqual(
      [table.ids, table.names, table.classes],
      [
        ["x", "y"],
        ["a", "b"],
        ["no", "yes"],
      ],
    );
    assert.deepEqual(
      [...table.columns, table.labels].map((column) => [...column]),
      [
        [1, 2],
        [10, 20],
        [0, 1],
      ],
    );
    assert.deepEqual(
      pick(table.columns, rowsOf(table, ["y"], "")).map((column) => [...column]),
      [[2], [20]],
    );
    assert.throws(
      () => rowsOf(table, ["z"], ""),
      (error) => isHearsayError(error, "ERR_DATA"),
    );
  });

  it("is read by parties that have no labels, and for new rows", async () => {
    assert.deepEqual((await read("id,a\nx,1\n")).names, ["a"]);
    assert.deepEqual((await read("id,extra,a\nx,7,1\n", { features: ["a"] })).names, ["a"]);
  });

  const refused: readonly (readonly [what: string, text: string, choice: Partial<TableChoice>, message: RegExp])[] = [
    ["a column of ids that there is not", "name,a\nx,1\n", {}, /"id"/],
    ["an id that is there twice", "id,a\nx,1\nx,2\n", {}, /"x" is in row 1 and in row 2/],
    ["a row without an id", "id,a\n,1\n", {}, /owner|id/],
    ["labels that there are not", "id,a\nx,1\n", LABEL, /"y"/],
    [
      "labels of three classes",
      "id,a,y\nx,1,p\ny,2,q\nz,3,r\n",
      LABEL,
      /3 classes; logistic regression tells two apart/,
    ],
    ["values that are no numbers", "id,a\nx,one\n", {}, /one/],
  ];
  for (const [what, text, choice, message] of refused)
    it(`refuses ${what}`, () =>
      assert.rejects(read(text, choice), (error) => isHearsayError(error, "ERR_DATA") && message.test(error.message)));
});
