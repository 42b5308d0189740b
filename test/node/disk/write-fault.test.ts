import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { asDiskFault } from "../../../node/disk/disk-fault.ts";
import { makePrivateDirectory } from "../../../node/disk/private-directory.ts";
import { storeTask } from "../../../node/disk/state-dir.ts";
import { writeOutput } from "../../../node/disk/whole-file.ts";
import { makeDirectory, refuseUnwritable, writeFault } from "../../../node/disk/write-fault.ts";
import { createPrivate } from "../../../node/keys/keys.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";

const LINUX = process.platform === "linux";
const ROOT = process.getuid?.() === 0;

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: what the system says, open 'aside'`), { code, syscall: "open" });
}

describe("a path that cannot be written", () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-unwritable-"));
    await writeFile(join(root, "file"), "");
  });
  after(() => rm(root, { recursive: true }));

  it("is told with option, path, reason and remedy, for each thing that the system may say", () => {
    const path = join(root, "x/out.csv");
    const expected: Record<string, [code: string, why: string, remedy: string]> = {
      EACCES: [
        "ERR_CONFIG",
        `this user may not write in ${root}`,
        "give this user the right to (ls -ld shows whose it is), or name another path",
      ],
      EPERM: [
        "ERR_CONFIG",
        `this user may not write in ${root}`,
        "give this user the right to (ls -ld shows whose it is), or name another path",
      ],
      ENOENT: ["ERR_CONFIG", `the system lets nothing be made in ${root}`, "name another path"],
      EISDIR: ["ERR_CONFIG", "it is a directory", "name a file in it"],
      ENAMETOOLONG: ["ERR_CONFIG", "its name is too long", "name a shorter one"],
      ELOOP: ["ERR_CONFIG", "its links lead in a circle", "name another path"],
      EBUSY: ["ERR_CONFIG", "another program uses it", "end that program, or name another path"],
      ENOSPC: ["ERR_STATE", "there is no space left on the disk", "free some, or name a path on another disk"],
      EDQUOT: ["ERR_STATE", "there is no space left on the disk", "free some, or name a path on another disk"],
      EROFS: ["ERR_STATE", "the disk is read-only", "mount it for writing, or name a path on another disk"],
      EFBIG: ["ERR_STATE", "a file may not grow any more", "raise the limit of file sizes (ulimit -f)"],
      EIO: [
        "ERR_STATE",
        "the disk did not read or write what it was told to",
        "look at its health before you trust it again",
      ],
    };
    for (const [system, [code, why, remedy]] of Object.entries(expected)) {
      const told = writeFault(systemError(system), path, "--output");
      assert.ok(told instanceof HearsayError, system);
      assert.equal(told.code, code, system);
      assert.equal(told.message, `--output ${path} cannot be written: ${why}; ${remedy}`);
      assert.deepEqual([told.details.option, told.details.path, told.details.remedy], ["--output", path, remedy]);
      assert.equal(asDiskFault(told), told, "what ends the command says the same");
    }
    const below = join(root, "file/out.csv");
    for (const system of ["ENOTDIR", "EEXIST"])
      assert.equal(
        (writeFault(systemError(system), below, "--out") as Error).message,
        `--out ${below} cannot be written: ${join(root, "file")} is no directory; name another path`,
      );
  });

  it("is named alone where no option named it; what is no fault of a path stays as it is", () => {
    const told = writeFault(systemError("EISDIR"), root, undefined) as Error;
    assert.equal(told.message, `${root} cannot be written: it is a directory; name a file in it`);
    const others = [
      new HearsayError("ERR_DATA", "no data"),
      new TypeError("a fault of ours"),
      "text",
      systemError("EINVAL"),
    ];
    for (const other of others) assert.equal(writeFault(other, root, "--output"), other);
    const full = systemError("ENOSPC");
    assert.equal(writeFault(full, root, "the state directory"), full, "a peer's disk has words of its own");
  });

  it("is refused by what writes files, directories, tasks and keys", async () => {
    const below = join(root, "file/deep/x");
    const why = `cannot be written: ${join(root, "file")} is no directory; name another path`;
    await assert.rejects(writeOutput(below, "x", "--output"), {
      code: "ERR_CONFIG",
      message: `--output ${below} ${why}`,
    });
    await assert.rejects(makePrivateDirectory(below), { message: `the state directory ${below} ${why}` });
    const file = join(root, "file"); // a state directory that is a file: the folder around it is well
    await assert.rejects(makePrivateDirectory(file), {
      message: `the state directory ${file} cannot be written: ${file} is no directory; name another path`,
    });
    await assert.rejects(storeTask(below, Uint8Array.of(1)), { message: `the state directory ${below} ${why}` });
    await assert.rejects(createPrivate(below, Uint8Array.of(1), "<file>"), { message: `<file> ${below} ${why}` });
    await assert.rejects(writeOutput(root, "x", "--output"), { message: /it is a directory; name a file in it$/ });
    assert.deepEqual(await readdir(root), ["file"]);
  });

  it("is no fault of what the file is made of", async () => {
    const pieces = async function* () {
      yield "half";
      throw systemError("EACCES");
    };
    await assert.rejects(writeOutput(join(root, "half"), pieces(), "--output"), { code: "EACCES" });
    assert.deepEqual(await readdir(root), ["file"]);
  });

  it("ends also below a directory where the system makes none", { skip: !LINUX }, async () => {
    for (const path of ["/proc/x", "/proc/x/y"]) {
      await assert.rejects(makeDirectory(path), { code: "ENOENT" });
      await assert.rejects(makePrivateDirectory(path), {
        message: `the state directory ${path} cannot be written: the system lets nothing be made in /proc; name another path`,
      });
    }
    await assert.rejects(writeOutput("/proc/x", "x", "--output"), {
      message: /^--output \/proc\/x cannot be written: /,
    });
  });

  it("is seen before the work: a file in the way, and a directory without the right to write", async (context) => {
    await refuseUnwritable(join(root, "new/dir"), "--out");
    await refuseUnwritable(root, "--out");
    await assert.rejects(refuseUnwritable(join(root, "file/dir"), "--out"), {
      code: "ERR_CONFIG",
      message: /is no directory/,
    });
    assert.deepEqual(await readdir(root), ["file"], "it writes nothing");
    if (ROOT) return context.diagnostic("root may write anywhere");
    await chmod(root, 0o500);
    await assert.rejects(refuseUnwritable(join(root, "new"), "--out"), { message: /this user may not write in/ });
    await assert.rejects(writeOutput(join(root, "new"), "x", "--output"), { message: /this user may not write in/ });
    await chmod(root, 0o700);
  });

  it("is told where its disk is read-only", async (context) => {
    if (!ROOT || !LINUX) return context.skip("only root may mount a disk");
    const folder = await mkdtemp(join(tmpdir(), "hearsay-read-only-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder]);
    try {
      for (const name of ["out.csv", "deep/out.csv"])
        await assert.rejects(writeOutput(join(folder, name), "x", "--output"), {
          code: "ERR_STATE",
          message: `--output ${join(folder, name)} cannot be written: the disk is read-only; mount it for writing, or name a path on another disk`,
        });
    } finally {
      execFileSync("umount", [folder]);
      await rm(folder, { recursive: true });
    }
  });
});

describe("a directory that is made", () => {
  it("has those above it, all of the mode that was asked for; one that is there stays", async (context) => {
    const root = await mkdtemp(join(tmpdir(), "hearsay-made-"));
    context.after(() => rm(root, { recursive: true }));
    await Promise.all([makeDirectory(join(root, "a/b/c"), 0o700), makeDirectory(join(root, "a/b/d"), 0o700)]);
    await makeDirectory(join(root, "a/b/c"), 0o755);
    assert.deepEqual((await readdir(join(root, "a/b"))).sort(), ["c", "d"]);
    if (process.platform === "win32") return;
    for (const name of ["a", "a/b", "a/b/c"]) assert.equal((await stat(join(root, name))).mode & 0o777, 0o700);
  });
});
