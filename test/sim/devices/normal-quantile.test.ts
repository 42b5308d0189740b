import assert from "node:assert/strict";
import { it } from "node:test";
import { normalQuantile } from "../../../sim/devices/normal-quantile.ts";

/** By Python's statistics.NormalDist().inv_cdf. */
const KNOWN: readonly (readonly [number, number])[] = [
  [1e-20, -9.262340089798405],
  [1e-9, -5.9978070150076865],
  [0.001, -3.090232306167813],
  [0.02, -2.0537489106318225],
  [0.07, -1.4757910281791702],
  [0.08, -1.4050715603096322],
  [0.3, -0.5244005127080407],
  [0.5, 0],
  [0.95, 1.6448536269514715],
  [0.9999, 3.7190164854557084],
];

it("normal quantiles are those of the books, in all three ranges, and p must lie between 0 and 1", () => {
  for (const [p, z] of KNOWN) assert.ok(Math.abs(normalQuantile(p) - z) <= 1e-14 * Math.max(1, Math.abs(z)), `${p}`);
  for (let p = 0.001; p < 0.5; p += 0.013) assert.ok(Math.abs(normalQuantile(p) + normalQuantile(1 - p)) < 1e-12);
  for (const p of [0, 1, -1, Number.NaN]) assert.throws(() => normalQuantile(p), RangeError);
});
