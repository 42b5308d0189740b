/**
 * Reading a log from its store: verified as far as opening it takes, or to the last byte.
 *
 * A log of up to 4,096 entries is verified as a whole when it is opened. Of a longer log these are verified: the genesis, the last 4,096 entries, and the newest checkpoint, which
 * the peer itself signed. The tree that begins with the stored tiles and goes on with those entries must have the checkpoint's root. So what
 * stands before was verified when it was written, and has not been exchanged since. `verifyStoredLog` finds whether any of it was damaged.
 * Where one of these checks fails, the whole log is verified, which says what is wrong. Lost tiles are made again.
 */
import { decodeUtf8, equalBytes, utf8 } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, Store, StoreChange } from "../../base/seams.ts";
import { chainError } from "../entry/chain-error.ts";
import { readEntry } from "../entry/entry.ts";
import {
  type Checkpoint,
  checkpointFrom,
  formatCheckpoint,
  isSignedBy,
  readCheckpoint,
  type SignedCheckpoint,
  withHeldLines,
} from "../tree/checkpoint.ts";
import { restoreTree, TILE_WIDTH, type Tile, type Tree } from "../tree/tiles.ts";
import {
  type ChainVerifier,
  createVerifier,
  type Link,
  type LogOwner,
  type VerifyOptions,
} from "../verify/verifier.ts";
import { type Verification, verifyLog } from "../verify/verify.ts";
import { tileReader } from "./reading.ts";
import {
  currentRecord,
  decodeCheckpoint,
  decodeHead,
  keysOf,
  type LogKeys,
  type StoredCheckpoint,
  seqText,
  storedGenerations,
} from "./records.ts";

/** Entries that are verified when a log is opened. */
const VERIFIED_AT_OPENING = 4096;

/** A log as it was found in its store. */
export interface OpenedLog {
  readonly last: Link;
  readonly tree: Tree;
  /** Undefined where none was signed yet: in stores of older versions. */
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly cosigned: SignedCheckpoint | undefined;
  /** Tiles that were lost or damaged. */
  readonly mended: readonly StoreChange[];
}

/** Verifies the log of a generation as far as it takes to open it; undefined where there is none. @throws HearsayError ERR_LOG_CHAIN. */
export async function readForOpening(store: Store, options: StoredOptions): Promise<OpenedLog | undefined> {
  return (await readEnd(store, options)) ?? readWhole(store, options);
}

/**
 * Verifies everything that a store holds under `log/`, all generations or the one that is asked for, without opening it for appending.
 * The answer is about the newest, or the first that does not hold; `onEntry` sees the entries of all.
 */
export async function verifyStoredLog(store: Store, options: VerifyOptions): Promise<Verification> {
  const found = await storedGenerations(store);
  const newest = found.at(-1) ?? 0;
  const wanted = options.generation === undefined && found.length > 0 ? found : [options.generation ?? 0];
  for (const generation of wanted.slice(0, -1)) {
    const earlier = await verifyGeneration(store, { ...options, generation }, newest);
    if (!earlier.ok) return earlier;
  }
  return verifyGeneration(store, { ...options, generation: wanted.at(-1) ?? 0 }, newest);
}

async function readWhole(store: Store, options: StoredOptions): Promise<OpenedLog | undefined> {
  const states = await statesOf(store, options);
  const mended: StoreChange[] = [];
  const verifier = createVerifier({ ...options, checkpoints: states.signed });
  const onTile: TileCheck = (key, { hashes }) => mended.push({ key, value: hashes });
  for await (const signed of source({ store, keys: keysOf(options.generation), verifier, onTile }))
    verifier.next(signed);
  return openedLog(verifier, states, mended);
}

