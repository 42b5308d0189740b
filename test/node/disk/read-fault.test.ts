/** Files that options name and that cannot be read: the words, and that every command has them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readFault } from "../../../node/disk/read-fault.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { bundledCli } from "../../support/bundled-cli.ts";
import { sourceEnvironment } from "../../support/process.ts";

function systemError(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: what the system says`), { code, syscall: "open", path });
}

describe("a file that cannot be read", () => {
  const named = [
    { option: "--config", path: "config.yaml" },
    { option: "--task", path: "shed/task.yaml" },
  ];

  it("is told with option, path, reason and remedy, wherever in the causes the system's error is", () => {
    const expected: Record<string, string> = {
      EACCES: "this user may not read it; give this user the right to (ls -l shows whose it is), or name another file",
      EPERM: "this user may not read it; give this user the right to (ls -l shows whose it is), or name another file",
      ENAMETOOLONG: "its name is too long; name a shorter one",
      ELOOP: "its links lead in a circle; name another file",
    };
    for (const [code, words] of Object.entries(expected)) {
      const system = systemError(code, "./shed/task.yaml");
      for (const error of [system, new HearsayError("ERR_TASK", "no task", {}, system)]) {
        const told = readFault(error, named) as HearsayError;
        assert.equal(told.message, `--task shed/task.yaml cannot be read: ${words}`);
        assert.deepEqual([told.code, told.details.option, told.details.code], ["ERR_CONFIG", "--task", code]);
        assert.equal(told.cause, error);
      }
    }
  });

  it("is left to its reader where it is not there, or no option named it, and to who writes it where it is written", () => {
    const told = new HearsayError(
      "ERR_CONFIG",
      "--output",
      { option: "--output" },
      systemError("EACCES", "config.yaml"),
    );
    for (const error of [
      systemError("ENOENT", "config.yaml"),
      systemError("EACCES", "other.yaml"),
      systemError("EISDIR"),
      told,
      new Error("another"),
      "no error",
    ])
      assert.equal(readFault(error, named), error);
  });
});

describe("commands that are given a directory in place of a file", () => {
  let folder: string;
  let cli: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "hearsay-unreadable-"));
    mkdirSync(join(folder, "DIR"));
    cli = await bundledCli();
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const [option, ...command] of [
    ["--task", "up", "--task", "DIR"],
    ["--task", "policy", "show", "--task", "DIR"],
    ["--config", "up", "--config", "DIR"],
    ["--policy", "policy", "show", "--policy", "DIR"],
    ["<file>", "policy", "check", "DIR"],
    ["<file>", "sim", "run", "DIR"],
    ["<task>", "data", "agree", "DIR", "site.json"],
    ["--from", "init", "--from", "DIR"],
    ["--passphrase-file", "key", "new", "key", "--passphrase-file", "DIR"],
    ["--data", "vertical", "offer", "--id", "a", "--label", "b", "--data", "DIR"],
  ] as const)
    it(`say so: ${command.join(" ")}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [cli, ...command], {
        ...{ cwd: folder, encoding: "utf8", env: { ...sourceEnvironment(), NO_COLOR: "1" } },
      });
      assert.equal(stderr, `error: ${option} DIR cannot be read: it is a directory; name a file in it [ERR_CONFIG]\n`);
      assert.equal(status, 2);
    });
});
