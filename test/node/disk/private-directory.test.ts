import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makePrivateDirectory } from "../../../node/disk/private-directory.ts";
import { storeTask } from "../../../node/disk/state-dir.ts";
import { loadOrCreateIdentity } from "../../../node/keys/keys.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-private-"));
});
after(() => rm(root, { recursive: true }));

const modeOf = async (...path: string[]) => ((await stat(join(root, ...path))).mode & 0o777).toString(8);

describe("a state directory", { skip: process.platform === "win32" && "modes are POSIX's" }, () => {
  it("is made for its owner alone, whoever makes it", async () => {
    assert.equal(await makePrivateDirectory(join(root, "new", "state")), undefined);
    await storeTask(join(root, "joined"), new Uint8Array([1]));
    await loadOrCreateIdentity(join(root, "keyed", "key"));
    for (const name of ["new/state", "joined", "keyed"]) assert.equal(await modeOf(name), "700", name);
    assert.equal(await modeOf("joined", "task.cbor"), "600");
  });

  it("that others could read is taken from them, with all that lies in it, and a word", async () => {
    const old = join(root, "old");
    await mkdir(join(old, "db"), { recursive: true });
    await writeFile(join(old, "config.yaml"), "");
    await writeFile(join(root, "elsewhere"), "");
    await chmod(join(root, "elsewhere"), 0o644);
    await symlink(join(root, "elsewhere"), join(old, "link"));
    await chmod(old, 0o755);
    assert.match((await makePrivateDirectory(old)) ?? "", /old: it is its owner's alone now/);
    assert.deepEqual(
      [await modeOf("old"), await modeOf("old", "db"), await modeOf("old", "config.yaml")],
      ["700", "700", "600"],
    );
    assert.equal(await modeOf("elsewhere"), "644", "what a link points at is not of the directory");
    assert.equal(await makePrivateDirectory(old), undefined, "nothing is said twice");
  });

  it("among the files of other programs is left as it is, and the user told", async () => {
    const project = join(root, "project");
    await mkdir(project);
    await writeFile(join(project, "package.json"), "{}");
    await chmod(project, 0o755);
    assert.match((await makePrivateDirectory(project)) ?? "", /files of other programs: use another --state/);
    assert.equal(await modeOf("project"), "755");
  });
});
