import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHex } from "../../../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../../../protocol/base/errors.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Store, StoreChange } from "../../../../protocol/base/seams.ts";
import type { Draft } from "../../../../protocol/log/stored/chain.ts";
import { encodeCanonical } from "../../../../protocol/wire/canonical.ts";
import { wholeMinutes } from "../../../../protocol/wire/values.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { CRYPTO, collect, identity, memoized, open, START_MS, sampleDrafts, storedLog, testClock } from "../support.ts";

const RESUME: Draft = { type: "resume", body: { params: new Uint8Array(32), age: 0 } };
const MINUTE = wholeMinutes(START_MS);
const key = (seq: number) => `log/e/${seq.toString(16).padStart(16, "0")}`;

/** A store whose writes wait for `release`, which lets the oldest waiting one through or fails it. */
function gated(inner: Store): Store & { release(error?: Error): Promise<void>; waiting(): number } {
  const waiting: ((error?: Error) => void)[] = [];
  return {
    ...inner,
    async write(changes: readonly StoreChange[]) {
      await new Promise<void>((resolve, reject) => {
        waiting.push((error) => (error === undefined ? resolve() : reject(error)));
      });
      await inner.write(changes);
    },
    waiting: () => waiting.length,
    async release(error) {
      waiting.shift()?.(error);
      await settle();
    },
  };
}

/** Lets everything run that waits for promises alone. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The bad entry that a store is refused for. */
async function refusal(store: Store, options: Parameters<typeof open>[0] = {}) {
  try {
    await open({ ...options, store });
  } catch (error) {
    if (isHearsayError(error, "ERR_LOG_CHAIN")) return error.details;
    throw error;
  }
  return "accepted";
}

async function copy(store: Store): Promise<Store> {
  const other = createMemoryStore();
  await other.write((await collect(store.range(""))).map(([key, value]) => ({ key, value })));
  return other;
}

