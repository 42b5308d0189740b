/**
 * A peer's own log on its own store: opened after every entry has been verified, appended to durably and in order.
 *
 *     log/e/<seq as 16 hexadecimal digits>   signature | entry
 *     log/head                               DAG-CBOR [1, seq, id] of the last entry
 *
 * An append is one atomic, synced batch of entries and head (and of whatever state the caller changes with them). Nothing is
 * visible before that batch is on disk, so a crash never takes back what others have been told; and a batch that failed
 * closes the log, since whether it reached the disk is unknown: continuing could put two entries in one place, a fork
 * that convicts this peer. Opening it again finds out.
 *
 * The head shows that entries at the end were lost. It does not show that entries and head were both taken back, e.g. by
 * restoring a backup: only others' memory of a later head can (`verify.ts`).
 */
import { equalBytes } from "../bytes.ts";
import { HearsayError, isHearsayError } from "../errors.ts";
import type { Clock, Crypto, Identity, Store, StoreChange } from "../seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { isBytes32, isCount } from "../wire/values.ts";
import type { EntryType, Statement } from "./bodies.ts";
import { createEntry, type Entry, logIdOf, readEntry } from "./entry.ts";
import {
  type ChainVerifier,
  chainError,
  createVerifier,
  type LogHead,
  NO_ENTRY,
  type Verification,
  type VerifyOptions,
  verification,
} from "./verify.ts";

export interface LogOptions {
  readonly store: Store;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly clock: Clock;
  /** SHA-256 of the task manifest. */
  readonly taskId: Uint8Array;
  /** Software that the genesis names, e.g. `hearsay/0.1.0`. */
  readonly agent: string;
}

/** What a caller appends; the genesis is the log's own. */
export type Draft = Statement<Exclude<EntryType, "genesis">>;

export interface Log {
  readonly logId: Uint8Array;
  /** The last entry on disk; `size` is the number of entries. */
  head(): LogHead & { readonly size: number };
  /**
   * Appends entries, and applies the changes `also` (no keys under `log/`) in the same batch; calls are queued. When
   * the promise resolves all of it is on disk.
   * @throws TypeError for a draft outside the format, with nothing written.
   * @throws HearsayError ERR_LOG_CLOSED after a failed write, this one or an earlier one: open the store again.
   */
  append(drafts: readonly Draft[], also?: readonly StoreChange[]): Promise<Entry[]>;
  /**
   * The entries from `from` (default 0) to the head of this moment.
   * @throws HearsayError ERR_LOG_CHAIN where the store has lost or damaged one since it was opened.
   */
  entries(from?: number): AsyncIterable<Entry>;
}

const NAMESPACE = "log/";
const ENTRY_PREFIX = `${NAMESPACE}e/`;
const HEAD_KEY = `${NAMESPACE}head`;

/**
 * Opens the log of (identity, task) in a store, and writes its genesis where the store has none. Every entry and signature is
 * verified first, about 0.15 ms each.
 * @throws HearsayError ERR_LOG_CHAIN with details {seq, reason} of the first entry that does not hold.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { store, crypto, identity, taskId } = options;
  const verifier = createVerifier({ crypto, peer: identity.peerId, task: taskId });
  let newest = placeOf((await verifyStored(store, verifier)) ?? (await writeGenesis(options)));
  let queue: Promise<unknown> = Promise.resolve();
  let failure: { readonly cause: unknown } | undefined;

  async function write(drafts: readonly Draft[], also: readonly StoreChange[]): Promise<Entry[]> {
    if (failure !== undefined) throw closed(failure.cause);
    const entries: Entry[] = [];
    let last = newest;
    for (const draft of drafts) {
      const entry = entryAfter(last, draft, options);
      entries.push(entry);
      last = placeOf(entry);
    }
    try {
      await store.write([...also, ...changesOf(entries)]);
    } catch (cause) {
      failure = { cause };
      throw closed(cause);
    }
    newest = last;
    return entries;
  }

  return {
    logId: newest.logId,
    head: () => ({ seq: newest.seq, id: newest.id, size: newest.seq + 1 }),
    async append(drafts, also = []) {
      const taken = also.find(({ key }) => key.startsWith(NAMESPACE));
      if (taken !== undefined) throw new TypeError(`the key ${taken.key} belongs to the log`);
      const done = queue.then(() => write(drafts, also));
      queue = done.then(forget, forget); // the caller has entries or error; the next append starts afresh
      return done;
    },
    entries: (from = 0) => readStored(store, crypto, from, newest.seq),
  };
}

async function writeGenesis(options: LogOptions): Promise<Entry> {
  const { store, identity, taskId, agent } = options;
  const body = { task: taskId, peer: identity.publicKey, agent };
  const genesis = entryAfter(undefined, { type: "genesis", body }, options);
  await store.write(changesOf([genesis]));
  return genesis;
}

/** Verifies the log of a store, stored head included, without opening it for appending. */
export function verifyStoredLog(store: Store, options: VerifyOptions): Promise<Verification> {
  return verification(options, async (verifier) => {
    await verifyStored(store, verifier);
  });
}