/** Undefined where the log is short, or anything stands in the way. */
async function readEnd(store: Store, options: StoredOptions): Promise<OpenedLog | undefined> {
  const { crypto, generation } = options;
  const keys = keysOf(generation);
  const head = decodeHead((await store.get(keys.head)) ?? new Uint8Array(0));
  const from = TILE_WIDTH * Math.floor(((head?.seq ?? 0) + 1 - VERIFIED_AT_OPENING) / TILE_WIDTH);
  if (from <= 0) return undefined;
  const states = await statesOf(store, options);
  const [genesis, before] = await Promise.all([store.get(keys.entry(0)), store.get(keys.entry(from - 1))]);
  if (genesis === undefined || before === undefined || (states.checkpoint?.size ?? 0) <= from) return undefined;
  try {
    const beginning = createVerifier(options);
    beginning.next(genesis);
    const mended: StoreChange[] = [];
    const tree = await restoreTree(from, tileReader(store, keys, crypto), crypto);
    const part = { owner: beginning.owner as LogOwner, last: readEntry(before, crypto) };
    const verifier = createVerifier({ ...options, checkpoints: states.signed }, tree, part);
    const onTile: TileCheck = (key, { hashes }) => mended.push({ key, value: hashes });
    for await (const signed of source({ store, keys, verifier, onTile, from })) verifier.next(signed);
    return openedLog(verifier, states, mended);
  } catch (error) {
    if (isHearsayError(error, "ERR_STATE") || !isHearsayError(error)) throw error;
    return undefined;
  }
}

function openedLog(verifier: ChainVerifier, states: States, mended: readonly StoreChange[]): OpenedLog | undefined {
  const { last, tree } = verifier;
  requireReach(states, tree.size);
  if (last === undefined) return undefined;
  const { checkpoint, cosigned } = states;
  return { last, tree, checkpoint, cosigned, mended: [...mended, ...states.useless] };
}

async function verifyGeneration(store: Store, options: StoredOptions, newest: number): Promise<Verification> {
  const { generation } = options;
  const states = await statesOf(store, options);
  const verifier = createVerifier({ ...options, checkpoints: [...(options.checkpoints ?? []), ...states.signed] });
  const size = () => verifier.tree.size;

  function onTile(key: string, _: Tile, stored: Uint8Array | undefined): void {
    if (stored !== undefined) throw chainError(size(), "tile", `the tile ${key} is not what the entries say`);
  }

  async function* everything(): AsyncIterable<Uint8Array> {
    yield* source({ store, keys: keysOf(generation), verifier, onTile });
    requireReach(states, size());
    if (states.damaged !== undefined) throw chainError(size(), "checkpoint", states.damaged);
    const { generation: current, begin } = await currentRecord(store);
    if (generation === newest && (begin === undefined ? current !== newest : current <= newest))
      throw chainError(size(), "head", "the record of the current generation names another");
  }

  return verifyLog(everything(), options, verifier);
}

type StoredOptions = VerifyOptions & { readonly generation: number };

/** What to do about a complete tile that is missing in the store, or is another there. */
type TileCheck = (key: string, tile: Tile, stored: Uint8Array | undefined) => void;

interface Source {
  readonly store: Store;
  readonly keys: LogKeys;
  /** Takes each entry before the next is asked for. */
  readonly verifier: ChainVerifier;
  readonly onTile: TileCheck;
  readonly from?: number;
}

/** The stored entries in order, with their tiles, and the head at the end. @throws HearsayError ERR_LOG_CHAIN where they do not agree. */
async function* source({ store, keys, verifier, onTile, from = 0 }: Source): AsyncIterable<Uint8Array> {
  let size = from;
  const completed: Tile[] = [];
  verifier.tree.onTile = (tile) => completed.push(tile);
  for await (const [key, signed] of store.range(keys.entries, from === 0 ? "" : seqText(from))) {
    if (key !== keys.entry(size)) throw chainError(size, "missing", `the store holds ${key} instead`);
    yield signed;
    size += 1;
    for (const tile of completed.splice(0)) {
      const tileKey = keys.tile(tile.level, tile.index);
      const stored = await store.get(tileKey);
      if (stored === undefined || !equalBytes(stored, tile.hashes)) onTile(tileKey, tile, stored);
    }
  }
  const { last } = verifier;
  const [stored, checkpoint] = await Promise.all([store.get(keys.head), store.get(keys.checkpoint)]);
  if (last === undefined && stored === undefined && checkpoint === undefined) return;
  if (stored === undefined) throw chainError(size, "head", "the stored head is missing");
  const head = decodeHead(stored);
  if (head === undefined) throw chainError(size, "head", "the stored head is damaged");
  if (last === undefined || head.seq > last.seq)
    throw chainError(size, "missing", `the stored head says that the log ends with ${head.seq}`);
  if (head.seq < last.seq) throw chainError(head.seq + 1, "head", "the stored head says that the log ends before it");
  if (!equalBytes(head.id, last.id)) throw chainError(head.seq, "head", "the stored head names another entry");
}

