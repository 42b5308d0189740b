/** How much evidence is held of whom, and what becomes of it on disk. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createEvidenceBook, type EvidenceBook } from "../../../../protocol/peer/account/evidence-book.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import type { Grade, Head, Slot } from "../../../../protocol/peer/memory/record.ts";

const CAPACITIES: readonly (readonly [Grade, number])[] = [
  ["known", LIMITS.maxIdentities.bannedKnown],
  ["met", LIMITS.maxIdentities.bannedMet],
  ["stranger", LIMITS.maxIdentities.bannedStrangers],
];

function put(book: EvidenceBook, peer: string, grade: Grade, isStored = false): void {
  book.put(peer, { kind: "fork", bytes: Uint8Array.of(1), grade }, isStored);
}

describe("the evidence that is held", () => {
  it("is that of the newest keys of each kind, none of which takes a place of another", () => {
    const book = createEvidenceBook(createIdentities(), nodeCrypto);
    for (const [grade, capacity] of CAPACITIES)
      for (let n = 0; n <= capacity; n++) put(book, `${grade} ${n}`, grade, true);
    assert.equal(
      book.size,
      CAPACITIES.reduce((sum, [, capacity]) => sum + capacity, 0),
    );
    for (const [grade, capacity] of CAPACITIES) {
      assert.equal(book.get(`${grade} 0`), undefined);
      assert.ok(book.get(`${grade} 1`) && book.get(`${grade} ${capacity}`));
    }
    assert.deepEqual(
      book.takeChanges().map(({ key, value }) => [key, value]),
      CAPACITIES.map(([grade]) => [`evidence/${grade} 0`, undefined]),
      "what is forgotten goes from the disk too",
    );
  });

  it("leaves of the record of its key nothing that is of no use for one that is not listened to", () => {
    const identities = createIdentities();
    const book = createEvidenceBook(identities, nodeCrypto);
    const head = { sinceMs: 0, begun: 0 } as Head;
    const strikes = { points: 1, untilCycle: 1, isExcused: false };
    identities.change("liar", { slot: {} as Slot, doubts: [{} as never], strikes, head });
    put(book, "liar", "met");
    const { slot, doubts, strikes: left, head: kept } = identities.get("liar") ?? assert.fail();
    assert.deepEqual([slot, doubts, left, kept], [undefined, [], undefined, head]);
  });

  it("is written a few at a time, and not what came and went meanwhile", () => {
    const book = createEvidenceBook(createIdentities(), nodeCrypto);
    for (let n = 0; n <= LIMITS.maxIdentities.bannedStrangers; n++) put(book, `${n}`, "stranger");
    const batches: number[] = [];
    for (let left = book.takeChanges(); left.length > 0; left = book.takeChanges()) batches.push(left.length);
    assert.deepEqual(batches, Array<number>(LIMITS.maxIdentities.bannedStrangers / 64).fill(64));
  });
});