/** Entries as stored (signature | entry), in order and not verified: for a look at a log that may be damaged. */
export async function* storedEntries(store: Store): AsyncIterable<Uint8Array> {
  for await (const [, signed] of store.range(ENTRY_PREFIX)) yield signed;
}

/** All that the next entry needs of the last: its body is not kept in memory. */
type Place = Pick<Entry, "logId" | "seq" | "id" | "tsMs">;

function placeOf({ logId, seq, id, tsMs }: Entry): Place {
  return { logId, seq, id, tsMs };
}

function forget(): void {}

function entryAfter(
  before: Place | undefined,
  statement: Statement,
  { identity, crypto, clock, taskId }: LogOptions,
): Entry {
  const logId = before?.logId ?? logIdOf(identity.publicKey, taskId, crypto);
  const seq = before === undefined ? 0 : before.seq + 1;
  const tsMs = Math.max(before?.tsMs ?? 0, Math.floor(clock.now()));
  return createEntry({ logId, seq, prev: before?.id ?? NO_ENTRY, tsMs, ...statement }, identity, crypto);
}

/** The entries and the head that they make. */
function changesOf(entries: readonly Entry[]): StoreChange[] {
  const last = entries.at(-1);
  if (last === undefined) return [];
  const changes = entries.map((entry): StoreChange => ({ key: entryKey(entry.seq), value: entry.signed }));
  return [...changes, { key: HEAD_KEY, value: encodeHead(last) }];
}

/** Feeds the verifier entries and keys, then compares the head; the last entry, or undefined for a store without a log. */
async function verifyStored(store: Store, verifier: ChainVerifier): Promise<Entry | undefined> {
  let size = 0;
  for await (const [key, signed] of store.range(ENTRY_PREFIX)) {
    if (key !== entryKey(size)) throw chainError(size, "missing", `the store holds ${key} instead`);
    verifier.next(signed);
    size += 1;
  }
  const { last } = verifier;
  const stored = await store.get(HEAD_KEY);
  if (last === undefined && stored === undefined) return undefined;
  if (stored === undefined) throw chainError(size, "head", "the stored head is missing");
  const head = decodeHead(stored, size);
  if (last === undefined || head.seq > last.seq)
    throw chainError(size, "missing", `the stored head says that the log ends with ${head.seq}`);
  if (head.seq < last.seq) throw chainError(head.seq + 1, "head", "the stored head says that the log ends before it");
  if (!equalBytes(head.id, last.id)) throw chainError(head.seq, "head", "the stored head names another entry");
  return last;
}

async function* readStored(store: Store, crypto: Crypto, from: number, to: number): AsyncIterable<Entry> {
  if (!isCount(from)) throw new RangeError(`an entry's number is an integer from 0, not ${from}`);
  let seq = from;
  for await (const [key, signed] of store.range(ENTRY_PREFIX, seqText(from))) {
    if (seq > to) return;
    if (key !== entryKey(seq)) break;
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

function encodeHead({ seq, id }: LogHead): Uint8Array {
  return encodeCanonical([1, seq, id]);
}

function decodeHead(bytes: Uint8Array, entries: number): LogHead {
  let value: unknown;
  try {
    value = decodeCanonical(bytes, 64);
  } catch (cause) {
    throw chainError(entries, "head", "the stored head is damaged", cause);
  }
  const [version, seq, id] = Array.isArray(value) && value.length === 3 ? (value as unknown[]) : [];
  if (version !== 1 || !isCount(seq) || !isBytes32(id)) throw chainError(entries, "head", "the stored head is damaged");
  return { seq, id };
}

function entryKey(seq: number): string {
  return ENTRY_PREFIX + seqText(seq);
}

function seqText(seq: number): string {
  return seq.toString(16).padStart(16, "0");
}

function closed(cause: unknown): HearsayError {
  return new HearsayError("ERR_LOG_CLOSED", "a write to the log failed; open the store again", {}, cause);
}
