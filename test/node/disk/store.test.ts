import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openStore } from "../../../node/disk/store.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { storeConformance } from "../../conformance/store.ts";

let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "hearsay-store-"));
});
after(() => rm(root, { recursive: true }));

storeConformance("LevelDB", { durable: true, open: (name) => openStore(join(root, name)) });

describe("LevelDB store", () => {
  it("says that another process uses the directory, and how to help oneself", async () => {
    const directory = join(root, "locked");
    const store = await openStore(directory);
    await assert.rejects(openStore(directory), (error) => {
      assert.ok(isHearsayError(error, "ERR_STATE"));
      assert.equal(error.details.directory, directory);
      assert.match(error.message, /another process uses this directory/);
      return true;
    });
    await store.close();
    await (await openStore(directory)).close();
  });

  it("says that the database is damaged, and what mends it", async () => {
    const directory = join(root, "damaged");
    const store = await openStore(directory);
    await store.write([{ key: "a", value: Uint8Array.of(1) }]);
    await store.close();
    for (const name of await readdir(directory)) {
      if (name.startsWith("MANIFEST")) await writeFile(join(directory, name), "no manifest at all");
    }
    await assert.rejects(openStore(directory), (error) => {
      assert.ok(isHearsayError(error, "ERR_STATE"));
      assert.match(error.message, /damaged.*hearsay log repair/);
      return true;
    });
  });

  it("says so where the directory cannot be used", async () => {
    const file = join(root, "a-file");
    await writeFile(file, "");
    await assert.rejects(openStore(join(file, "store")), { code: "ERR_STATE" });
  });
});
