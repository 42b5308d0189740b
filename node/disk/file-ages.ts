/** What an earlier run has left in a directory of files that are named by their SHA-256, from the oldest on. */
import { opendir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fromHex } from "../../protocol/base/bytes.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import type { AgedFile } from "./age-queue.ts";

/** How names of files end that are not whole yet; those of an earlier run are removed. */
export const ASIDE = ".new";

const HASH_BYTES = 32;
/** Names that are read at once. */
const READ_AHEAD = 256;

/** Columns of a table of files: as objects, tens of thousands of them would grow the heap for good. */
interface Found {
  hashes: Uint8Array;
  readonly bytes: number[];
  readonly mtimesMs: number[];
}

/**
 * The files, with times of the monotonic clock: a wall clock that is set forward makes nothing old.
 * @throws what the system says.
 */
export async function* agesIn(
  directory: string,
  clock: Pick<Clock, "now" | "monotonicMs">,
): AsyncGenerator<AgedFile, void, void> {
  const { hashes, bytes, mtimesMs } = await filesIn(directory);
  const timeOf = (i: number) => mtimesMs[i] as number;
  const wallMs = clock.now();
  const nowMs = clock.monotonicMs();
  for (const i of Uint32Array.from(bytes.keys()).sort((a, b) => timeOf(a) - timeOf(b))) {
    const hash = hashes.slice(HASH_BYTES * i, HASH_BYTES * (i + 1));
    const ageMs = Math.max(0, wallMs - timeOf(i));
    yield { hash, bytes: bytes[i] as number, atMs: nowMs - ageMs, mtimeMs: timeOf(i) };
  }
}

async function filesIn(directory: string): Promise<Found> {
  const found: Found = { hashes: new Uint8Array(HASH_BYTES * READ_AHEAD), bytes: [], mtimesMs: [] };
  for await (const { name } of await opendir(directory, { bufferSize: READ_AHEAD })) {
    const path = join(directory, name);
    if (name.endsWith(ASIDE)) await rm(path, { force: true });
    const hash = fromHex(name);
    if (hash?.length === HASH_BYTES) add(found, hash, await stat(path));
  }
  return found;
}

function add(found: Found, hash: Uint8Array, { size, mtimeMs }: { size: number; mtimeMs: number }): void {
  const at = HASH_BYTES * found.bytes.length;
  if (at === found.hashes.length) {
    const grown = new Uint8Array(2 * at);
    grown.set(found.hashes);
    found.hashes = grown;
  }
  found.hashes.set(hash, at);
  found.bytes.push(size);
  found.mtimesMs.push(mtimeMs);
}
