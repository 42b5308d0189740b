/** Whatever goes astray in a file of tests fails the run, though the runner follows no promise (support/plain-promises.ts). */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";

const PRELOADED = join(import.meta.dirname, "support/plain-promises.ts");
const HEAD = `import assert from "node:assert/strict"; import { describe, it } from "node:test";
  const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));\n`;
const BODIES: Readonly<Record<string, string>> = {
  "an assertion after a wait": 'describe("a", () => { it("b", async () => { await soon(5); assert.equal(1, 2); }); });',
  "an error of a timer":
    'it("a", async () => { setTimeout(() => { throw new Error("stray"); }, 5); await soon(50); });',
  "an error of a timer after the test": 'it("a", () => { setTimeout(() => { throw new Error("stray"); }, 20); });',
  "a promise that nobody awaits":
    'it("a", async () => { void soon(5).then(() => { throw new Error("stray"); }); await soon(50); });',
};

describe("a file of tests whose promises nobody follows", () => {
  const folder = mkdtempSync(join(tmpdir(), "hearsay-plain-"));
  after(() => rmSync(folder, { recursive: true }));

  function run(body: string) {
    const file = join(folder, `${Object.values(BODIES).indexOf(body)}.test.mjs`);
    writeFileSync(file, HEAD + body);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(process.execPath, ["--import", PRELOADED, "--test", file], {
      encoding: "utf8",
      env,
      timeout: 60_000,
    });
  }

  for (const [what, body] of Object.entries(BODIES))
    it(`fails by ${what}`, () => {
      const { status, stdout } = run(body);
      assert.equal(status, 1, stdout);
      assert.match(stdout, /^(?:#|ℹ) (?:fail|cancelled) 1$/m);
    });

  it("names its tests at once: no describe is async, since tests that are named later would stand beside it", () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter((path) =>
      path.endsWith(".test.ts"),
    );
    assert.ok(files.length > 400);
    const isLate = (path: string) =>
      /\bdescribe\(.*\basync \(/.test(readFileSync(join(import.meta.dirname, path), "utf8"));
    assert.deepEqual(
      files.filter((path) => path !== "plain-promises.test.ts" && isLate(path)),
      [],
    );
  });

  it("passes else, and its promises have no number of their own", () => {
    const { status, stdout } = run(
      'import { executionAsyncId } from "node:async_hooks"; it("a", async () => { await soon(1); const one = executionAsyncId(); await null; assert.equal(executionAsyncId(), one); });',
    );
    assert.equal(status, 0, stdout);
  });
});
