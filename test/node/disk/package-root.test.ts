import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../../node/disk/package-root.ts";

test("the root is the folder of hearsay's package.json, from source, compiled and bundled, past those of other names", (context) => {
  const root = mkdtempSync(join(tmpdir(), "hearsay-root-"));
  context.after(() => rmSync(root, { recursive: true }));
  writeFileSync(join(root, "package.json"), '{"name":"hearsay"}');
  mkdirSync(join(root, "dist/node/data"), { recursive: true });
  writeFileSync(join(root, "dist/package.json"), '{"type":"module"}');
  for (const module of ["node/x.ts", "dist/node/x.js", "dist/node/data/x.js", "dist/cli/x.js"]) {
    assert.equal(packageRoot(pathToFileURL(join(root, module)).href), root, module);
  }
  assert.equal(packageRoot(), join(import.meta.dirname, "../../.."));
});

test("a module outside any installation is told so", () => {
  assert.throws(() => packageRoot("file:///nowhere/at/all.js"), { code: "ERR_STATE" });
});
