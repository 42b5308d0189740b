import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decode as decode_, encode as encode_ } from "@ipld/dag-cbor";
import fc from "fast-check";
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { decodeCanonical, encodeCanonical } from "../../../protocol/wire/canonical.ts";
import { acceptsOrRefuses, mutate, randomBytes } from "../../fuzz/mutate.ts";

const decode = (hex: string) => decodeCanonical(fromHex(hex) as Uint8Array, 1024);

/** RFC 8949, appendix A: those within the DAG-CBOR data model and its one encoding of each value. */
const RFC_8949: readonly (readonly [hex: string, value: unknown])[] = [
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1b000000e8d4a51000", 1_000_000_000_000],
  ["20", -1],
  ["3903e7", -1000],
  ["f4", false],
  ["f6", null],
  ["fb3ff199999999999a", 1.1],
  ["4401020304", Uint8Array.of(1, 2, 3, 4)],
  ["6449455446", "IETF"],
  ["62c3bc", "\u00fc"],
  ["63efbbbf", "\ufeff"],
  ["83010203", [1, 2, 3]],
  ["8301820203820405", [1, [2, 3], [4, 5]]],
  ["a0", {}],
  ["a26161016162820203", { a: 1, b: [2, 3] }],
];

const NOT_CANONICAL: readonly (readonly [hex: string, what: string])[] = [
  ["1801", "an integer longer than it need be"],
  ["fb3ff0000000000000", "an integer as a float"],
  ["f93e00", "a half-precision float"],
  ["fa3fc00000", "a single-precision float"],
  ["f97e00", "NaN"],
  ["f97c00", "infinity"],
  ["f98000", "minus zero"],
  ["f7", "undefined"],
  ["a2616201616101", "map keys out of order"],
  ["a262616101616201", "map keys that are not shortest first"],
  ["a2616101616102", "a map key twice"],
  ["a10102", "a map key that is no text"],
  ["9f01ff", "an array of indefinite length"],
  ["5f4101ff", "bytes of indefinite length"],
  ["c001", "a tag that is not 42"],
  ["d82a4101", "a CID without its leading zero"],
  ["0000", "something after the value"],
  ["8201", "an array cut short"],
  ["61ff", "text that is not UTF-8"],
  ["ff", "a break"],
  ["", "nothing"],
];

describe("canonical DAG-CBOR", () => {
  for (const [hex, value] of RFC_8949) {
    it(`${hex} is the encoding of ${JSON.stringify(value)}`, () => {
      assert.deepEqual(decode(hex), value);
      assert.equal(toHex(encodeCanonical(value)), hex);
    });
  }

  for (const [hex, what] of NOT_CANONICAL) {
    it(`refuses ${what}`, () => {
      assert.throws(
        () => decode(hex),
        (error) => isHearsayError(error, "ERR_DECODE") || isHearsayError(error, "ERR_NOT_CANONICAL"),
      );
    });
  }

  it("refuses what is larger than the caller allows, before it looks inside", () => {
    assert.throws(() => decodeCanonical(new Uint8Array(5).fill(0xff), 4), { code: "ERR_TOO_LARGE" });
  });

  it("refuses nesting deeper than 16, however deep", () => {
    assert.doesNotThrow(() => decode(`${"81".repeat(15)}80`));
    assert.throws(() => decode(`${"81".repeat(16)}81${"00"}`), { code: "ERR_DECODE" });
    const million = new Uint8Array(1_000_000).fill(0x81);
    assert.throws(() => decodeCanonical(million, million.length), { code: "ERR_DECODE" });
  });

  it("refuses an array that promises 2^32 elements without making room for them", () => {
    assert.throws(() => decode("9affffffff00"), { code: "ERR_DECODE" });
  });

  it("keeps a key __proto__ a key", () => {
    const value = decode("a1695f5f70726f746f5f5fa16161f5") as Record<string, unknown>;
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    assert.equal((value as { a?: unknown }).a, undefined);
  });

  it("gives back every value of the data model", () => {
    const leaf = fc.oneof(
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: "grapheme-ascii" }),
      fc.uint8Array(),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.array(tie("value"), { maxLength: 5 }),
        fc.dictionary(fc.string({ unit: "grapheme-ascii", minLength: 1 }), tie("value"), {
          maxKeys: 5,
          noNullPrototype: true,
        }),
      ),
    }));
    fc.assert(
      fc.property(value, (original) => {
        const bytes = encodeCanonical(original);
        const again = decodeCanonical(bytes, bytes.length);
        assert.deepEqual(again, original);
        assert.deepEqual(encodeCanonical(again), bytes);
      }),
      { numRuns: 500 },
    );
  });

  it("decodes 60,000 random and mutated inputs or refuses them with a code; what it accepts has one encoding", () => {
    const rng = createRng("canonical");
    const valid = encodeCanonical([
      1,
      randomBytes(rng, 32),
      7,
      { model: randomBytes(rng, 32), age: 300, codec: "f32", list: [null, true] },
    ]);
    let accepted = 0;
    for (let run = 0; run < 60_000; run++) {
      const bytes = run % 2 === 0 ? mutate(rng, valid) : randomBytes(rng, rng.below(24));
      const accepts = acceptsOrRefuses(() => {
        assert.deepEqual(encodeCanonical(decodeCanonical(bytes, 1024)), bytes);
      });
      if (accepts) accepted++;
    }
    assert.ok(accepted > 1000, `only ${accepted} inputs were accepted: the fuzz does not reach the inside`);
  });
});