describe("a peer's log", () => {
  it("starts with a genesis that names key and task", async () => {
    const log = await open();
    const [genesis, ...rest] = await collect(log.entries());
    assert.equal(rest.length, 0);
    assert.equal(genesis?.type, "genesis");
    assert.deepEqual(genesis?.body, {
      task: new Uint8Array(32).fill(0x7a),
      peer: identity(1).publicKey,
      agent: "hearsay-test/1",
    });
    assert.deepEqual(log.head(), { seq: 0, id: genesis?.id, size: 1 });
    assert.deepEqual(log.logId, genesis?.logId);
  });

  it("gives back what was appended, in order, from any entry on, and again after it was opened again", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    const drafts = sampleDrafts(createRng("order"), 9);
    const appended = [...(await log.append(drafts.slice(0, 4))), ...(await log.append(drafts.slice(4)))];
    assert.deepEqual(
      appended.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
    assert.deepEqual(
      appended.map(({ type, body }) => ({ type, body })),
      drafts,
    );
    const again = await open({ store });
    for (const each of [log, again]) {
      assert.deepEqual((await collect(each.entries())).slice(1), appended);
      assert.deepEqual(await collect(each.entries(7)), appended.slice(6));
      assert.deepEqual(await collect(each.entries(10)), []);
      assert.deepEqual(each.head(), { seq: 9, id: appended.at(-1)?.id, size: 10 });
    }
  });

  it("puts appends that are called together one after the other", async () => {
    const log = await open();
    const drafts = sampleDrafts(createRng("together"), 40);
    const appended = await Promise.all(drafts.map((draft) => log.append([draft])));
    assert.deepEqual(
      appended.flat().map(({ seq }) => seq),
      drafts.map((_, i) => i + 1),
    );
    assert.deepEqual(
      (await collect(log.entries(1))).map(({ body }) => body),
      drafts.map(({ body }) => body),
    );
  });

  it("writes the caller's changes in the same batch, and keeps its own keys to itself", async () => {
    const batches: string[][] = [];
    const inner = createMemoryStore();
    const write = async (changes: readonly StoreChange[]) => {
      batches.push(changes.map(({ key }) => key));
      await inner.write(changes);
    };
    const log = await open({ store: { ...inner, write } });
    await log.append([RESUME, RESUME], [{ key: "state/model", value: Uint8Array.of(1) }]);
    assert.deepEqual(batches, [
      [key(0), "log/checkpoint", "log/head"],
      ["state/model", key(1), key(2), "log/head"],
    ]);
    await assert.rejects(log.append([RESUME], [{ key: "log/head" }]), TypeError);
    await assert.doesNotReject(log.append([RESUME]));
  });

  it("shows nothing before the batch is on disk", async () => {
    const inner = createMemoryStore();
    await open({ store: inner });
    const store = gated(inner);
    const log = await open({ store });
    const before = log.head();
    let done = false;
    const appending = log.append([RESUME]).then(() => {
      done = true;
    });
    await settle();
    assert.equal(store.waiting(), 1);
    assert.equal(done, false);
    assert.deepEqual(log.head(), before);
    assert.equal((await collect(log.entries())).length, 1);
    await store.release();
    await appending;
    assert.equal(log.head().seq, 1);
  });

  it("does not show entries that the store already has but has not acknowledged", async () => {
    const inner = createMemoryStore();
    let acknowledge = () => {};
    const write = async (changes: readonly StoreChange[]) => {
      await inner.write(changes);
      await new Promise<void>((resolve) => {
        acknowledge = resolve;
      });
    };
    await open({ store: inner });
    const log = await open({ store: { ...inner, write } });
    const appending = log.append([RESUME]);
    await settle();
    assert.equal((await collect(inner.range("log/e/"))).length, 2);
    assert.equal((await collect(log.entries())).length, 1);
    acknowledge();
    await appending;
    assert.equal((await collect(log.entries())).length, 2);
  });

  it("closes for appending after a failed write, also for appends that were waiting, and stays readable", async () => {
    const inner = createMemoryStore();
    await open({ store: inner });
    const store = gated(inner);
    const log = await open({ store });
    const failing = [log.append([RESUME]), log.append([RESUME])];
    const cause = new HearsayError("ERR_STATE", "no space left");
    const refused = failing.map((promise) => assert.rejects(promise, { code: "ERR_LOG_CLOSED", cause }));
    await settle();
    await store.release(cause);
    await Promise.all(refused);
    await assert.rejects(log.append([RESUME]), { code: "ERR_LOG_CLOSED", cause });
    assert.equal(store.waiting(), 0, "the store was not asked again");
    assert.equal(log.head().size, 1);
    assert.equal((await collect(log.entries())).length, 1);
    const reopened = await open({ store: inner });
    assert.equal((await reopened.append([RESUME])).at(0)?.seq, 1);
  });

  it("refuses a draft outside the format without writing or closing", async () => {
    const log = await open();
    const bad = { type: "resume", body: { params: new Uint8Array(31), age: 0 } } as Draft;
    await assert.rejects(log.append([RESUME, bad]), TypeError);
    assert.equal(log.head().size, 1);
    assert.equal((await log.append([RESUME])).at(0)?.seq, 1);
  });

  it("never lets its time run backwards, nor tells more than the minute", async () => {
    const store = createMemoryStore();
    const clock = testClock();
    const times: number[] = [];
    for (const nowMs of [MINUTE + 1, MINUTE + 59_999.9, MINUTE - 5_000, MINUTE + 60_000]) {
      clock.nowMs = nowMs;
      const log = await open({ store, clock });
      const [entry] = await log.append([RESUME]);
      times.push(entry?.tsMs as number);
    }
    assert.deepEqual(times, [MINUTE, MINUTE, MINUTE, MINUTE + 60_000]);
  });

  it("refuses the store of another key or task", async () => {
    const { store } = await storedLog(3);
    assert.deepEqual(await refusal(store, { identity: identity(2) }), { seq: 0, reason: "peer" });
    assert.deepEqual(await refusal(store, { taskId: new Uint8Array(32) }), { seq: 0, reason: "task" });
  });

  it("reports what the store loses while the log is open", async () => {
    const { store } = await storedLog(6);
    const log = await open({ store });
    await store.write([{ key: key(3) }]);
    await assert.rejects(collect(log.entries()), { code: "ERR_LOG_CHAIN", details: { seq: 3, reason: "missing" } });
    await store.write([{ key: key(3), value: new Uint8Array(70) }]);
    await assert.rejects(collect(log.entries()), { code: "ERR_LOG_CHAIN", details: { seq: 3, reason: "decode" } });
    await assert.rejects(collect(log.entries(-1)), RangeError);
  });
});

