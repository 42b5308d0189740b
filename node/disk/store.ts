/**
 * The Store seam on LevelDB (npm `level`). A batch is one record of LevelDB's write-ahead log, synced before the promise
 * resolves: after a crash it is there as a whole or not at all, and a record torn at the end is dropped.
 *
 * LevelDB locks the directory against a second process. It verifies its checksums when it recovers and compacts, not on
 * every read, so whatever must not be taken on trust carries a hash of its own, as log entries and models do.
 *
 * Two things that LevelDB does not tell, and a peer must know before it signs anything more:
 * - A record that is damaged, or cut off, near the end of its write-ahead log is dropped without a word when it is opened. So batches are counted, in the
 *   database under the empty key and in the file WRITES beside its files: where the file says more, writes were lost.
 * - What is written after a write that failed may stand behind a torn record, and be dropped with it. So nothing is written any more then.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { Level } from "level";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Store, StoreChange } from "../../protocol/base/seams.ts";
import { diskFault } from "./disk-fault.ts";
import { markLayout, refuseNewerLayout } from "./layout.ts";

type Database = Level<string, Uint8Array>;

const COUNT_KEY = "";

/** Bytes of memory: LevelDB's own 8 and 4 MiB (the latter twice, while a table is written) are for databases that are read all over. */
const BUFFERS = { cacheSize: 2 ** 20, writeBufferSize: 2 ** 20 };

export interface OpenedStore {
  readonly store: Store;
  /** Batches that were on disk once and are not any more. */
  readonly lostWrites: number;
}

/**
 * Opens the database in a directory, which is created where it is missing.
 * @throws HearsayError ERR_STATE, with the directory and the remedy: in use by another process, damaged, written by a newer version, no space, not accessible.
 */
export async function openStore(directory: string): Promise<Store> {
  const { store, lostWrites } = await openStoreAfterLoss(directory);
  if (lostWrites === 0) return store;
  await store.close();
  throw new HearsayError(
    "ERR_STATE",
    `the database has lost what was written last, ${lostWrites} times: it was damaged, or exchanged for an older one (${directory}); ${REPAIR}`,
    { directory, code: "LOST_WRITES", lostWrites, remedy: REPAIR },
  );
}

/** Opens the store even where writes were lost, for a caller that can repair that. From its next write on the store counts from what it has. */
export async function openStoreAfterLoss(directory: string): Promise<OpenedStore> {
  refuseNewerLayout(directory);
  const database: Database = new Level(directory, { keyEncoding: "utf8", valueEncoding: "view", ...BUFFERS });
  await attempt(directory, () => database.open());
  await markLayout(directory);
  const { count, lostWrites, ...found } = await attempt(directory, () => openCount(database, directory)).catch(
    async (error: unknown) => {
      await database.close(); // else its lock stays
      throw error;
    },
  );
  let { writes } = found;
  let queue: Promise<unknown> = Promise.resolve();
  let failed: { readonly cause: unknown } | undefined;

  /** One after the other: left to themselves, two batches race for LevelDB's lock on threads of their own. */
  function inOrder(action: () => Promise<void>): Promise<void> {
    const done = queue.then(() => attempt(directory, action));
    queue = done.catch(() => {}); // the caller has the error
    return done;
  }

  async function writeCounted(changes: readonly StoreChange[]): Promise<void> {
    if (failed !== undefined) throw failed.cause;
    const counted = countBytes(writes + 1);
    const batch = [...changes, { key: COUNT_KEY, value: counted }].map(({ key, value }) =>
      value === undefined ? ({ type: "del", key } as const) : ({ type: "put", key, value } as const),
    );
    try {
      await database.batch(batch, { sync: true });
      writes += 1;
      writeSync(count, counted, 0, counted.length, 0); // not synced: it is about the files of this machine, not about its power
    } catch (cause) {
      if (database.status === "open") failed = { cause };
      throw cause;
    }
  }

  return {
    lostWrites,
    store: {
      async get(key: string): Promise<Uint8Array | undefined> {
        const value: Uint8Array | undefined = await attempt(directory, () => database.get(key));
        return value && plain(value);
      },

      write: (changes) => inOrder(() => writeCounted(changes)),

      range: (prefix, from = "") => rangeOf(database, directory, prefix, prefix + from),

      close: () =>
        inOrder(async () => {
          if (database.status === "closed") return;
          try {
            await database.close();
          } finally {
            closeSync(count);
          }
        }),
    },
  };
}

async function* rangeOf(
  database: Database,
  directory: string,
  prefix: string,
  start: string,
): AsyncIterable<[string, Uint8Array]> {
  const first = start === "" ? { gt: COUNT_KEY } : { gte: start };
  const iterator = await attempt(directory, () => database.iterator({ ...first, ...below(prefix) }));
  try {
    for (;;) {
      const found = await attempt(directory, () => iterator.next());
      if (found === undefined) return;
      yield [found[0], plain(found[1])];
    }
  } finally {
    await iterator.close();
  }
}

interface Count {
  /** The open file of the count. */
  readonly count: number;
  readonly writes: number;
  readonly lostWrites: number;
}

async function openCount(database: Database, directory: string): Promise<Count> {
  const writes = countIn(await database.get(COUNT_KEY));
  const lostWrites = Math.max(0, countIn(readCount(directory)) - writes);
  closeSync(openSync(join(directory, COUNT_FILE), "a+")); // it is there, whole or empty
  return { count: openSync(join(directory, COUNT_FILE), "r+"), writes, lostWrites };
}

/** Beside LevelDB's files, which it leaves alone. */
export const COUNT_FILE = "WRITES";
const COUNT_DIGITS = 16;

function countBytes(count: number): Uint8Array {
  return new TextEncoder().encode(String(count).padStart(COUNT_DIGITS, "0"));
}

/** 0 for anything but a count. */
function countIn(bytes: Uint8Array | undefined): number {
  const text = new TextDecoder().decode(bytes);
  return /^\d{16}$/.test(text) ? Number(text) : 0;
}

function readCount(directory: string): Uint8Array | undefined {
  try {
    return readFileSync(join(directory, COUNT_FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
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
    const { code, message, remedy } = explain(error, directory);
    throw new HearsayError("ERR_STATE", `${message} (${directory}): ${remedy}`, { directory, code, remedy }, error);
  }
}

const REPAIR = "hearsay log repair says what is left, and lets the peer go on";

function explain(error: unknown, directory: string): { code: string; message: string; remedy: string } {
  const code = levelCode(error);
  switch (code) {
    case "LEVEL_LOCKED":
      return {
        code,
        message: "another process uses this directory",
        remedy: "stop it, or give this peer a directory of its own",
      };
    case "LEVEL_CORRUPTION":
      return { code, message: "the database is damaged", remedy: REPAIR };
    case "LEVEL_DATABASE_NOT_OPEN":
    case "LEVEL_ITERATOR_NOT_OPEN":
      return { code, message: "the store is closed", remedy: "open it again" };
    default:
      return (
        diskFault(error, directory) ?? {
          code,
          message: "the database failed",
          remedy: `look at permissions and the disk; if files are missing or damaged, ${REPAIR}`,
        }
      );
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
