import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { asDiskFault, diskFault } from "../../../node/disk/disk-fault.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";

function systemError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: what the system says, write`), {
    code,
    syscall: "write",
    ...(path && { path }),
  });
}

describe("a fault of the disk", () => {
  it("is one sentence with place and remedy, however deep its cause lies", () => {
    const stored = new HearsayError(
      "ERR_STATE",
      "the database failed",
      { directory: "/state/db" },
      systemError("ENOSPC"),
    );
    const error = asDiskFault(new HearsayError("ERR_LOG_CLOSED", "a write to the log failed", {}, stored));
    assert.ok(isHearsayError(error, "ERR_STATE"));
    assert.equal(
      error.message,
      "there is no space left on the disk (/state/db): free some, then start again; nothing that was acknowledged is lost",
    );
    assert.equal((asDiskFault(error) as Error).message, error.message);
  });

  it("is known by the system's code, and by LevelDB's words", () => {
    const expected = {
      NO_SPACE: [systemError("ENOSPC"), systemError("EDQUOT"), new Error("IO error: 5.log: No space left on device")],
      READ_ONLY: [systemError("EROFS"), new Error("IO error: LOCK: Read-only file system")],
      TOO_LARGE: [systemError("EFBIG"), new Error("IO error: 5.log: File too large")],
      TOO_MANY: [
        ...[systemError("EMFILE"), systemError("ENFILE"), new Error("IO error: 5.ldb: Too many open files")],
        new Error("A system error occurred: uv_interface_addresses returned Unknown system error 24"),
      ],
      DISK_FAILED: [systemError("EIO"), new Error("IO error: 5.log: Input/output error")],
    };
    for (const [code, errors] of Object.entries(expected))
      for (const error of errors) assert.equal(diskFault(error)?.code, code, error.message);
  });

  it("is known where a folder cannot be made on a read-only disk, of which Node says that there is no such file", (context) => {
    if (process.getuid?.() !== 0) return context.skip("only root may mount a disk");
    const folder = mkdtempSync(join(tmpdir(), "hearsay-read-only-"));
    context.after(() => rmdirSync(folder));
    execFileSync("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", folder]);
    try {
      assert.throws(
        () => mkdirSync(join(folder, "state/db"), { recursive: true }),
        (error) => diskFault(error)?.code === "READ_ONLY",
      );
    } finally {
      execFileSync("umount", [folder]);
    }
    assert.throws(
      () => mkdirSync(join(folder, "\0")),
      (error) => diskFault(error) === undefined,
    );
  });

  it("is nothing else: other errors stay as they are", () => {
    const circle = new Error("a circle");
    circle.cause = circle;
    for (const error of [systemError("ENOENT"), new HearsayError("ERR_TASK", "no task"), circle, "text", undefined])
      assert.equal(asDiskFault(error), error);
  });
});
