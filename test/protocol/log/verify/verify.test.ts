import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { equalBytes, toHex } from "../../../../protocol/base/bytes.ts";
import type { ChainReason } from "../../../../protocol/log/entry/chain-error.ts";
import { createEntry, type Entry, logIdOf } from "../../../../protocol/log/entry/entry.ts";
import { append, type Frontier, leafHash, rootOf as merkleRoot } from "../../../../protocol/log/tree/merkle.ts";
import { NO_ENTRY, type VerifyOptions } from "../../../../protocol/log/verify/verifier.ts";
import { verifyLog } from "../../../../protocol/log/verify/verify.ts";
import { CRYPTO, identity, memoized, START_MS, storedLog, TASK } from "../support.ts";

const crypto = memoized(CRYPTO);
const alice = identity(1);
const logId = logIdOf(alice.publicKey, TASK, CRYPTO);
let log: Uint8Array[];
let entries: Entry[];

before(async () => {
  ({ entries } = await storedLog(24));
  log = entries.map(({ signed }) => signed);
});

/** By the definition, from all leaves. */
function rootOf(signed: readonly Uint8Array[]): Uint8Array {
  let frontier: Frontier = [];
  for (const [size, each] of signed.entries())
    frontier = append(frontier, size, leafHash(each.subarray(64), CRYPTO), CRYPTO).frontier;
  return merkleRoot(frontier, CRYPTO);
}

/** The verdict on a sequence that is not the log it should be. */
async function firstBad(sequence: Iterable<Uint8Array>, options: Partial<VerifyOptions> = {}) {
  const { ok, entries, firstBad } = await verifyLog(sequence, { crypto, ...options });
  assert.equal(ok, false);
  assert.equal(entries, firstBad?.seq, "everything before the first bad entry holds");
  return { seq: firstBad?.seq, reason: firstBad?.reason };
}

/** A properly signed entry in place of entry `seq`, changed in one respect. */
function forged(seq: number, changes: Partial<Entry>, signer = alice): Uint8Array {
  return createEntry({ ...(entries[seq] as Entry), ...changes } as Entry, signer, CRYPTO).signed;
}