describe("our codec and @ipld/dag-cbor", () => {
  const library = (bytes: Uint8Array): unknown => {
    const value = decode_(bytes);
    return Buffer.from(encode_(value)).equals(bytes) ? value : undefined;
  };

  it("encode the same values to the same bytes", () => {
    const values = [
      0,
      -1,
      23,
      24,
      255,
      256,
      65535,
      65536,
      2 ** 32 - 1,
      2 ** 32,
      2 ** 53 - 1,
      -(2 ** 53 - 1),
      0.1,
      -2.5e300,
    ];
    const nested = {
      b: [values, null, true],
      aa: { ü: new Uint8Array(300).fill(7), z: "ü€😀", y: "x".repeat(70_000) },
    };
    for (const value of [...values, nested, [], {}, ""]) assert.deepEqual(encodeCanonical(value), encode_(value));
  });

  it("agree on what is canonical, whatever the bytes", () => {
    const rng = createRng("two codecs");
    const seeds = [encode_([1, new Uint8Array(32), 70_000, "ab", null]), encode_({ a: [1.5, -3], bb: { c: "ü" } })];
    let accepted = 0;
    for (let i = 0; i < 20_000; i++) {
      const bytes = i % 3 === 0 ? randomBytes(rng, 1 + rng.below(12)) : mutate(rng, seeds[i % 2] as Uint8Array);
      let theirs: unknown;
      try {
        theirs = library(bytes);
      } catch {
        theirs = undefined;
      }
      let ours: unknown;
      try {
        ours = decodeCanonical(bytes, bytes.length);
      } catch (error) {
        assert.ok(isHearsayError(error), String(error));
        ours = undefined;
      }
      if (theirs === undefined && ours !== undefined)
        assert.match(JSON.stringify(ours), /\ufeff/); // which the library drops
      else if (typeof theirs !== "bigint" && !hasBigintOrCid(theirs)) assert.deepEqual(ours, theirs);
      if (ours !== undefined) accepted++;
    }
    assert.ok(accepted > 500, `${accepted} accepted`);
  });

  function hasBigintOrCid(value: unknown): boolean {
    if (typeof value === "bigint") return true;
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
    return !isPlain(value) || Object.values(value).some(hasBigintOrCid);
  }

  function isPlain(value: object): boolean {
    return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  }
});
