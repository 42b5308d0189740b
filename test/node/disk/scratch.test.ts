import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createScratch } from "../../../node/disk/scratch.ts";

const CHILD = fileURLToPath(new URL("./scratch-child.ts", import.meta.url));

describe("a temporary directory", () => {
  it("is gone with all that is in it when it is not needed any more, and signals have their usual effect again", async () => {
    const before = process.listenerCount("SIGTERM");
    const [one, two] = [await createScratch("test"), await createScratch("test")];
    await writeFile(join(one.path, "file"), "text");
    one.remove();
    assert.deepEqual([existsSync(one.path), existsSync(two.path)], [false, true]);
    two.remove();
    two.remove();
    assert.equal(existsSync(two.path), false);
    assert.equal(process.listenerCount("SIGTERM"), before);
  });

  it("is gone when a signal ends the process, which ends as by that signal", {
    skip: process.platform === "win32",
  }, async () => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      const child = spawn(process.execPath, [CHILD], { stdio: ["ignore", "pipe", "inherit"] });
      const [path] = (await once(child.stdout, "data")).map(String) as [string];
      assert.ok(existsSync(path));
      child.kill(signal);
      assert.deepEqual(await once(child, "close"), [null, signal]);
      assert.equal(existsSync(path), false);
    }
  });
});
