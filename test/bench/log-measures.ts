/** What `log.ts` measures, each on a directory of its own. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { startSignatureChecker } from "../../node/api/log-verifier.ts";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { openStore } from "../../node/disk/store.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Store } from "../../protocol/base/seams.ts";
import { type Entry, readEntry } from "../../protocol/log/entry/entry.ts";
import { type Draft, type Log, openLog } from "../../protocol/log/stored/chain.ts";
import { storedEntries } from "../../protocol/log/stored/reading.ts";
import { verifyStoredLog } from "../../protocol/log/stored/stored.ts";
import type { VerifyOptions } from "../../protocol/log/verify/verifier.ts";
import { verifyIn } from "../../protocol/wire/envelope.ts";
import { randomBytes } from "../fuzz/mutate.ts";
import { AS_TRAINED } from "../support/publications.ts";

const identity = identityFromSeed(new Uint8Array(32).fill(1));
const taskId = new Uint8Array(32).fill(0x7a);
const clock = { now: Date.now, monotonicMs: () => performance.now(), after: () => () => {} };
const rng = createRng("bench-log");
const hash = () => randomBytes(rng, 32);

const ROUNDS = 5;
const CALLERS = 16;
const APPENDS = 480;
const VERIFIED = 9_999;
const PARENTS = 8;
/** As many as one batch takes. */
const BATCH = 256;

/** A peer's entries: train, publish, aggregate, and so on. */
function cycleDraft(i: number): Draft {
  if (i % 3 === 0)
    return { type: "train", body: { in: hash(), out: hash(), steps: 10, age: i, engine: "dense", privacy: null } };
  if (i % 3 === 1)
    return { type: "publish", body: { model: hash(), age: i, bytes: 31_400, codec: "f32", ...AS_TRAINED } };
  const parents = Array.from({ length: PARENTS }, () => [hash(), hash(), i, 65536, "used"] as const);
  const body = { own: hash(), base: hash(), out: hash(), rule: "guarded-median", age: i, parents };
  return { type: "aggregate", body };
}

function open(store: Store): Promise<Log> {
  return openLog({ store, identity, crypto: nodeCrypto, clock, taskId, agent: "bench" });
}

/** Seconds that some work takes. */
async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Lets the kinds of work take turns; the least seconds of each. */
async function leastSeconds<K extends string>(works: Record<K, () => Promise<unknown>>): Promise<Record<K, number>> {
  const least = {} as Record<K, number>;
  for (let round = 0; round < ROUNDS; round++)
    for (const kind of Object.keys(works) as K[])
      least[kind] = Math.min(least[kind] ?? Number.POSITIVE_INFINITY, await secondsOf(works[kind]));
  return least;
}

