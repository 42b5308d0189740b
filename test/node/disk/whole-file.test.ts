import assert from "node:assert/strict";
import { lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { writeOutput, writeWhole } from "../../../node/disk/whole-file.ts";

const POSIX = process.platform !== "win32";

describe("a file that is written as a whole", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-whole-"));
  });
  after(() => rm(root, { recursive: true }));

  const path = (name: string) => join(root, name);
  const failing = async function* () {
    yield "half";
    throw new Error("no more");
  };

  it("is there with all its bytes, or is what it was; nothing else is left", async () => {
    await writeWhole(path("a"), "old");
    await assert.rejects(writeWhole(path("a"), failing()), { message: "no more" });
    await assert.rejects(writeOutput(path("new/b"), failing(), "--output"), { message: "no more" });
    assert.equal(await readFile(path("a"), "utf8"), "old");
    await writeOutput(path("a"), Uint8Array.of(97), "--output");
    assert.equal(await readFile(path("a"), "utf8"), "a");
    assert.deepEqual((await readdir(root)).sort(), ["a", "new"]);
    assert.deepEqual(await readdir(path("new")), []);
  });

  it("has the mode that was asked for, also where a process that was killed has left half of it", {
    skip: !POSIX,
  }, async () => {
    await writeFile(path("secret.new"), "half", { mode: 0o666 });
    await writeWhole(path("secret"), "whole", { mode: 0o600 });
    assert.equal((await stat(path("secret"))).mode & 0o777, 0o600);
    assert.equal(await readFile(path("secret"), "utf8"), "whole");
  });

  it("goes where a link leads, and keeps the mode of the file there", { skip: !POSIX }, async () => {
    await writeFile(path("target"), "old", { mode: 0o640 });
    await symlink("target", path("link"));
    await writeOutput(path("link"), "new", "--output");
    assert.ok((await lstat(path("link"))).isSymbolicLink());
    assert.equal(await readFile(path("target"), "utf8"), "new");
    assert.equal((await stat(path("target"))).mode & 0o777, 0o640);
  });

  it("is written to as it is where it is a device, and the error names it", {
    skip: process.platform !== "linux",
  }, async () => {
    await writeOutput("/dev/null", "gone", "--output");
    await assert.rejects(writeOutput("/dev/full", "x", "--output"), {
      code: "ERR_STATE",
      message:
        "--output /dev/full cannot be written: there is no space left on the disk; free some, or name a path on another disk",
    });
    await assert.rejects(writeOutput("/dev/full", "x", undefined), { code: "ENOSPC", path: "/dev/full" });
    assert.ok((await stat("/dev/full")).isCharacterDevice());
  });
});
