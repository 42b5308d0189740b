import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { binaryExponent, exp, log, power } from "../../../protocol/base/exp-log.ts";
import { createRng } from "../../../protocol/base/rng.ts";

/** Distance from `exact` in units of its last place. */
function ulps(value: number, exact: number): number {
  const exponent = Math.max(binaryExponent(exact), -1022);
  return Math.abs(value - exact) / 2 ** Math.max(exponent - 52, -1074);
}

/** Numbers of all magnitudes between 2^least and 2^most. */
function* magnitudes(count: number, least: number, most: number): Generator<number> {
  const rng = createRng("magnitudes");
  for (let i = 0; i < count; i++) yield (1 + rng.uniform()) * 2 ** (least + rng.below(most - least));
}

test("exp is within 2 units of the last place, from the least double to the largest", () => {
  let worst = 0;
  const check = (x: number) => {
    worst = Math.max(worst, ulps(exp(x), Math.exp(x)));
  };
  for (let x = -745; x <= 709.7; x += 0.0137) check(x);
  for (const x of magnitudes(100_000, -60, 9)) {
    check(x);
    check(-x);
  }
  assert.ok(worst <= 2, `${worst} ulp`);
  const edges = [0, -0, -746, 710, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN];
  assert.deepEqual(edges.map(exp), [1, 1, 0, Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, Number.NaN]);
});

test("log is within 2 units of the last place, denormals included", () => {
  let worst = 0;
  for (const x of magnitudes(200_000, -1073, 1023)) worst = Math.max(worst, ulps(log(x), Math.log(x)));
  for (let x = 0.5; x < 2; x += 0.0001) if (x !== 1) worst = Math.max(worst, ulps(log(x), Math.log(x)));
  assert.ok(worst <= 2, `${worst} ulp`);
  const edges = [1, 0, -1, Number.POSITIVE_INFINITY, Number.NaN];
  assert.deepEqual(edges.map(log), [0, Number.NEGATIVE_INFINITY, Number.NaN, Number.POSITIVE_INFINITY, Number.NaN]);
});

test("power: whole exponents of 2 are exact, others near, and the edges are those of arithmetic", () => {
  for (let n = -1022; n <= 1023; n++) assert.equal(power(2, n), 2 ** n);
  assert.deepEqual([power(3, 4), power(-3, 3), power(7, 0), power(0, 2), power(2, -2)], [81, -27, 1, 0, 0.25]);
  for (const base of magnitudes(10_000, -20, 20))
    for (const exponent of [-0.5, 0.25, 1 / 7, 1.5]) {
      const exact = base ** exponent;
      assert.ok(Math.abs(power(base, exponent) / exact - 1) < 1e-14, `${base} ^ ${exponent}`);
    }
  assert.deepEqual(
    [power(0, 0.5), power(0, -0.5), power(0, -1)],
    [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  );
  assert.ok(Number.isNaN(power(-2, 0.5)));
});

test("binaryExponent is the floor of the logarithm of two", () => {
  for (const n of [-1074, -1073, -1023, -1022, -1, 0, 1, 52, 53, 1023]) {
    assert.equal(binaryExponent(2 ** n), n);
    if (n > -1022) assert.equal(binaryExponent(-(2 ** n) * (1 + 2 ** -52)), n);
  }
});

test("the bits are these, on every processor", () => {
  const values: number[] = [];
  for (const x of magnitudes(20_000, -20, 9)) values.push(exp(x), exp(-x), log(x), power(x, 0.3));
  const bytes = new Uint8Array(new Float64Array(values).buffer);
  assert.equal(
    createHash("sha256").update(bytes).digest("hex"),
    "dd6d2ebc12d4aca97c7899411b12209077b975be4e19e9671a34fd6930b7a111",
  );
});
