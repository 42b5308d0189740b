/** Numbers as people read them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byteUnit, formatBytes, formatNumber, mean, sparkline } from "../../../protocol/base/figures.ts";

describe("the mean", () => {
  it("sums in the order of the values, and is no number where there are none", () => {
    assert.equal(mean([1, 2, 6]), 3);
    assert.equal(mean([1e308, 1e308]), Number.POSITIVE_INFINITY, "no scaling: the plain sum");
    assert.ok(Number.isNaN(mean([])));
  });
});

describe("a number of bytes", () => {
  it("has three digits and a unit of powers of ten", () => {
    const texts = [0, 999, 1000, 98_304, 999_999, 2.42e6, 1.5e9, 2e12].map((value) => formatBytes(value));
    assert.deepEqual(texts, ["0 B", "999 B", "1 kB", "98.3 kB", "1,000 kB", "2.42 MB", "1.5 GB", "2 TB"]);
  });

  it("keeps the sign of a difference, and is a dash where nothing is known", () => {
    assert.equal(formatBytes(-98_304), "-98.3 kB");
    assert.equal(formatBytes(undefined), "–");
    assert.equal(formatBytes(Number.NaN), "–");
  });

  it("shares the unit of the largest on an axis", () => {
    assert.deepEqual(byteUnit(5e6), { name: "MB", bytes: 1e6 });
  });
});

describe("a number", () => {
  it("has every digit before the point, and as many in all as asked for", () => {
    assert.equal(formatNumber(1234.56), "1,235");
    assert.equal(formatNumber(0.0123456), "0.01235");
    assert.equal(formatNumber(12.3456, 3), "12.3");
  });
});

describe("a sparkline", () => {
  it("goes from the least value to the most in eight equal steps", () => {
    assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8]), "▁▁▂▃▄▅▆▇█");
  });

  it("may stand on another foot than the least value", () => {
    assert.equal(sparkline([4, 8], 0), "▄█");
    assert.equal(sparkline([4, 8]), "▁█");
  });

  it("leaves blanks where nothing is known, and is flat where all values are equal", () => {
    assert.equal(sparkline([1, Number.NaN, 2]), "▁ █");
    assert.equal(sparkline([3, 3]), "▁▁");
    assert.equal(sparkline([]), "");
  });
});
