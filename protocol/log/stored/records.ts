/**
 * How the logs of a peer lie in its store. Those of generation 0 are under `log/`, those of generation g under `log/g/<g, 8 digits>/`:
 *
 *     e/<seq, 16 digits>                  signature | entry
 *     t/<level, 2 digits>/<index, 16>     a complete tile of the tree (log/tree/tiles.ts)
 *     head                                DAG-CBOR [1, seq, id] of the last entry
 *     checkpoint                          DAG-CBOR [1, size, root, signature] of the newest state that the writer signed
 *     cosigned                            the newest note that others cosigned, as text (log/tree/checkpoint.ts)
 *
 * and `log/current`, DAG-CBOR [1, g], names the generation that is written to; 0 where it is absent. [1, g, after] tells the peer to begin
 * generation g when it opens its log, with `after` (an entry's id or null) in its genesis. Digits are hexadecimal.
 */
import type { Store, StoreChange } from "../../base/seams.ts";
import { RECORDS, STORE } from "../../base/store-layout.ts";
import { isSignature } from "../../wire/envelope.ts";
import { decodeRecord, encodeRecord } from "../../wire/records.ts";
import { isBytes32, isCount, isGeneration, MINUTE_MS, wholeMinutes } from "../../wire/values.ts";
import { chainError } from "../entry/chain-error.ts";
import type { LogHead } from "../verify/verifier.ts";

/** All keys of all logs. */
export const NAMESPACE: string = STORE.log;
export const CURRENT_KEY: string = `${STORE.log}current`;

/** The keys of one log. */
export interface LogKeys {
  readonly entries: string;
  readonly tiles: string;
  readonly head: string;
  readonly checkpoint: string;
  readonly cosigned: string;
  entry(seq: number): string;
  tile(level: number, index: number): string;
}

export interface StoredCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  /** The writer's. */
  readonly signature: Uint8Array;
}

export function keysOf(generation: number): LogKeys {
  const prefix = generation === 0 ? NAMESPACE : `${NEXT}${hex(generation, 8)}/`;
  const [entries, tiles] = [`${prefix}e/`, `${prefix}t/`];
  return {
    entries,
    tiles,
    head: `${prefix}head`,
    checkpoint: `${prefix}checkpoint`,
    cosigned: `${prefix}cosigned`,
    entry: (seq) => entries + seqText(seq),
    tile: (level, index) => `${tiles}${hex(level, 2)}/${hex(index, 16)}`,
  };
}

/** What an entry's key ends with. */
export function seqText(seq: number): string {
  return hex(seq, 16);
}

/** The generation that is written to. */
export interface CurrentGeneration {
  readonly generation: number;
  /** Where it has no entry yet: what its genesis says (log/entry/bodies.ts). */
  readonly begin?: { readonly after: Uint8Array | null };
}

/** @throws HearsayError ERR_LOG_CHAIN for a damaged record, as `currentRecord`. */
export async function currentGeneration(store: Store): Promise<number> {
  return (await currentRecord(store)).generation;
}

export async function currentRecord(store: Store): Promise<CurrentGeneration> {
  const stored = await store.get(CURRENT_KEY);
  if (stored === undefined) return { generation: 0 };
  const fields = decodeRecord(stored, RECORDS["log/current"]) ?? [];
  const [generation, after] = fields;
  if (!isGeneration(generation) || generation < 1)
    throw chainError(0, "head", "the record of the current generation is damaged");
  if (fields.length === 1) return { generation };
  if (after !== null && !isBytes32(after))
    throw chainError(0, "head", "the record of the current generation is damaged");
  return { generation, begin: { after } };
}

/**
 * The generation that comes after `known`, the last that is known of: the minute of its beginning, counted from 1970, where that is greater. So
 * a store that is put back from one backup again and again never begins one generation twice, even if nobody can be asked.
 */
export function generationAfter(known: number, nowMs: number): number {
  return Math.max(known + 1, wholeMinutes(nowMs) / MINUTE_MS);
}

export function encodeCurrent({ generation, begin }: CurrentGeneration): Uint8Array {
  return encodeRecord(RECORDS["log/current"], generation, ...(begin === undefined ? [] : [begin.after]));
}

/** What makes a generation with an entry the one that is written to. */
export function currentChanges(generation: number): StoreChange[] {
  return generation === 0 ? [] : [{ key: CURRENT_KEY, value: encodeCurrent({ generation }) }];
}

/** The generations of which a store holds anything, ascending. One look for each. */
export async function storedGenerations(store: Store): Promise<number[]> {
  const found: number[] = [];
  for await (const _ of store.range(keysOf(0).entries)) {
    found.push(0);
    break;
  }
  for (let from = 1; ; from++) {
    let next: number | undefined;
    for await (const [key] of store.range(NEXT, hex(from, 8))) {
      next = Number.parseInt(key.slice(NEXT.length, NEXT.length + 8), 16);
      break;
    }
    if (next === undefined || !(next >= from)) return found;
    found.push(next);
    from = next;
  }
}

export function encodeHead({ seq, id }: LogHead): Uint8Array {
  return encodeRecord(RECORDS["log/head"], seq, id);
}

/** Undefined where it is damaged. */
export function decodeHead(bytes: Uint8Array): LogHead | undefined {
  const [seq, id] = decodeRecord(bytes, RECORDS["log/head"]) ?? [];
  return isCount(seq) && isBytes32(id) ? { seq, id } : undefined;
}

export function encodeCheckpoint({ size, root, signature }: StoredCheckpoint): Uint8Array {
  return encodeRecord(RECORDS["log/checkpoint"], size, root, signature);
}

/** Undefined where it is damaged; the signature is not verified. */
export function decodeCheckpoint(bytes: Uint8Array): StoredCheckpoint | undefined {
  const [size, root, signature] = decodeRecord(bytes, RECORDS["log/checkpoint"]) ?? [];
  if (!isCount(size) || size === 0 || !isBytes32(root)) return undefined;
  if (!isSignature(signature)) return undefined;
  return { size, root, signature };
}

const NEXT = `${NAMESPACE}g/`;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
