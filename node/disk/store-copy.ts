/**
 * A database to read where LevelDB cannot open it: it writes before it reads, so that a full disk or a read-only one keeps it shut.
 *
 * So the database is put together again in the temporary directory: tables, which LevelDB never changes, as links, and the rest,
 * a few megabytes, as copies. The database itself is not touched.
 */
import { copyFile, readdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Store } from "../../protocol/base/seams.ts";
import { createScratch } from "./scratch.ts";
import { openStore } from "./store.ts";

/**
 * Opens a database that is only read.
 * @throws HearsayError ERR_STATE as `openStore`, but for a disk that is full or read-only.
 */
export async function openStoreToRead(directory: string): Promise<Store> {
  try {
    return await openStore(directory);
  } catch (error) {
    if (!isHearsayError(error) || !["NO_SPACE", "READ_ONLY"].includes(String(error.details.code))) throw error;
    return openCopy(directory);
  }
}

async function openCopy(directory: string): Promise<Store> {
  const { path: copy, remove } = await createScratch("db");
  try {
    for (const name of await readdir(directory, { withFileTypes: true })) {
      if (!name.isFile()) continue;
      const [from, to] = [resolve(directory, name.name), join(copy, name.name)];
      if (/\.(?:ldb|sst)$/.test(name.name)) await symlink(from, to);
      else await copyFile(from, to);
    }
    const store = await openStore(copy);
    return {
      ...store,
      async close() {
        await store.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
