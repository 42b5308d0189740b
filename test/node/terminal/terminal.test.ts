/** Nothing of others reaches a terminal that it would obey, whichever command says it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../../node/disk/package-root.ts";
import { coloursOf } from "../../../node/terminal/colours.ts";
import { table } from "../../../node/terminal/print.ts";
import { seen, seenLogLine } from "../../../node/terminal/terminal.ts";

const colours = coloursOf(true);

test("our colours pass the edge, those in a text of others do not", () => {
  assert.equal(seen(`${colours.red("error:")} name`), "\x1b[31merror:\x1b[39m name");
  assert.equal(seen(`${colours.bold("a")} \x1b[31mforged`), "\x1b[1ma\x1b[22m \\x1b[31mforged");
  assert.equal(seen("\x1b[8mhidden"), "\\x1b[8mhidden");
});

test("the mark of our colours does not leave the process, so that nobody learns to forge it", () => {
  assert.equal(seen(colours.green("a")), "\x1b[32ma\x1b[39m");
});

test("lines stay lines; everything else that a terminal obeys is shown", () => {
  assert.equal(seen("one\ntwo\n"), "one\ntwo\n");
  assert.equal(seen("\x1b]52;c;aGk=\x07\x9b2J\r\u202e"), "\\x1b]52;c;aGk=\\x07\\x9b2J\\x0d\\u202e");
});

test("a table of coloured cells and of cells of others is drawn with our colours alone", () => {
  const text = seen(table(["name"], [[colours.yellow("ours")], ["\x1b[2Jtheirs"], [`${colours.red("two\nlines")}`]]));
  const sequences = text
    .split("\x1b")
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf("m") + 1));
  assert.ok(sequences.length >= 4);
  assert.ok(
    sequences.every((sequence) => /^\[(?:1|22|31|33|39)m$/.test(sequence)),
    JSON.stringify(sequences),
  );
  assert.ok(text.includes("\\x1b[2Jtheirs"));
});

test("a line of the log of a peer has none either, before or after it is parsed", () => {
  const line = seenLogLine(`${JSON.stringify({ level: 30, msg: "x\x1b[2J\x9b\u202e", err: { stack: "a\nb" } })}\n`);
  assert.match(line, /^[\x20-\x7e]*\n$/);
  assert.deepEqual(JSON.parse(line), { level: 30, msg: "x\\x1b[2J\\x9b\\u202e", err: { stack: "a\nb" } });
});

test("arguments that no command has are told without what a terminal obeys", () => {
  for (const given of [["foo\x1b[2J"], ["init", "--x\u202e\x1b[2J"], ["log", "show", "--y\x07"]]) {
    const { status, stderr } = spawnSync(process.execPath, [join(packageRoot(), "node/cli.ts"), ...given], {
      encoding: "utf8",
    });
    assert.equal(status, 2);
    assert.doesNotMatch(stderr, /(?!\n)[\p{Cc}\u202e]/u);
    assert.match(stderr, /\\x1b\[2J|\\x07/);
  }
});

test("a table is as wide as what is shown in it: escapes in place of what is not drawn do not push the border", () => {
  const drawn = seen(
    table(
      ["name", "n"],
      [
        ["a\ufe0f\x1b[2J", "1"],
        ["plain", "2"],
      ],
    ),
  ).split("\n");
  assert.ok(drawn.some((line) => line.includes("a\\ufe0f\\x1b[2J")));
  assert.equal(new Set(drawn.map((line) => line.length)).size, 1, drawn.join("\n"));
});
