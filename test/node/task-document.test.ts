/** The text of task files that are written. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { taskDocument, taskText, write } from "../../node/task-document.ts";

describe("the text of a task file", () => {
  it("fills the lines of long lists, of at most 120 letters, and says the same", () => {
    const document = taskDocument("name: wide\ninput:\n  shape: [300]\n");
    const features = Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? `a "b", it's #${i}` : `column ${i}`));
    write(document, ["input", "features"], features, " names");
    write(
      document,
      ["input", "mean"],
      Array.from({ length: 300 }, (_, i) => i / 7),
      "",
    );
    const text = taskText(document);
    const lines = text.split("\n");
    assert.ok(lines.length < 120, `${lines.length} lines`);
    assert.ok(lines.every((line) => line.length <= 120));
    assert.deepEqual(parse(text), document.toJS());
    assert.deepEqual(parse(text).input.features, features);
  });

  it("leaves short lists in one line, and lists of long texts, lists and maps as they are", () => {
    const document = taskDocument("name: odd\n");
    const long = `${"a long name, with \"quotes\" and 'more', ".repeat(8)}\nend`;
    write(document, ["short"], [1, 2, 3], "");
    write(document, ["long"], [long, "No", long.replaceAll("\n", " ")], "");
    write(
      document,
      ["nested"],
      Array.from({ length: 20 }, (_, i) => [`layer ${i}`, [i, { kind: "dense" }]]),
      "",
    );
    const text = taskText(document);
    assert.match(text, /^short: \[1, 2, 3\]$/m);
    assert.deepEqual(parse(text), document.toJS());
  });
});
