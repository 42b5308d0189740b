/** What a store holds of a log: found again, verified to the last byte, mended where it only repeats the entries. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { equalBytes, toHex } from "../../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Crypto, Identity, Store } from "../../../../protocol/base/seams.ts";
import { openStoredExport } from "../../../../protocol/log/export/stored-export.ts";
import type { Draft } from "../../../../protocol/log/stored/chain.ts";
import { storedEntries } from "../../../../protocol/log/stored/reading.ts";
import { keysOf } from "../../../../protocol/log/stored/records.ts";
import { verifyStoredLog } from "../../../../protocol/log/stored/stored.ts";
import { cosign, readCheckpoint, signCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { isConsistent, isIncluded, leafHash } from "../../../../protocol/log/tree/merkle.ts";
import { createVerifier, type LogOwner } from "../../../../protocol/log/verify/verifier.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { AS_TRAINED } from "../../../support/publications.ts";
import { CRYPTO, collect, identity, memoized, open, sampleDrafts, TASK } from "../support.ts";

const RESUME: Draft = { type: "resume", body: { params: new Uint8Array(32), age: 0 } };
const PUBLISH: Draft = {
  type: "publish",
  body: { model: new Uint8Array(32), age: 0, bytes: 1, codec: "f32", ...AS_TRAINED },
};
const END: Draft = { type: "end", body: { next: null, proof: null } };

/** A key whose every signature is the same: long logs in no time. */
const unsigned: Identity = { ...identity(1), sign: () => new Uint8Array(64) };
const trusting: Crypto = { sha256: CRYPTO.sha256, verify: () => true };

async function copy(store: Store): Promise<Store> {
  const other = createMemoryStore();
  await other.write((await collect(store.range(""))).map(([key, value]) => ({ key, value })));
  return other;
}

function verify(store: Store, crypto: Crypto = CRYPTO) {
  return verifyStoredLog(store, { crypto, peer: identity(1).peerId, task: TASK });
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    if (isHearsayError(error)) return error.details;
    throw error;
  }
  return "accepted";
}

describe("a stored log of two generations, of 150 entries and 20", () => {
  let store: Store;
  before(async () => {
    store = createMemoryStore();
    const log = await open({ store });
    await log.append(sampleDrafts(createRng("stored"), 149));
    const { logId, size, root } = log.state();
    const note = readCheckpoint(signCheckpoint({ logId, size, root }, identity(1), CRYPTO));
    const line = cosign(note, identity(2), 1_790_000_000, CRYPTO);
    await log.keepCosigned(readCheckpoint(`${signCheckpoint(note, identity(1), CRYPTO)}${line}`));
    await log.startGeneration(2);
    await log.append([...sampleDrafts(createRng("second"), 18), END]);
  });

  it("holds, and says which is the newest", async () => {
    const { ok, entries, generation, ended, head } = await verify(store);
    assert.deepEqual(
      { ok, entries, generation, ended, seq: head?.seq },
      { ok: true, entries: 20, generation: 2, ended: true, seq: 19 },
    );
    assert.equal((await collect(storedEntries(store))).length, 20);
    assert.equal((await collect(storedEntries(store, 0))).length, 150);
    const old = await verifyStoredLog(store, { crypto: CRYPTO, generation: 0 });
    assert.deepEqual([old.ok, old.entries, old.generation], [true, 150, 0]);
  });

  it("is found bad for every change of any single byte of an entry", async () => {
    const rng = createRng("flip");
    let changes = 0;
    for (const generation of [0, 2]) {
      const log = await collect(storedEntries(store, generation));
      const whole = createVerifier({ crypto: CRYPTO });
      for (const signed of log) {
        const before = whole.last && { owner: whole.owner as LogOwner, last: whole.last };
        const damaged = signed.slice();
        for (let at = 0; at < signed.length; at++) {
          damaged[at] = (signed[at] as number) ^ (1 + rng.below(255));
          const verifier = createVerifier({ crypto: CRYPTO, peer: identity(1).peerId, task: TASK }, undefined, before);
          assert.throws(() => verifier.next(damaged), { code: "ERR_LOG_CHAIN" }, `byte ${at} of an entry`);
          damaged[at] = signed[at] as number;
          changes++;
        }
        whole.next(signed);
      }
    }
    assert.ok(changes > 50_000, `${changes} changes`);
  });

  it("is found bad for every change of any single byte of head, checkpoints and generation, and of bytes all over tiles", async () => {
    const crypto = memoized(CRYPTO);
    const rng = createRng("flip");
    const kinds = new Set<string>();
    for (const [key, value] of await collect(store.range("log/"))) {
      if (key.includes("/e/")) continue;
      const step = key.includes("/t/") ? 37 : 1;
      for (let at = rng.below(step); at < value.length; at += step) {
        const damaged = value.with(at, (value[at] as number) ^ (1 + rng.below(255)));
        await store.write([{ key, value: damaged }]);
        const generation = /^log\/(?:g\/|current)/.test(key) ? 2 : 0;
        const { ok, firstBad } = await verifyStoredLog(store, { crypto, generation });
        const ofOthers = key.endsWith("cosigned") && at > endOfOwnLine(value); // passed over where the line does not hold
        assert.ok(!ok || ofOthers, `byte ${at} of ${key}`);
        kinds.add(firstBad?.reason ?? "");
      }
      await store.write([{ key, value }]);
    }
    assert.ok((await verify(store, crypto)).ok);
    for (const kind of ["tile", "head", "checkpoint"]) assert.ok(kinds.has(kind), kind);
  });
});