describe("verification of a log", () => {
  it("accepts an intact log and says whose it is, what about and how far it goes", async () => {
    const seen: number[] = [];
    const options = { crypto, peer: alice.peerId, task: TASK, onEntry: (entry: Entry) => void seen.push(entry.seq) };
    const result = await verifyLog(log, options);
    const last = entries.at(-1) as Entry;
    const head = { seq: last.seq, id: last.id };
    const whose = { logId, peer: alice.peerId, task: TASK, generation: 0 };
    assert.deepEqual(result, { ok: true, entries: 24, ...whose, head, ended: false, root: rootOf(log) });
    assert.deepEqual(seen, [...Array(24).keys()]);
  });

  it("finds any two entries swapped, at the first of them", async () => {
    for (let i = 0; i < log.length; i++) {
      for (let j = i + 1; j < log.length; j++) {
        const swapped = log.with(i, log[j] as Uint8Array).with(j, log[i] as Uint8Array);
        assert.deepEqual(await firstBad(swapped), { seq: i, reason: i === 0 ? "genesis" : "seq" });
      }
    }
  });

  it("finds any entry deleted, where the next one stands in its place", async () => {
    for (let i = 0; i < log.length - 1; i++) {
      assert.deepEqual(await firstBad(log.toSpliced(i, 1)), { seq: i, reason: i === 0 ? "genesis" : "seq" });
    }
  });

  it("finds any entry duplicated, at the copy", async () => {
    for (let i = 0; i < log.length; i++) {
      const doubled = log.toSpliced(i, 0, log[i] as Uint8Array);
      assert.deepEqual(await firstBad(doubled), { seq: i + 1, reason: i === 0 ? "genesis" : "seq" });
    }
  });

  it("takes a beginning of a log for a log, and says where it ends: only a later head can contradict it", async () => {
    for (let size = 1; size < log.length; size++) {
      const { ok, head } = await verifyLog(log.slice(0, size), { crypto });
      assert.ok(ok);
      assert.deepEqual(head, { seq: size - 1, id: entries[size - 1]?.id });
    }
  });

  it("finds an entry cut anywhere", async () => {
    const signed = log[7] as Uint8Array;
    for (let length = 0; length < signed.length; length++) {
      assert.deepEqual(await firstBad(log.with(7, signed.subarray(0, length))), { seq: 7, reason: "decode" });
    }
  });

  it("calls an empty log bad", async () => {
    assert.deepEqual(await firstBad([]), { seq: 0, reason: "missing" });
  });

  it("refuses another peer's log, and one about another task, where it was told whose and which", async () => {
    assert.deepEqual(await firstBad(log, { peer: identity(2).peerId }), { seq: 0, reason: "peer" });
    assert.deepEqual(await firstBad(log, { task: new Uint8Array(32) }), { seq: 0, reason: "task" });
  });

  it("refuses the entries of another key or of another task in the middle", async () => {
    const otherKey = (await storedLog(24, { identity: identity(2) })).entries;
    const otherTask = (await storedLog(24, { taskId: new Uint8Array(32).fill(9) })).entries;
    for (const other of [otherKey, otherTask]) {
      for (const seq of [1, 12, 23]) {
        const { signed } = other[seq] as Entry;
        assert.deepEqual(await firstBad(log.with(seq, signed)), { seq, reason: "log-id" });
      }
    }
  });

  const other = new Uint8Array(32).fill(1);
  const forgeries: readonly (readonly [what: string, changes: Partial<Entry>, reason: ChainReason])[] = [
    ["a log id that is not its own", { logId: other }, "log-id"],
    ["a place that is taken", { seq: 4 }, "seq"],
    ["a gap before it", { seq: 6 }, "seq"],
    ["another history", { prev: other }, "prev"],
    ["a time before the entry before it", { tsMs: START_MS - 60_000 }, "time"],
    ["a second genesis", { type: "genesis", body: { task: TASK, peer: alice.publicKey, agent: "x" } }, "genesis"],
  ];
  for (const [what, changes, reason] of forgeries) {
    it(`refuses, though it is properly signed, an entry with ${what}`, async () => {
      assert.deepEqual(await firstBad(log.with(5, forged(5, changes))), { seq: 5, reason });
    });
  }

  it("refuses an entry that another key signed in this log's name", async () => {
    assert.deepEqual(await firstBad(log.with(5, forged(5, {}, identity(2)))), { seq: 5, reason: "signature" });
  });

  it("refuses the history after an entry that its owner replaced", async () => {
    const resume = forged(5, { type: "resume", body: { params: other, age: 1 } });
    assert.deepEqual(await firstBad(log.with(5, resume)), { seq: 6, reason: "prev" });
  });

  it("refuses a genesis that names another owner than its log id, or follows something", async () => {
    const stolen = { type: "genesis" as const, body: { task: TASK, peer: identity(2).publicKey, agent: "x" } };
    assert.deepEqual(await firstBad([forged(0, stolen)]), { seq: 0, reason: "log-id" });
    assert.deepEqual(await firstBad([forged(0, { prev: other })]), { seq: 0, reason: "prev" });
    assert.deepEqual(await firstBad([forged(0, { seq: 1 })]), { seq: 0, reason: "seq" });
    assert.ok(equalBytes(entries[0]?.prev as Uint8Array, NO_ENTRY));
  });

  it("reads a stream one entry at a time, and lets the stream's own errors through", async () => {
    let pulled = 0;
    async function* source() {
      for (const signed of log) {
        pulled++;
        yield signed;
        assert.equal(pulled, (seen.at(-1) as number) + 1, "the entry was verified before the next was asked for");
      }
    }
    const seen: number[] = [];
    await verifyLog(source(), { crypto, onEntry: ({ seq }) => void seen.push(seq) });
    const broken = (async function* () {
      yield log[0] as Uint8Array;
      throw new Error("disk on fire");
    })();
    await assert.rejects(verifyLog(broken, { crypto }), /disk on fire/);
  });

  it("gives every entry of a log an id of its own", () => {
    assert.equal(new Set(entries.map(({ id }) => toHex(id))).size, entries.length);
  });
});