describe("a stored log", () => {
  it("is refused, at the right entry, for every change of any single byte", async () => {
    const { store, entries } = await storedLog(21);
    const crypto = memoized(CRYPTO);
    const rng = createRng("flip");
    let changes = 0;
    for (const { seq, signed } of entries) {
      const damaged = signed.slice();
      for (let at = 0; at < signed.length; at++) {
        damaged[at] = (signed[at] as number) ^ (1 + rng.below(255));
        await store.write([{ key: key(seq), value: damaged }]);
        const found = await refusal(store, { crypto });
        assert.equal((found as { seq?: number }).seq, seq, `byte ${at} of entry ${seq}: ${JSON.stringify(found)}`);
        damaged[at] = signed[at] as number;
        changes++;
      }
      await store.write([{ key: key(seq), value: signed }]);
    }
    assert.equal(await refusal(store, { crypto }), "accepted");
    assert.ok(changes > 5000, `${changes} changes`);
  });

  it("is refused for every change of any single byte of its head", async () => {
    const { store } = await storedLog(3);
    const head = (await store.get("log/head")) as Uint8Array;
    for (let at = 0; at < head.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = head.with(at, (head[at] as number) ^ flip);
        await store.write([{ key: "log/head", value: damaged }]);
        assert.notEqual(await refusal(store), "accepted", `byte ${at}`);
      }
    }
  });

  it("is refused for a missing, moved, surplus or swapped entry, at the right place", async () => {
    const { store, entries } = await storedLog(21);
    const value = (seq: number) => entries[seq]?.signed as Uint8Array;
    const damages: readonly (readonly [StoreChange[], { seq: number; reason: string }])[] = [
      [[{ key: key(0) }], { seq: 0, reason: "missing" }],
      [[{ key: key(11) }], { seq: 11, reason: "missing" }],
      [[{ key: key(20) }], { seq: 20, reason: "missing" }],
      [entries.map(({ seq }) => ({ key: key(seq) })), { seq: 0, reason: "missing" }],
      [[{ key: key(11) }, { key: key(30), value: value(11) }], { seq: 11, reason: "missing" }],
      [[{ key: key(11), value: value(10) }], { seq: 11, reason: "seq" }],
      [
        [
          { key: key(7), value: value(9) },
          { key: key(9), value: value(7) },
        ],
        { seq: 7, reason: "seq" },
      ],
      [[{ key: key(21), value: value(20) }], { seq: 21, reason: "seq" }],
      [[{ key: "log/e/zz", value: value(20) }], { seq: 21, reason: "missing" }],
      [[{ key: "log/e/", value: value(0) }], { seq: 0, reason: "missing" }],
    ];
    for (const [changes, expected] of damages) {
      const damaged = await copy(store);
      await damaged.write(changes);
      assert.deepEqual(await refusal(damaged), expected, JSON.stringify(changes.map(({ key }) => key)));
    }
  });

  it("is refused where head and entries disagree, as after a batch that was written in part", async () => {
    const { store, entries } = await storedLog(6);
    const head = (seq: number, id = entries[seq]?.id) => encodeCanonical([1, seq, id]);
    const heads: readonly (readonly [Uint8Array | undefined, { seq: number; reason: string }])[] = [
      [undefined, { seq: 6, reason: "head" }],
      [head(4), { seq: 5, reason: "head" }],
      [head(0), { seq: 1, reason: "head" }],
      [head(5, entries[4]?.id), { seq: 5, reason: "head" }],
      [head(6, entries[5]?.id), { seq: 6, reason: "missing" }],
      [encodeCanonical([2, 5, entries[5]?.id]), { seq: 6, reason: "head" }],
      [encodeCanonical({ seq: 5 }), { seq: 6, reason: "head" }],
      [new Uint8Array(0), { seq: 6, reason: "head" }],
    ];
    for (const [value, expected] of heads) {
      await store.write([value === undefined ? { key: "log/head" } : { key: "log/head", value }]);
      assert.deepEqual(await refusal(store), expected);
    }
    const empty = createMemoryStore();
    await empty.write([{ key: "log/head", value: head(0) }]);
    assert.deepEqual(await refusal(empty), { seq: 0, reason: "missing" });
  });

  it("opens after each of its batches, and holds exactly those", async () => {
    const snapshots: { store: Store; id: string }[] = [];
    const inner = createMemoryStore();
    const write = async (changes: readonly StoreChange[]) => {
      await inner.write(changes);
    };
    const log = await open({ store: { ...inner, write } });
    for (const draft of sampleDrafts(createRng("snapshots"), 8)) {
      await log.append([draft, RESUME]);
      snapshots.push({ store: await copy(inner), id: toHex(log.head().id) });
    }
    for (const [i, { store, id }] of snapshots.entries()) {
      const reopened = await open({ store });
      assert.equal(reopened.head().size, 3 + 2 * i);
      assert.equal(toHex(reopened.head().id), id);
    }
  });
});
