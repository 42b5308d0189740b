import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encode } from "@ipld/dag-cbor";
import fc from "fast-check";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { concatBytes, toHex } from "../../../protocol/base/bytes.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { type AnnouncementDraft, decodeAnnouncement, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { openEnvelope, seal, sealedPayload } from "../../../protocol/wire/envelope.ts";

const alice = identityFromSeed(new Uint8Array(32).fill(1));

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const count = fc.maxSafeNat();
const draft: fc.Arbitrary<AnnouncementDraft> = fc.record(
  {
    task: hash,
    generation: fc.nat({ max: 2 ** 32 - 1 }),
    seq: count,
    entry: hash,
    root: hash,
    note: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    model: hash,
    bytes: count,
    age: fc.nat({ max: LIMITS.maxAge }),
    tsMs: count,
    mass: fc.integer({ min: 1, max: 2 ** 20 }),
  },
  { noNullPrototype: true },
);

const DRAFT: AnnouncementDraft = {
  task: new Uint8Array(32).fill(2),
  generation: 1,
  seq: 3,
  entry: new Uint8Array(32).fill(4),
  root: new Uint8Array(32).fill(9),
  note: new Uint8Array(64).fill(10),
  model: new Uint8Array(32).fill(5),
  bytes: 6,
  age: 7,
  tsMs: 8,
};

/** The payload of DRAFT as an array of fields. */
const LOG: readonly unknown[] = [1, 3, DRAFT.entry, DRAFT.root, DRAFT.note];
const FIELDS: readonly unknown[] = [2, DRAFT.task, alice.publicKey, ...LOG, DRAFT.model, 6, 7, 8, 1];

const sealed = (payload: unknown) => seal("announcement", encode(payload), alice);

describe("an announcement", () => {
  it("is what the bytes say now, in an array that held another one before", () => {
    const other = encodeAnnouncement({ ...DRAFT, seq: 4 }, alice);
    const array = encodeAnnouncement(DRAFT, alice);
    assert.equal(decodeAnnouncement(array), decodeAnnouncement(array));
    const first = decodeAnnouncement(array);
    array.set(other);
    assert.deepEqual([first.seq, decodeAnnouncement(array).seq, decodeAnnouncement(other).seq], [3, 4, 4]);
  });

  it("says what its author put in, and who that is", () => {
    fc.assert(
      fc.property(draft, (fields) => {
        const bytes = encodeAnnouncement(fields, alice);
        const { author, publicKey, sealed: whole, ...back } = decodeAnnouncement(bytes);
        assert.deepEqual(whole, bytes);
        assert.deepEqual(back, fields);
        assert.equal(author, alice.peerId);
        assert.deepEqual(publicKey, alice.publicKey);
      }),
    );
  });

  it("is the signed DAG-CBOR of [2, task, key, generation, seq, entry, root, note, model, bytes, age, tsMs, mass]", () => {
    const bytes = encodeAnnouncement(DRAFT, alice);
    assert.deepEqual(bytes, sealed(FIELDS));
    assert.equal(
      toHex(sealedPayload(bytes)),
      `8d025820${"02".repeat(32)}5820${toHex(alice.publicKey)}01035820${"04".repeat(32)}5820${"09".repeat(32)}5840${"0a".repeat(64)}5820${"05".repeat(32)}06070801`,
    );
  });

  it("of version 1, without a mass, is read for ever: stores and evidence hold such", () => {
    const first = sealed([1, ...FIELDS.slice(1, 12)]);
    const { author, publicKey, sealed: whole, ...said } = decodeAnnouncement(first);
    assert.deepEqual(said, { ...DRAFT, mass: 1 });
  });

  it("is far below LIMITS.maxAnnouncementBytes, with the largest numbers too", () => {
    const most = Number.MAX_SAFE_INTEGER;
    const largest = { generation: 2 ** 32 - 1, seq: most, bytes: most, age: LIMITS.maxAge, tsMs: most, mass: 2 ** 20 };
    const bytes = encodeAnnouncement({ ...DRAFT, ...largest }, alice);
    assert.equal(bytes.length, 348);
    assert.ok(2 * bytes.length + 100 < LIMITS.maxEvidenceBytes, "two make evidence");
  });

  it("opens under the key inside it, which is checked apart from decoding", () => {
    const bytes = encodeAnnouncement(DRAFT, alice);
    assert.ok(openEnvelope("announcement", bytes, nodeCrypto, decodeAnnouncement(bytes).publicKey));
    const forged = concatBytes(new Uint8Array(64), sealedPayload(bytes));
    assert.equal(decodeAnnouncement(forged).author, alice.peerId);
    assert.equal(openEnvelope("announcement", forged, nodeCrypto, alice.publicKey), undefined);
  });

  it("with any field missing, more, of another type or out of range is refused with ERR_DECODE", () => {
    const wrong: readonly unknown[] = [
      null,
      "text",
      -1,
      1.5,
      2n ** 53n,
      new Uint8Array(31),
      new Uint8Array(33),
      [],
      {},
      true,
    ];
    assert.throws(() => decodeAnnouncement(sealed(FIELDS.with(10, LIMITS.maxAge + 1))), { code: "ERR_DECODE" });
    assert.throws(() => decodeAnnouncement(sealed(FIELDS.with(3, 2 ** 32))), { code: "ERR_DECODE" });
    for (const mass of [0, 2 ** 20 + 1])
      assert.throws(() => decodeAnnouncement(sealed(FIELDS.with(12, mass))), { code: "ERR_DECODE" });
    for (let at = 0; at < FIELDS.length; at++) {
      for (const value of wrong)
        assert.throws(
          () => decodeAnnouncement(sealed(FIELDS.with(at, value))),
          { code: "ERR_DECODE" },
          `${at}: ${value}`,
        );
      assert.throws(() => decodeAnnouncement(sealed(FIELDS.toSpliced(at, 1))), { code: "ERR_DECODE" });
    }
    for (const payload of [[...FIELDS, 9], FIELDS.with(0, 1), FIELDS.with(0, 3), {}, null, 1, "x"])
      assert.throws(() => decodeAnnouncement(sealed(payload)), { code: "ERR_DECODE" });
  });

  it("cut short, too long or in another encoding is refused with its code", () => {
    const bytes = encodeAnnouncement(DRAFT, alice);
    for (let length = 0; length < bytes.length; length++)
      assert.throws(() => decodeAnnouncement(bytes.subarray(0, length)), { code: "ERR_DECODE" });
    assert.throws(() => decodeAnnouncement(new Uint8Array(LIMITS.maxAnnouncementBytes + 1)), { code: "ERR_TOO_LARGE" });
    const long = concatBytes(bytes.subarray(0, 64), Uint8Array.of(0x98, 13), bytes.subarray(65)); // length 13 in a byte of its own
    assert.throws(() => decodeAnnouncement(long), /canonical|DAG-CBOR/);
  });
});
