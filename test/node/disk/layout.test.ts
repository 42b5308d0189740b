/** A database that a newer version wrote: an older one leaves it alone, and says what to install. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { LAYOUT, LAYOUT_FILE } from "../../../node/disk/layout.ts";
import { packageVersion } from "../../../node/disk/package-root.ts";
import { repairDatabase } from "../../../node/disk/repair.ts";
import { openStore } from "../../../node/disk/store.ts";
import { openStoreToRead } from "../../../node/disk/store-copy.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";

const VALUE = Uint8Array.of(1);

describe("the layout of a database", () => {
  let root: string;
  let directory: string;
  let count = 0;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "hearsay-layout-"));
  });
  after(() => rm(root, { recursive: true }));
  beforeEach(async () => {
    directory = join(root, String(++count));
    const store = await openStore(directory);
    await store.write([{ key: "a", value: VALUE }]);
    await store.close();
  });

  const mark = (text: string) => writeFile(join(directory, LAYOUT_FILE), text);
  const marked = () => readFile(join(directory, LAYOUT_FILE), "utf8");

  async function opens(): Promise<void> {
    const store = await openStore(directory);
    assert.deepEqual(await store.get("a"), VALUE);
    await store.close();
  }

  it("stands beside it, with the version that wrote it first", async () => {
    const first = await marked();
    assert.ok(first.startsWith(`layout ${LAYOUT}, hearsay ${packageVersion()}\n`), first);
    await mark(`layout ${LAYOUT}, hearsay 0.0.1\n`);
    await opens();
    assert.equal(await marked(), `layout ${LAYOUT}, hearsay 0.0.1\n`);
  });

  it("is the first where no file says so, and where it says nothing", async () => {
    await rm(join(directory, LAYOUT_FILE));
    await opens();
    await mark("?");
    await opens();
    assert.match(await marked(), new RegExp(`^layout ${LAYOUT}, `));
  });

  it("of a newer version is refused with a sentence: both versions, and what to install; nothing is touched, nor repaired", async () => {
    await mark(`layout ${LAYOUT + 1}, hearsay 9.8.7\n`);
    const before = await contents(directory);
    for (const open of [openStore, openStoreToRead, (path: string) => repairDatabase(path, 0)])
      await assert.rejects(open(directory), (error) => {
        assert.ok(error instanceof HearsayError && error.code === "ERR_STATE");
        assert.match(
          error.message,
          /written by hearsay 9\.8\.7 \(layout 2\); this is hearsay \S+, which knows layouts up to 1: /,
        );
        assert.match(error.message, /install hearsay 9\.8\.7 or newer again; nothing was changed$/);
        return true;
      });
    assert.deepEqual(await contents(directory), before);
    await mark(`layout ${LAYOUT}, hearsay 9.8.7\n`);
    await opens();
  });
});

async function contents(directory: string): Promise<readonly (readonly [name: string, hash: string])[]> {
  const names = (await readdir(directory)).sort();
  const hashes = names.map(async (name) =>
    createHash("sha256")
      .update(await readFile(join(directory, name)))
      .digest("hex"),
  );
  return Promise.all(names.map(async (name, i) => [name, (await hashes[i]) ?? ""] as const));
}
