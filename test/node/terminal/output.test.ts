import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { sourceEnvironment } from "../../support/process.ts";

const CHILD = fileURLToPath(new URL("log-output-child.ts", import.meta.url));
const MOST_BYTES = 2 ** 18;
const LINE_BYTES = 1024;

it("a log whose reader has stopped is kept up to 256 KiB, and dropped beyond", {
  skip: process.platform === "win32" && "pipes are written at once",
}, async () => {
  const child = spawn(process.execPath, [CHILD], { stdio: ["ignore", "pipe", "pipe"], env: sourceEnvironment() });
  const waiting = Number(await text(child.stdout));
  child.stderr.destroy(); // until now nobody has read it
  assert.ok(waiting > 0 && waiting < MOST_BYTES + LINE_BYTES, `${waiting} bytes wait`);
});
