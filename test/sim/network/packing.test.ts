/** Letters as one message between threads. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Letter, Parcel } from "../../../sim/network/letters.ts";
import { packed, unpacked } from "../../../sim/network/packing.ts";

const body = fc.uint8Array({ maxLength: 40 });
const id = fc.nat();
const letter: fc.Arbitrary<Letter> = fc.oneof(
  fc.record({
    kind: fc.constant("announcement" as const),
    topic: fc.string(),
    body,
    name: fc.option(fc.string(), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("question" as const), id, protocol: fc.string(), body }),
  fc.record({ kind: fc.constant("answer" as const), id, body }),
  fc.record({ kind: fc.constant("refusal" as const), id, code: fc.constantFrom("ERR_RATE", "ERR_NOT_FOUND") }),
);
const place = { atMs: fc.double({ noNaN: true }), to: fc.nat(), from: fc.nat(), number: fc.nat(), session: fc.nat() };
/** A letter to one or several. */
const parcels: fc.Arbitrary<Parcel[]> = fc
  .array(fc.tuple(letter, fc.array(fc.record(place), { minLength: 1, maxLength: 4 })))
  .map((all) => all.flatMap(([one, places]) => places.map((at) => ({ ...at, letter: one }))));

describe("packed letters", () => {
  it("are the same when they are unpacked in another thread", () => {
    fc.assert(
      fc.property(parcels, (all) => {
        const plain = (list: readonly Parcel[]) => list.map((one) => ({ ...one, letter: { ...one.letter } }));
        assert.deepEqual(plain(unpacked(structuredClone(packed(all)))), plain(all));
      }),
    );
  });

  it("have the bytes of an announcement to many once, in this thread and in the other", () => {
    const letter = { kind: "announcement", topic: "t", body: new Uint8Array(100), name: undefined } as const;
    const parcel = { atMs: 1, to: 0, from: 9, number: 0, session: 1, letter };
    const all = packed([parcel, { ...parcel, to: 1 }, { ...parcel, to: 2 }]);
    assert.equal(all.bytes.length, 100);
    const [first, second, third] = unpacked(all);
    assert.ok(first?.letter === second?.letter && second?.letter === third?.letter);
  });

  it("have their bytes at the same place of eight in memory: numbers in them are read where they are", () => {
    for (let at = 0; at < 16; at++) {
      const letter = { kind: "answer", id: 1, body: new Uint8Array(64).subarray(at) } as const;
      const [back] = unpacked(packed([{ atMs: 1, to: 0, from: 9, number: 0, session: 1, letter }]));
      assert.ok(back?.letter.kind === "answer");
      assert.deepEqual([back.letter.body.length, back.letter.body.byteOffset % 8], [64 - at, at % 8]);
    }
  });
});
