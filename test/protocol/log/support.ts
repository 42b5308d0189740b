/** What the tests of the log share: fixed identities, a clock that stands still, statements of every kind, a log in memory. */
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import type { Clock, Crypto, Identity, Store } from "../../../protocol/base/seams.ts";
import type { Entry } from "../../../protocol/log/entry/entry.ts";
import type { Draft, Log } from "../../../protocol/log/stored/chain.ts";
import { openLog } from "../../../protocol/log/stored/chain.ts";
import { createMemoryStore } from "../../../sim/seams/store.ts";
import { randomBytes } from "../../fuzz/mutate.ts";
import { AS_TRAINED } from "../../support/publications.ts";

export const CRYPTO: Crypto = nodeCrypto;
export const TASK: Uint8Array = new Uint8Array(32).fill(0x7a);
export const START_MS = 1_790_000_000_000;

/** The identity whose seed is 32 times the byte `n`. */
export function identity(n: number): Identity {
  return identityFromSeed(new Uint8Array(32).fill(n));
}

export interface TestClock extends Clock {
  nowMs: number;
}

export function testClock(): TestClock {
  return {
    nowMs: START_MS,
    now() {
      return this.nowMs;
    },
    monotonicMs() {
      return this.nowMs;
    },
    after: () => () => {},
  };
}

/** Entries as a peer would write them: train, publish, sometimes an aggregate, now and then a resume. */
export function sampleDrafts(rng: Rng, count: number): Draft[] {
  const hash = () => randomBytes(rng, 32);
  return Array.from({ length: count }, (_, i): Draft => {
    const age = 10 * i;
    switch (i % 4) {
      case 0:
        return { type: "train", body: { in: hash(), out: hash(), steps: 10, age, engine: "dense", privacy: null } };
      case 1:
        return { type: "publish", body: { model: hash(), age, bytes: 31_400, codec: "f32", ...AS_TRAINED } };
      case 2:
        return {
          type: "aggregate",
          body: {
            own: hash(),
            base: i === 2 ? null : hash(),
            out: hash(),
            rule: "guarded-median",
            age,
            parents: [
              [hash(), hash(), age, 65536, "used"],
              [hash(), hash(), age + 3, 52_000, "clipped"],
              [hash(), hash(), 0, 0, "invalid"],
            ],
          },
        };
      default:
        return { type: "resume", body: { params: hash(), age } };
    }
  });
}

export interface OpenOptions {
  readonly store?: Store;
  readonly identity?: Identity;
  readonly clock?: Clock;
  readonly taskId?: Uint8Array;
  readonly crypto?: Crypto;
}

export function open(options: OpenOptions = {}): Promise<Log> {
  return openLog({
    store: createMemoryStore(),
    identity: identity(1),
    clock: testClock(),
    taskId: TASK,
    crypto: CRYPTO,
    agent: "hearsay-test/1",
    ...options,
  });
}

/** A store that holds a log of `size` entries, and those entries. */
export async function storedLog(size: number, options: OpenOptions = {}): Promise<{ store: Store; entries: Entry[] }> {
  const store = createMemoryStore();
  const log = await open({ ...options, store });
  await log.append(sampleDrafts(createRng("stored-log"), size - 1));
  return { store, entries: await collect(log.entries()) };
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

/** The same answers, computed once: verifying a log again and again becomes cheap. */
export function memoized(crypto: Crypto): Crypto {
  const known = new Map<string, boolean>();
  return {
    sha256: crypto.sha256,
    verify(publicKey, message, signature) {
      const question = [publicKey, message, signature].map(toHex).join("/");
      const answer = known.get(question) ?? crypto.verify(publicKey, message, signature);
      known.set(question, answer);
      return answer;
    },
  };
}