/** Calls `work` with 0 .. count-1, `CALLERS` at a time. */
async function concurrently(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const caller = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

export interface AppendRates {
  readonly appendPerSecond: number;
  readonly levelPutPerSecond: number;
}

/** Appends of one entry each, and puts of as many bytes into a LevelDB beside it, both synced, from as many callers. */
export async function measureAppends(scratch: string): Promise<AppendRates> {
  const store = await openStore(join(scratch, "append"));
  const log = await open(store);
  const level = new Level<string, Uint8Array>(join(scratch, "level"), { valueEncoding: "view" });
  await level.open();
  const drafts = Array.from({ length: APPENDS }, (_, i) => cycleDraft(i));
  const sizes: number[] = [];
  for (const draft of drafts.slice(0, 3)) for (const { signed } of await log.append([draft])) sizes.push(signed.length);
  const values = drafts.map((_, i) => randomBytes(rng, sizes[i % 3] as number));
  let round = 0;
  const least = await leastSeconds({
    append: () => concurrently(APPENDS, (i) => log.append([drafts[i] as Draft])),
    put: () => concurrently(APPENDS, (i) => level.put(`e/${round++}`, values[i] as Uint8Array, { sync: true })),
  });
  await Promise.all([store.close(), level.close()]);
  return { appendPerSecond: APPENDS / least.append, levelPutPerSecond: APPENDS / least.put };
}

export interface VerificationRates {
  readonly verifyPerSecond: number;
  readonly verifyPerSecondTwoWorkers: number;
  readonly ed25519PerSecond: number;
  readonly chainPerSecond: number;
  /** On disk, with tiles and LevelDB's own. */
  readonly bytesPerEntry: number;
}

/** A stored log, verified whole: on this thread, with two for the signatures, without those but the last; and bare signatures. */
export async function measureVerification(scratch: string): Promise<VerificationRates> {
  const directory = join(scratch, "verify");
  await fill(directory, VERIFIED, cycleDraft);
  const store = await openStore(directory);
  const checker = startSignatureChecker(2);
  const signed: Entry[] = [];
  for await (const entry of storedEntries(store)) signed.push(readEntry(entry, nodeCrypto));
  const verify =
    (options: Partial<VerifyOptions> = {}) =>
    async () => {
      const { ok, firstBad } = await verifyStoredLog(store, { crypto: nodeCrypto, ...options });
      if (!ok) throw new Error(`the log does not hold: ${firstBad?.message}`);
    };
  const bare = async () => {
    for (const entry of signed)
      if (!verifyIn("log-entry", entry.id, entry.signed.subarray(0, 64), nodeCrypto, identity.publicKey))
        throw new Error("a signature does not hold");
  };
  const least = await leastSeconds({
    full: verify(),
    workers: verify({ signatures: checker }),
    bare,
    chain: verify({ signatures: "last" }),
  });
  await Promise.all([checker.close(), store.close()]);
  return {
    verifyPerSecond: signed.length / least.full,
    verifyPerSecondTwoWorkers: signed.length / least.workers,
    ed25519PerSecond: signed.length / least.bare,
    chainPerSecond: signed.length / least.chain,
    bytesPerEntry: (await bytesIn(directory)) / signed.length,
  };
}

export interface LargeLog {
  readonly openMillionMs: number;
  /** The longest found. */
  readonly proofBytesAtMillion: { readonly inclusion: number; readonly consistency: number };
}

/** A log of `size` short entries: how long it takes to open, and how long its proofs are. */
export async function measureLarge(scratch: string, size: number, progress: (done: number) => void): Promise<LargeLog> {
  const directory = join(scratch, "large");
  await fill(directory, size, (i) => ({ type: "resume", body: { params: taskId, age: i } }), progress);
  let openMillionMs = Number.POSITIVE_INFINITY;
  let [inclusion, consistency] = [0, 0];
  for (let round = 0; round < 3; round++) {
    const started = performance.now();
    const store = await openStore(directory);
    const log = await open(store);
    openMillionMs = Math.min(openMillionMs, performance.now() - started);
    const { size } = log.head();
    for (let i = 0; i < 100; i++) {
      const at = rng.below(size);
      inclusion = Math.max(inclusion, 32 * (await log.inclusionProof(at, size)).length);
      consistency = Math.max(consistency, 32 * (await log.consistencyProof(at, size)).length);
    }
    await store.close();
  }
  return { openMillionMs, proofBytesAtMillion: { inclusion, consistency } };
}

/** Writes a log as a peer does, but without waiting for the disk. */
async function fill(
  directory: string,
  size: number,
  draft: (i: number) => Draft,
  progress: (done: number) => void = () => {},
): Promise<void> {
  const level = new Level<string, Uint8Array>(directory, { keyEncoding: "utf8", valueEncoding: "view" });
  const store: Store = {
    get: (key) => level.get(key),
    write: (changes) =>
      level.batch(
        changes.map(({ key, value }) => (value === undefined ? { type: "del", key } : { type: "put", key, value })),
      ),
    range: (prefix, from = "") => level.iterator({ gte: prefix + from, lt: `${prefix}~` }),
    close: () => level.close(),
  };
  const log = await open(store);
  while (log.head().size < size) {
    const first = log.head().size;
    await log.append(Array.from({ length: Math.min(BATCH, size - first) }, (_, i) => draft(first + i)));
    progress(log.head().size);
  }
  await store.close();
}

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size;
  return bytes;
}
