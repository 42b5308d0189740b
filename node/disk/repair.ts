/**
 * `hearsay log repair`: makes a state directory usable again whose database is damaged, without ever rewriting what others may have seen.
 *
 * What verifies stays as it is. What does not hold is moved under `lost/<time>/` in the database, never deleted; where LevelDB itself does not
 * open, its own repair comes first, which moves files to `lost` in its directory. If entries were lost or do not hold, nothing can be appended to this log any
 * more: others may know what stood there, and another entry in its place would be a fork. So the peer begins the next
 * generation when it starts, whose first entry names the last good one. Tiles and checkpoints only repeat what the entries say: without
 * them nothing is lost, and opening the log makes them again.
 */
import { Level } from "level";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Store, StoreChange } from "../../protocol/base/seams.ts";
import {
  CURRENT_KEY,
  currentRecord,
  encodeCurrent,
  encodeHead,
  generationAfter,
  keysOf,
  storedGenerations,
} from "../../protocol/log/stored/records.ts";
import { verifyStoredLog } from "../../protocol/log/stored/stored.ts";
import type { LogHead } from "../../protocol/log/verify/verifier.ts";
import type { Verification } from "../../protocol/log/verify/verify.ts";
import { nodeCrypto } from "../crypto.ts";
import { type OpenedStore, openStoreAfterLoss } from "./store.ts";

export interface GenerationRepair {
  readonly generation: number;
  /** Entries that hold, and stay. */
  readonly entries: number;
  /** Records that were moved. */
  readonly moved: number;
  /** What was wrong first, if anything. */
  readonly fault?: NonNullable<Verification["firstBad"]>;
}

export interface Repair {
  /** Whether LevelDB had to repair its files. */
  readonly files: boolean;
  /** Batches that the database had lost. */
  readonly lostWrites: number;
  readonly generations: readonly GenerationRepair[];
  /** The generation that begins when the peer starts; undefined where the log is gone on with. */
  readonly next?: number;
  /** Where in the database the moved records are. */
  readonly lost?: string;
}

const BATCH = 1000;

/**
 * Repairs the database in a directory. Done again, it finds nothing to do.
 * @param nowMs names the place for what is lost, and the next generation.
 * @throws HearsayError ERR_STATE: another process uses it, no space, not accessible.
 */
export async function repairDatabase(directory: string, nowMs: number): Promise<Repair> {
  const lost = `lost/${new Date(nowMs).toISOString()}/`;
  let files = false;
  for (;;) {
    const opened = await openStoreAfterLoss(directory).catch((error: unknown) => {
      if (files || !isDamage(error)) throw error;
    });
    if (opened !== undefined)
      try {
        return { files, ...(await repairLogs(opened, nowMs, lost)) };
      } catch (error) {
        if (files || !isDamage(error)) throw error;
      } finally {
        await opened.store.close();
      }
    files = true;
    await levelRepair(directory);
  }
}

async function repairLogs(
  { store, lostWrites }: OpenedStore,
  nowMs: number,
  lost: string,
): Promise<Omit<Repair, "files">> {
  const generations: GenerationRepair[] = [];
  /** Written at last, in one batch: until then the log is as bad as it was, and cannot be opened by mistake. */
  const changes: StoreChange[] = [];
  let newest: LogHead | undefined;
  let broken = lostWrites > 0;
  const stored = await storedGenerations(store);
  for (const generation of stored) {
    const check = () => verifyStoredLog(store, { crypto: nodeCrypto, generation });
    let { firstBad: fault, entries, head } = await check();
    const first = fault;
    let moved = 0;
    if (fault?.reason === "tile") {
      moved = await moveAll(store, keysOf(generation).tiles, lost, () => false);
      ({ firstBad: fault, entries, head } = await check());
    }
    const last = generation === stored.at(-1);
    if (last) newest = head;
    if (fault !== undefined) {
      const { records, entriesMoved, final } = await setAside(store, generation, entries, head, lost);
      moved += records;
      changes.push(...final);
      if (last && (entriesMoved > 0 || fault.reason !== "checkpoint")) broken = true;
    }
    generations.push({ generation, entries, moved, ...(first && { fault: first }) });
  }
  const next = broken && !(await beginsAnyway(store)) ? generationAfter(stored.at(-1) ?? 0, nowMs) : undefined;
  if (next !== undefined) {
    const value = encodeCurrent({ generation: next, begin: { after: newest?.id ?? null } });
    changes.push(...(await moveOf(store, CURRENT_KEY, lost)), { key: CURRENT_KEY, value });
  }
  if (changes.length > 0 || lostWrites > 0) await store.write(changes);
  const moved = generations.some((each) => each.moved > 0);
  return { lostWrites, generations, ...(next !== undefined && { next }), ...(moved && { lost }) };
}

/** Moves the entries from `holds` on, and the tiles, which are made again; what is to be changed with the rest comes back. */
async function setAside(
  store: Store,
  generation: number,
  holds: number,
  head: LogHead | undefined,
  lost: string,
): Promise<{ records: number; entriesMoved: number; final: StoreChange[] }> {
  const keys = keysOf(generation);
  let seq = 0;
  const entriesMoved = await moveAll(store, keys.entries, lost, (key) => seq < holds && key === keys.entry(seq++));
  const tilesMoved = await moveAll(store, keys.tiles, lost, () => false);
  const final: StoreChange[] = [];
  for (const key of [keys.checkpoint, keys.cosigned, keys.head]) final.push(...(await moveOf(store, key, lost)));
  const records = entriesMoved + tilesMoved + final.length / 2;
  if (head !== undefined) final.push({ key: keys.head, value: encodeHead(head) });
  return { records, entriesMoved, final };
}

/** Moves all records under a prefix but those that stay; how many. */
async function moveAll(store: Store, prefix: string, lost: string, stays: (key: string) => boolean): Promise<number> {
  let batch: StoreChange[] = [];
  let moved = 0;
  for await (const [key, value] of store.range(prefix)) {
    if (stays(key)) continue;
    batch.push({ key: lost + key, value }, { key });
    moved++;
    if (batch.length < BATCH) continue;
    await store.write(batch);
    batch = [];
  }
  if (batch.length > 0) await store.write(batch);
  return moved;
}

async function moveOf(store: Store, key: string, lost: string): Promise<StoreChange[]> {
  const value = await store.get(key);
  return value === undefined ? [] : [{ key: lost + key, value }, { key }];
}

/** Whether an earlier repair has decided on a new generation, which did not begin yet. */
async function beginsAnyway(store: Store): Promise<boolean> {
  try {
    return (await currentRecord(store)).begin !== undefined;
  } catch (error) {
    if (!isHearsayError(error, "ERR_LOG_CHAIN")) throw error;
    return false;
  }
}

/** Whether LevelDB found its files damaged or missing, not only full or locked. */
function isDamage(error: unknown): boolean {
  return (
    isHearsayError(error, "ERR_STATE") && ["LEVEL_CORRUPTION", "LEVEL_IO_ERROR"].includes(String(error.details.code))
  );
}

/** LevelDB's own repair; the class has it, its types for all platforms do not. */
async function levelRepair(directory: string): Promise<void> {
  await (Level as unknown as { repair(location: string): Promise<void> }).repair(directory);
}
