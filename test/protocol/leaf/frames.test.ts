/** Frames of leaves: what they hold, how long they are, and what is refused; and their time on the air. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { fromHex, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { airtimeMs, framesPerDay, silenceMs } from "../../../protocol/leaf/airtime.ts";
import { decodeLeafFrame, encodeLeafFrame, leafFrameBytes, leafOf } from "../../../protocol/leaf/frames.ts";
import { hmacSha256 } from "../../../protocol/leaf/hmac.ts";

const seal = { key: new Uint8Array(32).fill(1), task: new Uint8Array(32).fill(2) };
const values = Float32Array.from({ length: 16 }, (_, i) => (i - 7) * 0.5);
const frame = { leaf: 513, counter: 70_000, round: 9, values };

function codeOf(act: () => unknown): string {
  try {
    act();
    return "";
  } catch (error) {
    return isHearsayError(error) ? error.code : String(error);
  }
}

describe("a frame of a leaf", () => {
  it("has at most 51 bytes in both directions, for 16 parameters and for the most", () => {
    assert.deepEqual([leafFrameBytes("update", 16), leafFrameBytes("model", 16)], [37, 45]);
    assert.deepEqual([LIMITS.maxLeafFrameBytes, leafFrameBytes("model", LIMITS.maxLeafParams)], [51, 51]);
    const long = { ...frame, values: new Float32Array(LIMITS.maxLeafParams + 1) };
    assert.throws(() => encodeLeafFrame("update", long, seal, nodeCrypto), RangeError);
  });

  it("gives back what went in, to the level", () => {
    for (const [direction, most] of [
      ["update", 7],
      ["model", 127],
    ] as const) {
      const bytes = encodeLeafFrame(direction, frame, seal, nodeCrypto);
      assert.equal(leafOf(bytes), 513);
      const read = decodeLeafFrame(direction, bytes, 16, seal, nodeCrypto);
      assert.deepEqual([read.leaf, read.counter, read.round], [513, 70_000, 9]);
      const scale = 4 / most;
      for (const [i, value] of read.values.entries())
        assert.ok(Math.abs(value - (values[i] as number)) <= scale / 2 + 1e-6);
    }
    const nothing = { ...frame, values: new Float32Array(16) };
    const zeros = decodeLeafFrame("update", encodeLeafFrame("update", nothing, seal, nodeCrypto), 16, seal, nodeCrypto);
    assert.deepEqual(zeros.values, new Float32Array(16));
  });

  it("is refused where a bit differs, or key, task, direction or length are others", () => {
    const bytes = encodeLeafFrame("update", frame, seal, nodeCrypto);
    const read = (changed: Uint8Array, other: Partial<typeof seal> = {}) =>
      codeOf(() => decodeLeafFrame("update", changed, 16, { ...seal, ...other }, nodeCrypto));
    assert.equal(read(bytes), "");
    for (let bit = 8; bit < 8 * bytes.length; bit += 5) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      assert.equal(read(changed), "ERR_SIGNATURE");
    }
    assert.equal(read(bytes, { key: new Uint8Array(32) }), "ERR_SIGNATURE");
    assert.equal(read(bytes, { task: new Uint8Array(32) }), "ERR_SIGNATURE");
    assert.equal(read(encodeLeafFrame("model", frame, seal, nodeCrypto)), "ERR_DECODE");
    assert.equal(read(bytes.subarray(1)), "ERR_DECODE");
    const nan = { ...frame, values: Float32Array.of(Number.POSITIVE_INFINITY, ...values.subarray(1)) };
    assert.equal(read(encodeLeafFrame("update", nan, seal, nodeCrypto)), "ERR_DECODE");
  });

  it("bears a tag that RFC 4231 knows", () => {
    const tag = hmacSha256(utf8("Jefe"), utf8("what do ya want for nothing?"), nodeCrypto);
    assert.equal(toHex(tag), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    const long = hmacSha256(
      new Uint8Array(131).fill(0xaa),
      utf8("Test Using Larger Than Block-Size Key - Hash Key First"),
      nodeCrypto,
    );
    assert.deepEqual(long, fromHex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
  });
});

describe("time on the air", () => {
  it("is that of Semtech's formula", () => {
    const of = (bytes: number, spreadingFactor: number) => airtimeMs(bytes, { spreadingFactor }).toFixed(1);
    assert.deepEqual([of(13, 7), of(13, 12), of(64, 12)], ["46.3", "1155.1", "2793.5"]);
    assert.throws(() => airtimeMs(10, { spreadingFactor: 6 }), RangeError);
  });
  it("leaves 99 times as much silence under a duty cycle of 1 %, so some frames a day", () => {
    const airMs = airtimeMs(37 + 13, { spreadingFactor: 12 });
    assert.equal(Math.round(silenceMs(airMs, 0.01)), Math.round(99 * airMs));
    assert.equal(framesPerDay(airMs, 0.01), 375);
  });
});