/** Where the writer's signature line of a note ends. */
function endOfOwnLine(note: Uint8Array): number {
  const text = Buffer.from(note).toString("latin1");
  return text.indexOf("\n", text.indexOf("\n\n") + 2);
}

describe("opening a log", () => {
  it("drops lines of cosigners that do not hold, and keeps those that do: none is the writer's fault", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append(sampleDrafts(createRng("heal"), 20));
    const note = signCheckpoint(log.state(), identity(1), CRYPTO);
    const line = (n: number, seconds: number) => cosign(readCheckpoint(note), identity(n), seconds, CRYPTO);
    const forged = line(3, 5).replace(identity(3).peerId, identity(4).peerId);
    const unknown = `\u2014 example.org/witness ${Buffer.alloc(40, 1).toString("base64")}\n`;
    const own = note.slice(note.indexOf("\n\n") + 2);
    const text = `${note}${forged}${unknown}${line(2, 1_790_000_000)}${line(2, 7)}${line(5, 2 ** 52)}${own}`;
    await store.write([{ key: keysOf(0).cosigned, value: Buffer.from(text) }]);
    const { header } = await openStoredExport(store, CRYPTO);
    assert.equal(header.cosigned, note + line(2, 1_790_000_000));
    assert.ok((await verify(store)).ok);
    const again = await open({ store });
    assert.deepEqual(
      again.cosigned()?.signatures.map(({ name }) => name),
      [`hearsay-log/${toHex(log.logId)}`, identity(2).peerId],
    );
    assert.equal(Buffer.from((await store.get(keysOf(0).cosigned)) as Uint8Array).toString(), header.cosigned);
    assert.ok((await verify(store)).ok);
  });

  it("mends tiles that are lost or damaged, and takes what it cannot trust of the checkpoints out", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append(sampleDrafts(createRng("mend"), 199));
    const whole = new Map(await collect(store.range("log/")));
    const keys = keysOf(0);
    const tile = await store.get(keys.tile(0, 1));
    await store.write([
      { key: keys.tile(0, 0) },
      { key: keys.tile(0, 1), value: tile?.with(7, 1) as Uint8Array },
      { key: keys.checkpoint, value: new Uint8Array(20) },
      { key: keys.cosigned, value: new Uint8Array(20) },
    ]);
    assert.equal((await verify(store)).ok, false);
    await open({ store });
    assert.deepEqual(new Map(await collect(store.range("log/"))).get(keys.tile(0, 0)), whole.get(keys.tile(0, 0)));
    assert.deepEqual(await store.get(keys.tile(0, 1)), tile);
    assert.ok((await verify(store)).ok);
  });

  it("takes the log of a version without tiles and checkpoints", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append(sampleDrafts(createRng("v1"), 199));
    for (const [key] of await collect(store.range("log/"))) if (!/\/e\/|head$/.test(key)) await store.write([{ key }]);
    assert.ok((await verify(store)).ok);
    const again = await open({ store });
    assert.deepEqual(await again.rootAt(200), await log.rootAt(200));
    assert.equal(again.state().size, 200);
    assert.equal((await collect(store.range("log/t/"))).length, 3);
  });

  it("refuses a log that is shorter than its own checkpoint, or another than it", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append([RESUME, RESUME]);
    const early = await copy(store);
    await log.append([RESUME, PUBLISH]);
    const { checkpoint } = keysOf(0);
    const value = (await store.get(checkpoint)) as Uint8Array;
    const shorter = await copy(early);
    await shorter.write([{ key: checkpoint, value }]);
    assert.deepEqual(await rejection(open({ store: shorter })), { seq: 3, reason: "missing" });
    const other = await copy(early);
    await (await open({ store: other })).append([PUBLISH, PUBLISH]);
    await other.write([{ key: checkpoint, value }]);
    assert.deepEqual(await rejection(open({ store: other })), { seq: 4, reason: "checkpoint" });
  });

  it("reads of a long log the first entry and the last, and finds what is wrong with these", async () => {
    const inner = createMemoryStore();
    const options = { identity: unsigned, crypto: trusting };
    const log = await open({ ...options, store: inner });
    while (log.head().size < 9000) await log.append(Array.from({ length: 250 }, () => RESUME));
    let read = 0;
    const store: Store = {
      ...inner,
      async *range(prefix, from) {
        for await (const found of inner.range(prefix, from)) {
          if (prefix.endsWith("e/")) read++;
          yield found;
        }
      },
    };
    const again = await open({ ...options, store });
    assert.ok(read < 4400, `${read} entries were read`);
    assert.deepEqual(again.head(), log.head());
    assert.deepEqual(await again.rootAt(9000), await log.rootAt(9000));
    await again.append([PUBLISH]);
    assert.deepEqual(again.state().root, await again.rootAt(again.head().size));
    const keys = keysOf(0);
    const size = again.head().size;
    for (const seq of [0, size - 4000, size - 1]) {
      const damaged = await copy(inner);
      const entry = (await damaged.get(keys.entry(seq))) as Uint8Array;
      await damaged.write([{ key: keys.entry(seq), value: entry.with(100, 0xff ^ (entry[100] as number)) }]);
      const found = (await rejection(open({ ...options, store: damaged }))) as { seq: number };
      assert.ok(found.seq === seq || found.seq === seq + 1, `${seq}: ${JSON.stringify(found)}`);
    }
    const stale = await copy(inner);
    await stale.write([{ key: keys.tile(0, 3) }, { key: keys.tile(1, 0), value: new Uint8Array(4064) }]);
    assert.deepEqual((await open({ ...options, store: stale })).head(), again.head());
  });
});

