import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import {
  bytesOf,
  bytesToFloats,
  compareBytes,
  concatBytes,
  equalBytes,
  floatsIn,
  floatsToBytes,
  fromHex,
  keyOf,
  toHex,
  utf8,
} from "../../../protocol/base/bytes.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const anyBytes = fc.uint8Array({ maxLength: 100 });

describe("hexadecimal text", () => {
  it("names bytes in lower case, two digits each, and gives them back", () => {
    assert.equal(toHex(Uint8Array.of(0, 1, 0x7f, 0xab, 0xff)), "00017fabff");
    fc.assert(fc.property(anyBytes, (bytes) => assert.deepEqual(fromHex(toHex(bytes)), bytes)));
  });

  it("of a thousand bytes and more is made in blocks, none of them lost", () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => i % 251);
    assert.equal(toHex(bytes), Buffer.from(bytes).toString("hex"));
  });

  it("takes the memory of its digits, however many are remembered", () => {
    const hash = new Uint8Array(32);
    const remembered: string[] = [];
    const heapBytes = () => {
      collectGarbage();
      return getHeapStatistics().used_heap_size;
    };
    const before = heapBytes();
    for (let i = 0; i < 5_000; i++) {
      new DataView(hash.buffer).setUint32(0, i);
      remembered.push(toHex(hash));
    }
    const each = (heapBytes() - before) / remembered.length;
    assert.ok(each < 300, `${each} bytes for 64 digits`);
  });

  it("is refused in capitals, with an odd digit, a space, a prefix or a line break", () => {
    for (const text of ["AB", "a", "abc", "a b", " ab", "0xab", "ab\n", "ab\nab", "gg", "٣٣"])
      assert.equal(fromHex(text), undefined, JSON.stringify(text));
    assert.deepEqual(fromHex(""), new Uint8Array(0));
  });
});

describe("a key for maps", () => {
  it("is the same for the same bytes only, at equal lengths and at different ones", () => {
    const length = fc.nat(40);
    fc.assert(
      fc.property(anyBytes, anyBytes, length, fc.nat(255), (a, b, at, value) => {
        const changed = Uint8Array.from(a);
        if (at < changed.length) changed[at] = value;
        for (const other of [b, changed, a.subarray(0, at), concatBytes(a, new Uint8Array(at)), Uint8Array.from(a)])
          assert.equal(keyOf(a) === keyOf(other), equalBytes(a, other), `${toHex(a)} and ${toHex(other)}`);
      }),
    );
  });

  it("differs for each value of each byte", () => {
    for (const length of [1, 7, 8, 9, 32]) {
      const keys = new Set<string>();
      for (let place = 0; place < length; place++)
        for (let value = 0; value < 256; value++) {
          const bytes = new Uint8Array(length);
          bytes[place] = value;
          keys.add(keyOf(bytes));
        }
      assert.equal(keys.size, 1 + 255 * length); // the one of zeros is made `length` times
    }
  });

  it("of zeros tells their number", () => {
    assert.equal(new Set(Array.from({ length: 200 }, (_, n) => keyOf(new Uint8Array(n)))).size, 200);
  });
});

describe("bytes", () => {
  it("are equal where their hexadecimal texts are, and ordered as those are", () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, fc.nat(40), (a, b, n) => {
        for (const other of [b, a.slice(0, n), concatBytes(a, b)]) {
          const [left, right] = [toHex(a), toHex(other)];
          assert.equal(equalBytes(a, other), left === right);
          assert.equal(Math.sign(compareBytes(a, other)), left < right ? -1 : Number(left > right));
        }
      }),
    );
  });

  it("are joined in order into memory of their own", () => {
    const part = Uint8Array.of(1, 2);
    const whole = concatBytes(part, new Uint8Array(0), Uint8Array.of(3));
    assert.deepEqual(whole, Uint8Array.of(1, 2, 3));
    part[0] = 9;
    assert.equal(whole[0], 1);
    assert.equal(concatBytes().length, 0);
  });

  it("of a text are its UTF-8", () => {
    assert.deepEqual(utf8("aé€"), Uint8Array.of(0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac));
  });
});

describe("float32 values as bytes", () => {
  it("are little-endian IEEE 754", () => {
    assert.equal(toHex(floatsToBytes(Float32Array.of(1, -2, 0.1))), "0000803f000000c0cdcccc3d");
  });

  it("come back to the bit, NaN and infinities too, from any alignment and into memory of their own", () => {
    const special = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0, 1e-45);
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 20 }), fc.nat(7), (values, shift) => {
        for (const sent of [values, special]) {
          const bytes = floatsToBytes(sent);
          const shifted = concatBytes(new Uint8Array(shift), bytes).subarray(shift);
          const back = bytesToFloats(shifted);
          assert.equal(back.length, sent.length);
          assert.ok(back.every((value, i) => Object.is(value, sent[i])));
          shifted.fill(0xff);
          assert.deepEqual(floatsToBytes(back), bytes);
        }
      }),
    );
  });

  it("of a part of an array are the bytes of that part only", () => {
    assert.equal(toHex(floatsToBytes(Float32Array.of(1, 2, 3).subarray(1, 2))), "00000040");
  });

  it("cannot be made from a number of bytes that is no multiple of 4", () => {
    for (const length of [1, 2, 3, 5]) assert.throws(() => bytesToFloats(new Uint8Array(length)), RangeError);
  });

  it("are read in place where memory allows it, and are the same from any alignment", () => {
    fc.assert(
      fc.property(fc.float32Array({ maxLength: 20 }), fc.nat(7), (values, shift) => {
        const bytes = floatsToBytes(values);
        assert.deepEqual(Uint8Array.from(bytesOf(values)), bytes);
        const inside = concatBytes(new Uint8Array(shift), bytes).subarray(shift);
        const found = floatsIn(inside);
        assert.deepEqual(floatsToBytes(found), bytes);
        assert.equal(found.buffer === inside.buffer, inside.byteOffset % 4 === 0, "a view, or a copy");
      }),
    );
  });

  it("of a part of an array are read as that part only", () => {
    const part = Float32Array.of(1, 2, 3).subarray(1, 2);
    assert.equal(toHex(bytesOf(part)), "00000040");
    assert.deepEqual(floatsIn(floatsToBytes(Float32Array.of(1, 2, 3)).subarray(4, 8)), Float32Array.of(2));
  });

  it("cannot be read in place from a number of bytes that is no multiple of 4, aligned or not", () => {
    for (const length of [1, 2, 3, 5])
      for (const shift of [0, 1, 4])
        assert.throws(() => floatsIn(new Uint8Array(length + shift).subarray(shift)), RangeError);
  });
});
