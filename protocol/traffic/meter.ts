/**
 * A budget that a restart does not fill anew, not even after SIGKILL.
 *
 * The store always says less than there is: what may go until the next record is on disk (a lease) is taken off before any of it goes. Whoever is
 * killed has lost the rest of the lease; whoever ends well writes what is left. The time between two runs counts by the wall clock: it can add no more than
 * a bucket holds, and nothing where the clock was set back.
 */

import type { Clock, Store } from "../base/seams.ts";
import { RECORDS, STORE } from "../base/store-layout.ts";
import { decodeRecord, encodeRecord } from "../wire/records.ts";
import { type Bucket, createBucket, rateOf } from "./bucket.ts";
import type { ByteLimit } from "./byte-limit.ts";

/** The budget of one kind of links. */
export interface Meter {
  readonly name: string;
  readonly limit: ByteLimit;
  /** Bytes that may go now. */
  leftBytes(): number;
  /** Bytes since the start. */
  spentBytes(): number;
  /** Whether so many may go now. */
  has(bytes: number): boolean;
  take(bytes: number): void;
  /** When to ask again whether so many may go, ms. */
  msUntil(bytes: number): number;
  /** Writes what is left, to the byte. Nothing may go from now on. */
  close(): Promise<void>;
}

export interface MeterParts {
  readonly store: Pick<Store, "get" | "write">;
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
}

export interface MeterOptions {
  readonly name: string;
  readonly limit: ByteLimit;
  /** The most that is asked for at once: a lease is at least twice as long. */
  readonly mostBytes: number;
}

/** Leases in a bucket: a record is written for every half lease that goes. */
const LEASES = 16;
/** A lease is being written. */
const ASK_AGAIN_MS = 20;

interface State extends MeterParts, MeterOptions {
  readonly bucket: Bucket;
  readonly key: string;
  readonly leaseBytes: number;
  spent: number;
  /** May go before a record has to be on disk. */
  leased: number;
  writing: Promise<void> | undefined;
  closed: boolean;
}

export async function openMeter({ store, clock }: MeterParts, options: MeterOptions): Promise<Meter> {
  const { name, limit, mostBytes } = options;
  const key = `${STORE.traffic}${name}`;
  const rate = rateOf(limit);
  const saved = decodeRecord(await store.get(key), RECORDS[STORE.traffic]);
  const bucket = createBucket(clock, limit, saved && leftNow(saved, clock.now(), rate.perSecond));
  const leaseBytes = Math.max(2 * mostBytes, rate.burst / LEASES);
  const state: State = {
    store,
    clock,
    ...options,
    bucket,
    key,
    leaseBytes,
    spent: 0,
    leased: 0,
    writing: undefined,
    closed: false,
  };
  await lease(state);
  return meterOf(state);
}

/** What is left by now of what was left then. */
function leftNow([left, atMs]: readonly unknown[], nowMs: number, perSecond: number): number {
  if (typeof left !== "number" || typeof atMs !== "number") return 0;
  return left + (Math.max(0, nowMs - atMs) / 1000) * perSecond;
}

function meterOf(state: State): Meter {
  const { name, limit, bucket } = state;
  return {
    name,
    limit,
    leftBytes: () => bucket.leftBytes(),
    spentBytes: () => state.spent,
    has(bytes) {
      if (state.closed || bytes > bucket.leftBytes()) return false;
      if (bytes > state.leased) void lease(state);
      return bytes <= state.leased;
    },
    take(bytes) {
      bucket.take(bytes);
      state.spent += bytes;
      state.leased -= bytes;
      if (state.leased < state.leaseBytes / 2) void lease(state);
    },
    msUntil(bytes) {
      const ms = bucket.msUntil(bytes);
      return ms > 0 || bytes <= state.leased ? ms : ASK_AGAIN_MS;
    },
    async close() {
      state.closed = true;
      await state.writing;
      await save(state, bucket.leftBytes());
    },
  };
}

/** Writes that a lease less is left, and lets it go once that is on disk. A store that fails lets nothing go any more. */
function lease(state: State): Promise<void> {
  state.writing ??= takeLease(state)
    .catch(() => {}) // the peer ends at its next log entry
    .finally(() => {
      state.writing = undefined;
    });
  return state.writing;
}

async function takeLease(state: State): Promise<void> {
  const { bucket, leaseBytes } = state;
  const left = bucket.leftBytes();
  const more = Math.min(leaseBytes, left);
  if (more <= state.leased) return;
  const before = state.spent;
  await save(state, left - more);
  state.leased = more - (state.spent - before);
}

async function save({ store, clock, key }: State, left: number): Promise<void> {
  const value = encodeRecord(RECORDS[STORE.traffic], Math.floor(left), Math.floor(clock.now()));
  await store.write([{ key, value }]);
}