describe("proofs of a log", () => {
  it("hold against the roots that it signed, before and after it was opened again, and with tiles lost", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    const states = [log.state()];
    for (const draft of sampleDrafts(createRng("proofs"), 300)) {
      await log.append([draft]);
      if (states.at(-1)?.size !== log.state().size) states.push(log.state());
    }
    const reopened = await open({ store });
    const entries = await collect(log.entries());
    await store.write([{ key: keysOf(0).tile(0, 2) }]);
    for (const each of [log, reopened])
      for (const [i, { size, root }] of states.entries()) {
        assert.deepEqual(await each.rootAt(size), root);
        const index = size - 1;
        const leaf = leafHash(entries[index]?.signed.subarray(64) as Uint8Array, CRYPTO);
        assert.ok(isIncluded({ index, size, leaf, root }, await each.inclusionProof(index, size), CRYPTO));
        const { size: old, root: oldRoot } = states[Math.floor(i / 2)] ?? assert.fail();
        assert.ok(isConsistent({ old, oldRoot, size, root }, await each.consistencyProof(old, size), CRYPTO));
      }
    await assert.rejects(log.rootAt(302), RangeError);
    await assert.rejects(log.inclusionProof(301, 301), RangeError);
    await assert.rejects(log.consistencyProof(0, 302), RangeError);
  });

  it("of the newest publication need no look into the store", async () => {
    const inner = createMemoryStore();
    let gets = 0;
    const get = (key: string) => {
      gets++;
      return inner.get(key);
    };
    const log = await open({ store: { ...inner, get } });
    await log.append(sampleDrafts(createRng("near"), 190));
    for (let i = 0; i < 70; i++) {
      await log.append([RESUME, PUBLISH]);
      gets = 0;
      const { size } = log.state();
      await log.inclusionProof(size - 1, size);
      assert.equal(gets, 0, `size ${size}`);
    }
  });
});

