/** The secret chance of a private training: noise and samples are what the accountant counts with, and nobody can repeat them. */
import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { describe, it } from "node:test";
import type { SecretDraws } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { RATE_ONE } from "../../../protocol/base/spent.ts";
import { createSecretDraws, createSimulatedDraws } from "../../../protocol/privacy/draws.ts";

const DRAWS = 200_000;
/** Of a step of the grid, for a noise of 1. */
const UNITS = 65_536;

function noiseOf(draws: SecretDraws, deviation: number, count = DRAWS): Float64Array {
  const noise = new Float64Array(count);
  draws.noise(noise, deviation);
  return noise;
}

/** Standard normal distribution function (Zelen & Severo 1964, 7.5e-8): a test may be rougher than a sampler. */
function below(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const terms = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * terms.reduce((sum, c) => (sum + c) * t, 0);
  return x < 0 ? tail : 1 - tail;
}

/** Of (n - 1) s^2 / sigma^2, as standard deviations from its mean n - 1 (Wilson & Hilferty). */
function varianceDeviate(noise: Float64Array, deviation: number): number {
  const n = noise.length;
  const mean = noise.reduce((sum, x) => sum + x, 0) / n;
  const squared = noise.reduce((sum, x) => sum + (x - mean) ** 2, 0) / deviation ** 2;
  return (Math.cbrt(squared / (n - 1)) - (1 - 2 / (9 * (n - 1)))) / Math.sqrt(2 / (9 * (n - 1)));
}

/** Chi-square of the counts in cells of a tenth of a deviation, up to four, as standard deviations from its mean. */
function shapeDeviate(noise: Float64Array, deviation: number): number {
  const edges = Array.from({ length: 81 }, (_, i) => i / 10 - 4);
  const counts = new Array<number>(82).fill(0);
  for (const x of noise) {
    const z = x / deviation;
    const cell = z < -4 ? 0 : z >= 4 ? 81 : Math.floor(10 * (z + 4)) + 1;
    counts[cell] = (counts[cell] as number) + 1;
  }
  const shares = counts.map((_, i) => below(edges[i] ?? Number.POSITIVE_INFINITY) - below(edges[i - 1] ?? -40));
  const chi = counts.reduce((sum, count, i) => {
    const expected = noise.length * (shares[i] as number);
    return sum + (count - expected) ** 2 / expected;
  }, 0);
  return (chi - 81) / Math.sqrt(2 * 81);
}

for (const sigma of [0.7, 2.3])
  describe(`noise at sigma = ${sigma}`, () => {
    const deviation = sigma * UNITS;

    it("has that deviation, and the shape of the normal distribution, from a seed", () => {
      const noise = noiseOf(createSimulatedDraws(createRng(`noise/${sigma}`)), deviation);
      const [variance, shape] = [varianceDeviate(noise, deviation), shapeDeviate(noise, deviation)];
      assert.ok(Math.abs(variance) < 3, `variance ${variance} deviations off`);
      assert.ok(Math.abs(shape) < 3, `chi-square ${shape} deviations off`);
      assert.ok(noise.every(Number.isInteger));
    });

    it("has it from the generator of the operating system, but for once in 1e9 times", () => {
      const noise = noiseOf(
        createSecretDraws((to) => randomFillSync(to)),
        deviation,
      );
      assert.ok(Math.abs(varianceDeviate(noise, deviation)) < 6.2);
      assert.ok(shapeDeviate(noise, deviation) < 11); // the tail of chi-square is longer than the normal one
    });

    it("is another one where the deviation is wrong by 1 %: these tests would see it", () => {
      const noise = noiseOf(createSimulatedDraws(createRng(`noise/${sigma}`)), 1.01 * deviation);
      assert.ok(Math.abs(varianceDeviate(noise, deviation)) > 4);
    });
  });

