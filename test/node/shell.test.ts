import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { it, test } from "node:test";
import { namesIn } from "../../node/data/name-list.ts";
import { nameList, shellOption, shellWord } from "../../node/shell.ts";
import { visible } from "../../protocol/base/visible.ts";

const noBash = spawnSync("bash", ["--version"]).status === 0 ? false : "bash is not installed";

it("a word that is pasted into a shell is the text, and shows every character of it", { skip: noBash }, () => {
  for (const text of ["Art", "a b", "it's", "$(date)", "\u200b\u000bArt", "x\\\u001b'y", "\u{e0041}z", "né"]) {
    const word = shellWord(text);
    const { stdout } = spawnSync("bash", ["-c", `printf %s ${word}`], { encoding: "utf8", env: { LC_ALL: "C.UTF-8" } });
    assert.deepEqual([stdout, visible(word)], [text, word]);
  }
});

test("a word that is pasted into a shell arrives as it was", () => {
  const words = [
    "plain",
    "a b",
    "it's",
    "$HOME",
    "`id`",
    "a\\b",
    '"',
    "*",
    "~",
    "#1",
    "",
    "Größe",
    "a;b&c|d",
    "!x",
    "-n",
  ];
  const printed = execFileSync(
    "sh",
    ["-c", `for w in ${words.map(shellWord).join(" ")}; do printf '%s\\0' "$w"; done`],
    {
      encoding: "utf8",
    },
  );
  assert.deepEqual(printed.split("\0").slice(0, -1), words);
});

test("a value that looks like an option is tied to its flag, a negative number is not", () => {
  assert.equal(shellOption("--drop", "-x"), "--drop=-x");
  assert.equal(shellOption("--missing", "-9999"), "--missing -9999");
  assert.equal(shellOption("--label", "a b"), "--label 'a b'");
});

test("a list of names comes apart as it was put together", () => {
  for (const names of [["a"], ["a", "b c"], ["a, b", 'x "y"', "#3"], ["it's", "a;b"]]) {
    assert.deepEqual(namesIn(nameList(names)), names);
  }
});
