/** Entries and tiles as a store has them, for whoever reads a log there. */

import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, Store } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { isCount } from "../../wire/values.ts";
import { chainError } from "../entry/chain-error.ts";
import { type Entry, readEntry } from "../entry/entry.ts";
import { leafHash } from "../tree/merkle.ts";
import { isTile, TILE_WIDTH, type TileAt, tileOver, tileRoot } from "../tree/tiles.ts";
import { currentGeneration, keysOf, type LogKeys, seqText } from "./records.ts";

/** Entries as stored (signature | entry), in order and not verified, of the current generation unless told: for a look at a log that may be damaged. */
export async function* storedEntries(store: Store, generation?: number, from: number = 0): AsyncIterable<Uint8Array> {
  const keys = keysOf(generation ?? (await currentGeneration(store)));
  for await (const [, signed] of store.range(keys.entries, seqText(from))) yield signed;
}

/** The entries from number `from` to `to`. @throws HearsayError ERR_LOG_CHAIN where one is lost or damaged; RangeError. */
export async function* entriesBetween(
  store: Store,
  keys: LogKeys,
  crypto: Crypto,
  from: number,
  to: number,
): AsyncIterable<Entry> {
  if (!isCount(from)) throw new RangeError(`an entry's number is an integer from 0, not ${from}`);
  let seq = from;
  for await (const [key, signed] of store.range(keys.entries, seqText(from))) {
    if (seq > to) return;
    if (key !== keys.entry(seq)) break;
    let entry: Entry;
    try {
      entry = readEntry(signed, crypto);
    } catch (cause) {
      if (!isHearsayError(cause)) throw cause;
      throw chainError(seq, "decode", cause.message, cause);
    }
    yield entry;
    seq += 1;
  }
  if (seq <= to) throw chainError(seq, "missing", "the store has lost it since the log was opened");
}

/** Complete tiles: stored ones where they are sound, others made from what is below them. @throws HearsayError ERR_LOG_CHAIN where that is lost. */
export function tileReader(store: Store, keys: LogKeys, crypto: Crypto): TileAt {
  async function nodeBelow(level: number, index: number): Promise<Uint8Array> {
    if (level > 0) return tileRoot(await tileAt(level - 1, index));
    const signed = await store.get(keys.entry(index));
    if (signed === undefined) throw chainError(index, "missing", "the store has lost it");
    return leafHash(signed.subarray(SIGNATURE_BYTES), crypto);
  }

  async function tileAt(level: number, index: number): Promise<Uint8Array> {
    const stored = await store.get(keys.tile(level, index));
    if (stored !== undefined && isTile(stored, crypto)) return stored;
    const row: Uint8Array[] = [];
    for (let i = 0; i < TILE_WIDTH; i++) row.push(await nodeBelow(level, index * TILE_WIDTH + i));
    return tileOver(row, crypto);
  }

  return tileAt;
}
