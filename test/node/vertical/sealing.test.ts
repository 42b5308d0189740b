/** What is made of sealed residuals comes out exactly, up to the last bit that fits; and what is no sealed residual is refused. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { loadSealing } from "../../../node/vertical/sealing.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import {
  DEGREE,
  innerProducts,
  PLAIN_BITS,
  packColumns,
  packResiduals,
  placesOf,
  residualBits,
} from "../../../protocol/vertical/packing.ts";
import type { Polynomial, SealedArithmetic, Sealing, SealingKey } from "../../../protocol/vertical/seams.ts";

const FULL = 1n << BigInt(PLAIN_BITS);

describe("sealing", () => {
  let sealing: Sealing;
  let key: SealingKey;
  let arithmetic: SealedArithmetic;

  before(async () => {
    sealing = await loadSealing(nodeSecrecy);
    key = sealing.createKey();
    arithmetic = sealing.openPublic(key.publicKey);
  });
  after(() => {
    arithmetic.close();
    key.close();
  });

  /** Inner products by way of the sealing. */
  function sealedProducts(residuals: Float64Array, columns: readonly Float64Array[]): Float64Array {
    const packed = packColumns(residuals.length, columns.length, (j) => columns[j] as Float64Array);
    const sealed = packResiduals(residuals, 0).map((part) => key.seal(part));
    const sums = packed.products.map((factors) => {
      const mask = new BigUint64Array(DEGREE).fill(FULL - 5n);
      const opened = key.open(arithmetic.combine(sealed, factors, mask));
      return placesOf(residuals.length).map((place) => (opened[place] as bigint) - (mask[place] as bigint));
    });
    return innerProducts(packed, sums, 0);
  }

  for (const numRows of [569, 8191, 9000])
    it(`does not overflow where all of ${numRows} residuals and values are as large as they can be`, () => {
      for (const sign of [1, -1]) {
        const [sum] = sealedProducts(new Float64Array(numRows).fill(1), [new Float64Array(numRows).fill(3 * sign)]);
        assert.ok(Math.abs((sum as number) / (3 * sign * numRows) - 1) < 1e-9, String(sum));
      }
    });

  it("gives each of many columns its own product, as good as the fixed point", () => {
    const numRows = 300;
    const wave = (seed: number) => Float64Array.from({ length: numRows }, (_, i) => Math.sin(seed * (i + 1)));
    const residuals = wave(0.37);
    const columns = Array.from({ length: 40 }, (_, j) => wave(j + 1)); // two products
    const sums = sealedProducts(residuals, columns);
    const unit = 2 ** -residualBits(numRows) + 2 ** -15;
    for (const [j, column] of columns.entries()) {
      const exact = column.reduce((sum, value, i) => sum + value * (residuals[i] as number), 0);
      assert.ok(Math.abs((sums[j] as number) - exact) < unit * Math.sqrt(numRows), `column ${j}`);
    }
  });

  it("seals anew: a product by 1 has nothing in common with what was sealed, and none with another of the same", () => {
    const one = new BigUint64Array(DEGREE);
    one[0] = 1n;
    const zeros = new BigUint64Array(DEGREE);
    const plain = zeros.map((_, i) => BigInt(i));
    const sealed = [key.seal(plain)];
    const products = [0, 1].map(() => arithmetic.combine(sealed, [one], zeros));
    for (const product of products) assert.deepEqual(key.open(product), plain);
    const words = products.map((product) => new BigUint64Array(product.slice(-2 * 2 * 8 * DEGREE).buffer));
    const [a, b] = words as [Polynomial, Polynomial];
    assert.ok(a.filter((word, i) => word === b[i]).length < 3);
  });

  it("refuses bytes that it did not seal", () => {
    const factor = new BigUint64Array(DEGREE).fill(1n);
    const sealed = key.seal(factor);
    const changed = (change: (bytes: Uint8Array) => void) => {
      const bytes = sealed.slice();
      change(bytes);
      return bytes;
    };
    const bad: readonly Uint8Array[] = [
      new Uint8Array(0),
      new Uint8Array(LIMITS.maxSealedBytes + 1),
      sealed.slice(0, -1),
      changed((bytes) => {
        bytes[5] = 2; // compressed
      }),
      changed((bytes) => {
        bytes[20] = 1; // other parameters
      }),
      changed((bytes) => bytes.fill(255, 200, 300)), // coefficients above the prime
      key.publicKey,
    ];
    for (const [i, bytes] of bad.entries())
      assert.throws(
        () => arithmetic.combine([bytes], [factor], factor),
        (error) => isHearsayError(error, "ERR_DECODE"),
        `case ${i}`,
      );
    assert.throws(
      () => key.open(Uint8Array.of(1, 2, 3)),
      (error) => isHearsayError(error, "ERR_DECODE"),
    );
    assert.throws(
      () => sealing.openPublic(sealed),
      (error) => isHearsayError(error, "ERR_DECODE"),
    );
  });

  it("keeps to the limits of messages", () => {
    const zeros = new BigUint64Array(DEGREE);
    const sealed = key.seal(zeros);
    assert.ok(sealed.length <= LIMITS.maxSealedBytes && key.publicKey.length <= LIMITS.maxSealingKeyBytes);
    assert.ok(arithmetic.combine([sealed], [zeros.map(() => 1n)], zeros).length <= LIMITS.maxSealedBytes);
  });
});