describe("checkpoints of a log", () => {
  it("are signed with every publication, else after 64 entries or 10 minutes, in the batch of the append", async () => {
    const clock = {
      nowMs: 1_790_000_000_000,
      now: () => clock.nowMs,
      monotonicMs: () => clock.nowMs,
      after: () => () => {},
    };
    const store = createMemoryStore();
    const log = await open({ store, clock });
    const sizes: number[] = [];
    const note = async (draft: Draft, times = 1) => {
      for (let i = 0; i < times; i++) await log.append([draft]);
      sizes.push(log.state().size);
    };
    await note(RESUME, 5);
    await note(PUBLISH);
    await note(RESUME, 63);
    await note(RESUME);
    await note(RESUME);
    clock.nowMs += 10 * 60_000;
    await note(RESUME);
    assert.deepEqual(sizes, [1, 7, 7, 71, 71, 73]);
    const again = await open({ store, clock });
    assert.deepEqual(again.state(), log.state());
    assert.ok(equalBytes(again.state().root, await again.rootAt(73)));
  });

  it("are of the entries up to the publication, whatever else went into the batch", async () => {
    const log = await open();
    const [, published] = await Promise.all([
      log.append([RESUME]),
      log.append([RESUME, PUBLISH]),
      log.append([RESUME]),
    ]);
    assert.equal(log.state().size, (published?.at(-1)?.seq as number) + 1);
    assert.equal(log.head().size, 5);
  });
});

describe("generations and ends", () => {
  it("a new generation begins with what was known, is found again, and leaves the log before as it is", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.append([RESUME, PUBLISH]);
    const before = await collect(store.range("log/"));
    const { id } = log.head();
    const [, appended] = await Promise.all([log.startGeneration(3), log.append([RESUME])]);
    assert.equal(log.generation, 3);
    assert.equal(appended[0]?.seq, 1);
    const after = new Map(await collect(store.range("log/")));
    for (const [key, value] of before) assert.deepEqual(after.get(key), value, key);
    const again = await open({ store });
    assert.deepEqual([again.generation, again.head().size], [3, 2]);
    const [genesis] = await collect(again.entries());
    assert.ok(genesis?.type === "genesis");
    assert.deepEqual([genesis.body.generation, genesis.body.after], [3, id]);
    assert.notDeepEqual(genesis.logId, before[0]?.[1]);
    await assert.rejects(again.startGeneration(3), RangeError);
    await again.startGeneration(4, new Uint8Array(32).fill(9));
    const [next] = await collect(again.entries());
    assert.deepEqual(next?.type === "genesis" && next.body.after, new Uint8Array(32).fill(9));
    assert.ok((await verify(store)).ok);
  });

  it("nothing comes after an end", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await assert.rejects(log.append([END, RESUME]), TypeError);
    await log.append([END]);
    await assert.rejects(log.append([RESUME]), { code: "ERR_LOG_CLOSED", details: { reason: "ended" } });
    await assert.rejects(log.startGeneration(1), { code: "ERR_LOG_CLOSED" });
    const again = await open({ store });
    await assert.rejects(again.append([RESUME]), { code: "ERR_LOG_CLOSED", details: { reason: "ended" } });
    assert.equal((await verify(store)).ended, true);
  });

  it("a generation whose beginning is lost is refused", async () => {
    const store = createMemoryStore();
    const log = await open({ store });
    await log.startGeneration(1);
    for (const [key] of await collect(store.range("log/g/"))) await store.write([{ key }]);
    assert.deepEqual(await rejection(open({ store })), { seq: 0, reason: "missing" });
  });
});
