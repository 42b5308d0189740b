/**
 * The Store seam on LevelDB (npm `level`). A batch is one record of LevelDB's write-ahead log, synced before the promise
 * resolves: after a crash it is there as a whole or not at all, and a record torn at the end is dropped.
 *
 * LevelDB locks the directory against a second process. It verifies its checksums when it recovers and compacts, not on
 * every read, so whatever must not be taken on trust carries a hash of its own, as log entries and models do.
 */
import { Level } from "level";
import { HearsayError } from "../protocol/errors.ts";
import type { Store, StoreChange } from "../protocol/seams.ts";

type Database = Level<string, Uint8Array>;

/**
 * Opens the database in a directory, which is created where it is missing.
 * @throws HearsayError ERR_STATE, with the directory and the remedy: in use by another process, damaged, or not accessible.
 */
export async function openStore(directory: string): Promise<Store> {
  const database: Database = new Level(directory, { keyEncoding: "utf8", valueEncoding: "view" });
  await attempt(directory, () => database.open());
  let queue: Promise<unknown> = Promise.resolve();

  /** One after the other: left to themselves, two batches race for LevelDB's lock on threads of their own. */
  function inOrder(action: () => Promise<void>): Promise<void> {
    const done = queue.then(() => attempt(directory, action));
    queue = done.catch(() => {}); // the caller has the error
    return done;
  }

  return {
    async get(key: string): Promise<Uint8Array | undefined> {
      const value: Uint8Array | undefined = await attempt(directory, () => database.get(key));
      return value && plain(value);
    },

    write(changes: readonly StoreChange[]): Promise<void> {
      const batch = changes.map(({ key, value }) =>
        value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value } as const),
      );
      return inOrder(() => database.batch(batch, { sync: true }));
    },

    async *range(prefix: string, from = ""): AsyncIterable<[string, Uint8Array]> {
      const iterator = await attempt(directory, () => database.iterator({ gte: prefix + from, ...below(prefix) }));
      try {
        for (;;) {
          const found = await attempt(directory, () => iterator.next());
          if (found === undefined) return;
          yield [found[0], plain(found[1])];
        }
      } finally {
        await iterator.close();
      }
    },

    close: () => inOrder(() => database.close()),
  };
}

/** The end of the keys that start with `prefix`: its last character (ASCII) plus one. */
function below(prefix: string): { lt?: string } {
  if (prefix === "") return {};
  return { lt: prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1) };
}

/** A Uint8Array on the same memory: Node hands out Buffers, whose `slice` does not copy. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function attempt<T>(directory: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const { code, message, remedy } = explain(error);
    throw new HearsayError("ERR_STATE", `${message} (${directory}); ${remedy}`, { directory, code, remedy }, error);
  }
}

function explain(error: unknown): { code: string; message: string; remedy: string } {
  const code = levelCode(error);
  switch (code) {
    case "LEVEL_LOCKED":
      return {
        code,
        message: "another process uses this directory",
        remedy: "stop it, or give this peer a directory of its own",
      };
    case "LEVEL_CORRUPTION":
      return {
        code,
        message: "the database is damaged",
        remedy: "move the whole directory away, the key included, and start as a new peer",
      };
    case "LEVEL_DATABASE_NOT_OPEN":
    case "LEVEL_ITERATOR_NOT_OPEN":
      return { code, message: "the store is closed", remedy: "open it again" };
    default:
      return { code, message: "the database failed", remedy: "look at space, permissions and the disk" };
  }
}

/** The innermost LEVEL_ code: an error of opening says why only in its cause. */
function levelCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const inner = levelCode(error.cause);
  if (inner !== "") return inner;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && code.startsWith("LEVEL_") ? code : "";
}