/** The states of the log that its writer signed and the store has kept. */
interface States {
  readonly checkpoint: StoredCheckpoint | undefined;
  readonly cosigned: SignedCheckpoint | undefined;
  readonly signed: readonly Checkpoint[];
  /** What is wrong with a record of them. It is left out then, and signed or collected again. */
  readonly damaged?: string;
  /** Takes what is damaged out of the store, and lines of cosigners that do not hold. */
  readonly useless: readonly StoreChange[];
}

async function statesOf(store: Store, { crypto, generation }: StoredOptions): Promise<States> {
  const keys = keysOf(generation);
  const [genesis, checkpointBytes, note] = await Promise.all([
    store.get(keys.entry(0)),
    store.get(keys.checkpoint),
    store.get(keys.cosigned),
  ]);
  const owner = genesis && ownerIn(genesis, crypto);
  if (owner === undefined) return { checkpoint: undefined, cosigned: undefined, signed: [], useless: [] }; // and no entry holds
  const checkpoint = checkpointBytes && checkpointIn(checkpointBytes, owner, crypto);
  const cosigned = note && cosignedIn(note, owner, crypto);
  const signed = [checkpoint, cosigned]
    .filter((state) => state !== undefined)
    .map(({ size, root }) => ({ logId: owner.logId, size, root }));
  const states = { checkpoint, cosigned, signed, useless: mendingOf(keys, note, cosigned) };
  if (note !== undefined && cosigned === undefined) return { ...states, damaged: "the cosigned checkpoint is damaged" };
  if (checkpointBytes !== undefined && checkpoint === undefined)
    return { ...states, damaged: "the stored checkpoint is damaged" };
  return states;
}

/** Takes a note that is no good out of the store, and the lines that do not hold out of a good one. */
function mendingOf(keys: LogKeys, note: Uint8Array | undefined, cosigned: SignedCheckpoint | undefined): StoreChange[] {
  if (note === undefined) return [];
  if (cosigned === undefined) return [{ key: keys.cosigned }];
  const value = utf8(formatCheckpoint(cosigned));
  return equalBytes(value, note) ? [] : [{ key: keys.cosigned, value }];
}

/** Whose log it is, as a first entry says that is not verified. */
function ownerIn(genesis: Uint8Array, crypto: Crypto): LogOwner | undefined {
  const verifier = createVerifier({ crypto });
  try {
    verifier.next(genesis);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
  }
  return verifier.owner;
}

function checkpointIn(bytes: Uint8Array, { logId, peer }: LogOwner, crypto: Crypto): StoredCheckpoint | undefined {
  const found = decodeCheckpoint(bytes);
  if (found === undefined) return undefined;
  const { size, root, signature } = found;
  return isSignedBy(checkpointFrom({ logId, size, root }, peer, signature, crypto), peer, crypto) ? found : undefined;
}

/** A note that the writer signed, with the lines of cosigners that hold: what others wrote below it is no fault of the log. */
function cosignedIn(bytes: Uint8Array, { logId, peer }: LogOwner, crypto: Crypto): SignedCheckpoint | undefined {
  const text = decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    const found = readCheckpoint(text);
    return equalBytes(found.logId, logId) ? withHeldLines(found, peer, crypto) : undefined;
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return undefined;
  }
}

function requireReach({ signed }: States, size: number): void {
  for (const state of signed)
    if (state.size > size)
      throw chainError(size, "missing", `the log's own checkpoint says that it has ${state.size} entries`);
}
