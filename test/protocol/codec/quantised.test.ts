/** The codecs of few bits: close, unbiased, repeatable, strict; and the kernel gives the bits of the plain rounding. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRng } from "../../../protocol/base/rng.ts";
import type { BodyCodec, BodyLayout } from "../../../protocol/codec/codec.ts";
import { int4 } from "../../../protocol/codec/int4.ts";
import { int8 } from "../../../protocol/codec/int8.ts";
import { plainRounding } from "../../../protocol/codec/rounding.ts";
import { rounding } from "../../../protocol/codec/rounding-kernel.ts";

const CODECS = [
  { codec: int8, most: 127, blockLength: 1024 },
  { codec: int4, most: 7, blockLength: 128 },
];

function layoutOf(...shapes: (readonly number[])[]): BodyLayout {
  return { tensors: shapes.map((shape, i) => [`t${i}`, shape] as const), task: "0".repeat(64) };
}

function normals(count: number, label: string): Float32Array {
  const rng = createRng(label);
  return Float32Array.from({ length: count }, () => rng.normal());
}

describe("the rounding kernel", () => {
  it("gives the bits of the plain rounding, whatever the numbers, lengths and places", () => {
    const number = fc.oneof(
      fc.float({ noNaN: false }),
      fc.constantFrom(0, -0, 1e-45, -1e-45, 3.4e38, Number.NaN, Number.POSITIVE_INFINITY),
    );
    fc.assert(
      fc.property(
        fc.array(number, { maxLength: 70 }),
        fc.nat(9),
        fc.integer(),
        fc.constantFrom(7, 127),
        fc.oneof(
          fc.constantFrom(1, Number.NaN, Number.POSITIVE_INFINITY),
          fc.float({ min: Math.fround(1e-3), noNaN: true }),
        ),
        (numbers, from, seed, most, scale) => {
          const params = Float32Array.from(numbers);
          assert.equal(rounding().seedOf(params), plainRounding.seedOf(params));
          const start = Math.min(from, params.length);
          assert.equal(
            rounding().largest(params, start, params.length),
            plainRounding.largest(params, start, params.length),
          );
          const [plain, fast] = [new Int8Array(params.length), new Int8Array(params.length)];
          const block = { from: start, to: params.length, scale, most, seed };
          plainRounding.round(params, plain, block);
          rounding().round(params, fast, block);
          assert.deepEqual(fast, plain);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("does so over the bounds of what it takes at a time", () => {
    const params = normals(20_001, "long");
    const seed = plainRounding.seedOf(params);
    assert.equal(rounding().seedOf(params), seed);
    const [plain, fast] = [new Int8Array(params.length), new Int8Array(params.length)];
    const block = { from: 5, to: params.length, scale: 0.03, most: 127, seed };
    plainRounding.round(params, plain, block);
    rounding().round(params, fast, block);
    assert.deepEqual(fast, plain);
    assert.ok(new Set(fast).size > 200, "levels of all sizes");
  });
});

for (const { codec, most, blockLength } of CODECS) {
  describe(`a body of ${codec.name}`, () => {
    const layout = layoutOf([blockLength + 3, 2], [1], [5]);
    const count = 2 * (blockLength + 3) + 6;
    const blocks = 5; // 2 (blockLength + 3) in three, and two tensors of their own
    const body: BodyCodec = codec.forLayout(layout);

    it("has a scale for each block of a tensor, and the bits of each level", () => {
      const bytes = 4 * blocks + Math.ceil((count * (most === 7 ? 4 : 8)) / 8);
      assert.equal(body.encode(new Float32Array(count)).length, bytes);
      assert.deepEqual([body.minBytes, body.maxBytes, body.isLossless], [bytes, bytes, false]);
    });

    it("decodes to parameters that differ by less than a level of their block, and keeps the largest", () => {
      const params = normals(count, "close");
      params.subarray(blockLength, 2 * blockLength).forEach((x, i, block) => {
        block[i] = x * 1000; // a block of large ones costs the others nothing
      });
      const decoded = body.decode(body.encode(params));
      const ends = [blockLength, 2 * blockLength, 2 * (blockLength + 3), count - 5, count];
      let from = 0;
      for (const to of ends) {
        const block = params.subarray(from, to);
        const largest = Math.max(...block.map(Math.abs));
        for (const [i, x] of block.entries())
          assert.ok(Math.abs((decoded[from + i] as number) - x) <= (largest / most) * (1 + 1e-6), `${from + i}: ${x}`);
        const at = from + block.findIndex((x) => Math.abs(x) === largest);
        assert.ok(Math.abs((decoded[at] as number) / (params[at] as number) - 1) < 1e-6);
        from = to;
      }
    });

    it("has errors whose mean is 0 and whose variance is that of chance, not of rounding to the nearest", () => {
      const one = codec.forLayout(layoutOf([2]));
      const x = 0.3; // of 1: between two levels
      const errors = Array.from({ length: 4000 }, (_, i) => {
        // the largest varies in its last bits only, and with it the chance
        const params = Float32Array.of(x, 1 - i * 2 ** -24);
        return ((one.decode(one.encode(params))[0] as number) - x) * most;
      });
      const fraction = (x * most) % 1;
      const variance = fraction * (1 - fraction);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      assert.ok(Math.abs(mean) < 5 * Math.sqrt(variance / errors.length), `mean ${mean}`);
      const measured = errors.reduce((sum, error) => sum + error ** 2, 0) / errors.length;
      assert.ok(Math.abs(measured / variance - 1) < 0.1, `variance ${measured}, of chance ${variance}`);
    });

    it("is the same for the same vector, and rounds a parameter otherwise where another one changed", () => {
      const params = normals(count, "same");
      assert.deepEqual(body.encode(params), body.encode(params.slice()));
      const other = params.slice();
      other[count - 1] = (other[count - 1] as number) / 2;
      const [before, after] = [body.decode(body.encode(params)), body.decode(body.encode(other))];
      const moved = before.filter((x, i) => x !== after[i]).length;
      assert.ok(moved > count / 20, `${moved} of ${count}`);
    });

    it("may lie anywhere in a buffer", () => {
      const whole = body.encode(normals(count, "view"));
      const shifted = new Uint8Array(whole.length + 3);
      shifted.set(whole, 3);
      assert.deepEqual(body.decode(shifted.subarray(3)), body.decode(whole));
    });

    it("decodes to what is not finite where a parameter was not, so that nobody takes it", () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const params = normals(count, "bad");
        params[4] = bad;
        assert.ok(!body.decode(body.encode(params)).every(Number.isFinite));
      }
    });

    it("is 0 where all is 0, or too small for a scale", () => {
      const tiny = new Float32Array(count).fill(1e-45);
      assert.ok(body.decode(body.encode(tiny)).every((x) => x === 0));
      assert.ok(body.decode(body.encode(new Float32Array(count))).every((x) => Object.is(x, 0)));
    });

    it("is refused where its length, a scale or a level is none that is ever written", () => {
      const good = body.encode(normals(count, "refused"));
      assert.throws(() => body.decode(good.subarray(1)), { code: "ERR_MODEL_SIZE" });
      assert.throws(() => body.encode(new Float32Array(count - 1)), RangeError);
      const negative = good.slice();
      negative[3] = (negative[3] as number) | 0x80;
      assert.throws(() => body.decode(negative), { code: "ERR_MODEL_SHAPE", message: /scale/ });
      const below = good.slice();
      below[4 * blocks] = most === 7 ? 0x08 : 0x80;
      assert.throws(() => body.decode(below), { code: "ERR_MODEL_SHAPE", message: /level/ });
    });
  });
}

it("half a byte of int4 behind the last level is 0, or the body is refused", () => {
  const body = int4.forLayout(layoutOf([3]));
  const good = body.encode(Float32Array.of(1, -1, 1));
  assert.deepEqual([...good.subarray(4)], [0x97, 0x07]);
  const bad = good.slice();
  bad[5] = 0x17;
  assert.throws(() => body.decode(bad), { code: "ERR_MODEL_SHAPE", message: /half a byte/ });
});
