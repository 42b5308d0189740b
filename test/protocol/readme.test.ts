/** The threat model names tests that show each defence; a name that leads nowhere shows nothing. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const TOP = join(import.meta.dirname, "..", "..");

describe("protocol/README.md", () => {
  it("names tests that are there", () => {
    const text = readFileSync(join(TOP, "protocol", "README.md"), "utf8");
    const named = [...text.matchAll(/`(test\/[^`\s]+)`/g)].map(([, path]) => path as string);
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((path) => !existsSync(join(TOP, path))),
      [],
    );
  });
});
