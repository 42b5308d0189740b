/** Briefs, and the lists of numbers that they are: what is told, and what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ErrorCode, isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { decodeAnnouncement, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { briefOf, readBrief } from "../../../protocol/wire/brief.ts";
import { decodeNumbers, encodeNumbers, MAX_NUMBER } from "../../../protocol/wire/numbers.ts";
import { identityOf } from "../../support/crowd.ts";

const HASH = new Uint8Array(32);
const MINUTE_MS = 60_000;
const told = (changes: object) => {
  const hashes = { task: HASH, entry: HASH, root: HASH, model: HASH, note: new Uint8Array(64) };
  const says = { generation: 7, seq: 300, bytes: 2430, age: 200, tsMs: 29_000_000 * MINUTE_MS, mass: 1 };
  return briefOf(decodeAnnouncement(encodeAnnouncement({ ...hashes, ...says, ...changes }, identityOf(0))));
};
const refusedWith = (code: ErrorCode) => (error: unknown) => isHearsayError(error, code);

describe("numbers", () => {
  it("come back, and zeros at the end are not sent", () => {
    for (const numbers of [
      [0, 0],
      [1, 0],
      [0, 127],
      [128, 0],
      [300, 2 ** 48 - 1],
      [2 ** 49 - 1, 16_384],
    ]) {
      const bytes = encodeNumbers(numbers);
      assert.deepEqual(decodeNumbers(bytes, 2), numbers);
    }
    assert.deepEqual([...encodeNumbers([3, 300, 0, 0])], [3, 172, 2]);
  });

  it("have one encoding, and are refused in any other", () => {
    for (const [bytes, code] of [
      [[1, 0], "ERR_NOT_CANONICAL"],
      [[0x81, 0], "ERR_NOT_CANONICAL"],
      [[0x81], "ERR_DECODE"],
      [[255, 255, 255, 255, 255, 255, 255, 1], "ERR_DECODE"],
      [[1, 1, 1], "ERR_DECODE"],
    ] as const)
      assert.throws(() => decodeNumbers(Uint8Array.from(bytes), 2), refusedWith(code));
    for (const number of [-1, 0.5, 2 * MAX_NUMBER]) assert.throws(() => encodeNumbers([number]), RangeError);
  });
});

describe("a brief", () => {
  it("says what a neighbour needs to decide whether it pulls a model, and is read again", () => {
    const numbers = told({}) as readonly number[];
    assert.deepEqual(numbers, [300, 200, 29_000_000, 7, 2430, 1]);
    const { tsMs, ...read } = readBrief(numbers);
    assert.deepEqual(read, { seq: 300, age: 200, generation: 7, bytes: 2430, mass: 1 });
    assert.equal(tsMs, 29_000_000 * MINUTE_MS);
  });

  it("is none where what has to be signed is said, or a signature is no part that counts", () => {
    assert.equal(told({ spent: [] }), undefined);
    assert.equal(told({ bytes: LIMITS.maxBriefBodyBytes + 1 }), undefined);
    assert.equal(told({ seq: MAX_NUMBER }), undefined);
  });

  it("is refused where a number is none that an announcement could have", () => {
    const good = told({}) as readonly number[];
    const bad = [
      good.slice(1),
      good.with(0, MAX_NUMBER),
      good.with(1, LIMITS.maxAge + 1),
      good.with(2, 2 ** 47),
      good.with(3, 2 ** 32),
      good.with(4, LIMITS.maxBriefBodyBytes + 1),
      good.with(5, 0),
    ];
    for (const numbers of bad) assert.throws(() => readBrief(numbers), refusedWith("ERR_DECODE"));
  });
});
