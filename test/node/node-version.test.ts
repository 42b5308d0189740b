/** What a Node that is too old is told: it ends before any option is read. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { TOP } from "../support/docs.ts";

const OLD = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } })';

test("an older Node is told what is needed, in a checkout and in a project that has hearsay as a package", () => {
  const old = `data:text/javascript,${encodeURIComponent(OLD)}`;
  const { status, stderr } = spawnSync(process.execPath, ["--import", old, join(TOP, "node/cli.ts"), "status"], {
    encoding: "utf8",
  });
  assert.equal(status, 1);
  assert.match(stderr, /^hearsay needs Node 22 or newer, this is v\d+.*npm ci:\n {2}export PATH=/);
  assert.match(
    stderr,
    /\nA project that has hearsay as a package gets one, which npx takes:\n {2}npm install node@24\n$/,
  );
});
