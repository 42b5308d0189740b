import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createSecretRng } from "../../node/secret-rng.ts";

const NODE = join(import.meta.dirname, "..", "..", "node");

describe("the streams of chance of a running peer", () => {
  it("have a seed of their own each: none follows from another", () => {
    const first = Array.from({ length: 1000 }, () => createSecretRng().uint32());
    assert.ok(new Set(first).size > 995);
  });

  it("are not forked from one another where one is seen by strangers, as that of the address book is", () => {
    const files = globSync(["start.ts", "net/*.ts", "keys/*.ts"], { cwd: NODE });
    assert.ok(files.length > 20, `${files.length} files`);
    for (const file of files) {
      const source = readFileSync(join(NODE, file), "utf8");
      assert.doesNotMatch(source, /\.fork\(|createRng\(/, file);
    }
  });
});
