/** Every package of the lock file has its origin and its hash. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { lockFaults } from "./support/check-lock.ts";

const whole = { resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz", integrity: "sha512-AAAA" };

describe("the lock file", () => {
  it("names origin and hash of every package", () => {
    const lock = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package-lock.json"), "utf8"));
    assert.ok(Object.keys(lock.packages).length > 300);
    assert.deepEqual(lockFaults(lock), []);
  });

  it("is refused where an entry lacks either, comes from elsewhere, or has a weak hash", () => {
    const { resolved, integrity } = whole;
    const broken = [
      { resolved },
      { integrity },
      { resolved: "https://example.net/a-1.0.0.tgz", integrity },
      { resolved, integrity: "sha1-AAAA" },
    ];
    for (const entry of broken) assert.equal(lockFaults({ packages: { "": {}, "node_modules/a": entry } }).length, 1);
    assert.deepEqual(lockFaults({ packages: { "": {}, "node_modules/a": whole } }), []);
  });
});