describe("noise", () => {
  it("reaches as far as a normal deviate does, beyond the last layer of the ziggurat", () => {
    const noise = noiseOf(createSimulatedDraws(createRng("tails")), UNITS, 1_000_000);
    const far = noise.filter((x) => Math.abs(x) > 3.7 * UNITS).length;
    const expected = 2 * 1_000_000 * below(-3.7);
    assert.ok(Math.abs(far - expected) < 4 * Math.sqrt(expected), `${far} of ${expected}`);
    assert.ok(noise.some((x) => Math.abs(x) > 4.3 * UNITS));
  });

  it("fills even the last bit of the grid: even and odd are as likely, however many were drawn", () => {
    const noise = noiseOf(createSimulatedDraws(createRng("bits")), UNITS);
    for (const bit of [1, 2, 4, 64]) {
      const ones = noise.filter((x) => Math.floor(x / bit) % 2 !== 0).length;
      assert.ok(Math.abs(ones - DRAWS / 2) < 4 * Math.sqrt(DRAWS / 4), `bit ${bit}: ${ones}`);
    }
  });

  it("does not repeat: two generators of a node have nothing in common", () => {
    const node = () => createSecretDraws((to) => randomFillSync(to));
    const [first, second] = [node(), node()].map((draws) => noiseOf(draws, UNITS, 1000)) as [
      Float64Array,
      Float64Array,
    ];
    assert.ok(first.filter((x, i) => x === second[i]).length < 5);
    const correlation = first.reduce((sum, x, i) => sum + x * (second[i] as number), 0) / UNITS ** 2 / Math.sqrt(1000);
    assert.ok(Math.abs(correlation) < 6.2);
  });

  it("is asked for in no deviation that it could not draw", () => {
    const draws = createSimulatedDraws(createRng(1));
    for (const wrong of [-1, Number.NaN, 2 ** 41]) assert.throws(() => noiseOf(draws, wrong, 1), RangeError);
    assert.deepEqual(noiseOf(draws, 0, 2), new Float64Array(2));
  });
});

describe("a sample", () => {
  const rate = Math.round(0.0221 * RATE_ONE);
  const [rows, steps] = [1437, 2000];

  function samplesOf(draws: SecretDraws): readonly Uint32Array[] {
    return Array.from({ length: steps }, () => draws.sample(rows, rate));
  }

  it("takes each row with its chance, independently: sizes vary as a binomial's do", () => {
    const samples = samplesOf(createSimulatedDraws(createRng("samples")));
    const q = rate / RATE_ONE;
    const total = samples.reduce((sum, one) => sum + one.length, 0);
    const expected = q * rows * steps;
    assert.ok(Math.abs(total - expected) < 3 * Math.sqrt(expected * (1 - q)), `${total} of ${expected}`);
    const mean = total / steps;
    const variance = samples.reduce((sum, one) => sum + (one.length - mean) ** 2, 0) / (steps - 1);
    const ratio = variance / (rows * q * (1 - q));
    assert.ok(Math.abs(ratio - 1) < 4 * Math.sqrt(2 / steps), `variance ${ratio} of a binomial's`);
    const often = new Float64Array(rows);
    for (const one of samples) for (const row of one) often[row] = (often[row] as number) + 1;
    const chi = often.reduce((sum, n) => sum + (n - q * steps) ** 2 / (q * (1 - q) * steps), 0);
    assert.ok(Math.abs(chi - rows) < 4 * Math.sqrt(2 * rows), `chi-square ${chi} of ${rows} rows`);
  });

  it("names rows that are there, ascending, none twice; all at rate 1", () => {
    const draws = createSimulatedDraws(createRng("rows"));
    for (const one of Array.from({ length: 50 }, () => draws.sample(100, RATE_ONE / 4)))
      assert.ok(one.every((row, i) => row < 100 && (i === 0 || row > (one[i - 1] as number))));
    assert.equal(draws.sample(100, RATE_ONE).length, 100);
    assert.throws(() => draws.sample(1, RATE_ONE + 1), RangeError);
  });

  it("takes a row whose 32 bits are a number below the rate, to the last bit, though it looks at few of them", () => {
    const rng = createRng("coins");
    for (const rate of [1, 2 ** 31 + 1, 0xdeadbeef, RATE_ONE - 1]) {
      const numbers = Array.from({ length: 32 }, (_, row) => [rate, rate - 1][row] ?? rng.uint32());
      // word k holds the bit 2^(31 - k) of each number, that of row r at its place r
      const words = Uint32Array.from({ length: 32 }, (_, k) =>
        numbers.reduce((word, number, row) => word + ((number >>> (31 - k)) % 2) * 2 ** row, 0),
      );
      const draws = createSecretDraws((to) => to.set(new Uint8Array(words.buffer)));
      const expected = [...numbers.keys()].filter((row) => (numbers[row] as number) < rate);
      assert.ok(expected.includes(1) && !expected.includes(0));
      assert.deepEqual([...draws.sample(32, rate)], expected);
    }
  });

  it("does not repeat in a node", () => {
    const draws = createSecretDraws((to) => randomFillSync(to));
    assert.notDeepEqual(draws.sample(1000, RATE_ONE / 2), draws.sample(1000, RATE_ONE / 2));
  });
});
