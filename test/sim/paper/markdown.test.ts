/** Markdown that holds what it is given, and sections of files that are replaced and nothing else. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { markdownTable, plainText, replaceSection, withoutMarkup } from "../../../sim/paper/markdown.ts";

describe("a Markdown table", () => {
  it("keeps its columns whatever stands in a cell", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1 }), (rows) => {
        const cells = rows.map((row) => row.map(plainText));
        const lines = markdownTable({ head: ["a", "b"], rows: cells }).split("\n");
        assert.equal(lines.length, rows.length + 2);
        for (const line of lines) assert.equal(line.replace(/\\./gu, "").match(/\|/g)?.length, 3, line);
      }),
    );
  });

  it("shows text as it is, without markup of its own", () => {
    assert.equal(plainText("*a*_b_ <c> |"), "\\*a\\*\\_b\\_ \\<c\\> \\|");
    assert.equal(withoutMarkup(`**70 / 60**<sup>ab</sup> ${plainText("a_b")}`), "70 / 60 [ab] a_b");
  });
});

describe("a generated section", () => {
  const document = "before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n";

  it("replaces what stands between its markers, twice as well as once", () => {
    const once = replaceSection(document, "x", "new $& text\n");
    assert.equal(once, "before\n<!-- x:begin -->\n\nnew $& text\n\n<!-- x:end -->\nafter\n");
    assert.equal(replaceSection(once, "x", "new $& text"), once);
  });

  it("is refused where a marker is missing or there twice", () => {
    for (const text of ["nothing", "<!-- x:begin -->", "<!-- x:end --><!-- x:begin -->", document + document])
      assert.throws(() => replaceSection(text, "x", "new"), { code: "ERR_DATA" });
  });
});
