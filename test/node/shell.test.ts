import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { shellWord } from "../../node/shell.ts";
import { visible } from "../../protocol/visible.ts";

const noBash = spawnSync("bash", ["--version"]).status === 0 ? false : "bash is not installed";

it("a word that is pasted into a shell is the text, and shows every character of it", { skip: noBash }, () => {
  for (const text of ["Art", "a b", "it's", "$(date)", "\u200b\u000bArt", "x\\\u001b'y", "\u{e0041}z", "né"]) {
    const word = shellWord(text);
    const { stdout } = spawnSync("bash", ["-c", `printf %s ${word}`], { encoding: "utf8", env: { LC_ALL: "C.UTF-8" } });
    assert.deepEqual([stdout, visible(word)], [text, word]);
  }
});
