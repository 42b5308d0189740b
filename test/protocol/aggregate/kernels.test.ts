/** Each kernel equals its plain reference to the bit, whatever the number of rows, the length, the weights and the values. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coordinateMedian,
  coordinateMedianKernel,
  coordinateMedianPlain,
} from "../../../protocol/aggregate/coordinate-median.ts";
import { BLOCK, gramPlain } from "../../../protocol/aggregate/differences.ts";
import { aggregateBy, KERNELS, PLAIN } from "../../../protocol/aggregate/guarded-median.ts";
import { halfWeight, wholeWeights } from "../../../protocol/aggregate/half-weight.ts";
import { gramKernel } from "../../../protocol/aggregate/kernels/gram-kernel.ts";
import { mixtureKernel } from "../../../protocol/aggregate/kernels/mixture-kernel.ts";
import { sortingNetwork } from "../../../protocol/aggregate/kernels/sorting-network.ts";
import { CHUNK, kernelsServe, MAX_ROWS, TILE } from "../../../protocol/aggregate/kernels/workspace.ts";
import { type Mixtures, medianOfMixturesPlain, mixtures } from "../../../protocol/aggregate/mixture.ts";
import { ruleParameters } from "../../../protocol/aggregate/registry.ts";
import { createRng, type Rng } from "../../../protocol/rng.ts";
import { hasSimd } from "../../../protocol/wasm-module.ts";
import { aggregate, ruleInput, ruleNamed } from "./inputs.ts";

const LARGEST = 3.4028234663852886e38;
const TINY = 2 ** -149;
/** 1 to 33, and the most that a log entry and an own model make. */
const ROWS = [...Array.from({ length: 33 }, (_, i) => i + 1), 65];

/** Kinds of values of a parameter. */
const VALUES: Readonly<Record<string, (rng: Rng) => number>> = {
  normal: (rng) => rng.normal(),
  ties: (rng) => Math.floor(3 * rng.uniform()) - 1,
  zeros: (rng) => (rng.uniform() < 0.5 ? -0 : 0),
  denormals: (rng) => Math.floor(9 * rng.uniform() - 4) * TINY,
  huge: (rng) => (rng.uniform() < 0.5 ? LARGEST : -LARGEST) * (rng.uniform() < 0.5 ? 1 : rng.uniform()),
};

/** Kinds of weights of n rows. */
const WEIGHTS: Readonly<Record<string, (n: number, rng: Rng) => number[]>> = {
  equal: (n) => new Array<number>(n).fill(1),
  q16: drawQ16,
  tying: (n, rng) => Array.from({ length: n }, () => 1 + Math.floor(3 * rng.uniform())),
  heavy: (n, rng) => Array.from({ length: n }, (_, i) => (i === n >> 1 ? 65536 : 1 + Math.floor(9 * rng.uniform()))),
};

function drawQ16(n: number, rng: Rng): number[] {
  return Array.from({ length: n }, () => 52429 + Math.floor(13108 * rng.uniform()));
}

function drawRows(n: number, d: number, kind: string): Float32Array[] {
  const rng = createRng(`kernels/${kind}/${n}/${d}`);
  const draw = VALUES[kind] as (rng: Rng) => number;
  const rows = Array.from({ length: n }, () => Float32Array.from({ length: d }, () => draw(rng)));
  // Duplicates: the third row is the second.
  if (n > 2) rows[2] = (rows[1] as Float32Array).slice();
  return rows;
}

function sameBits(actual: ArrayLike<number>, expected: ArrayLike<number>, label: string): void {
  assert.equal(actual.length, expected.length, label);
  for (let i = 0; i < expected.length; i++)
    if (!Object.is(actual[i], expected[i])) assert.fail(`${label}: [${i}] is ${actual[i]}, not ${expected[i]}`);
}

function drawMixtures(n: number, count: number, weights: ArrayLike<number>, rng: Rng): Mixtures {
  const distances = Float64Array.from({ length: n * n }, () => Math.floor(4 * rng.uniform()));
  const shrink = Float64Array.from({ length: n }, () => rng.uniform());
  return mixtures(distances, Float64Array.from(weights), shrink, wholeWeights(weights), count);
}

test("this host has SIMD, so that the kernels are what the other tests run", () => {
  assert.ok(hasSimd());
});

test("a sorting network sorts every sequence of zeros and ones, hence every sequence", () => {
  for (let n = 1; n <= 12; n++)
    for (let bits = 0; bits < 2 ** n; bits++) {
      const values = Array.from({ length: n }, (_, i) => (bits >> i) & 1);
      for (const [a, b] of sortingNetwork(n)) {
        const [low, high] = [values[a] as number, values[b] as number];
        [values[a], values[b]] = low <= high ? [low, high] : [high, low];
      }
      assert.ok(values.every((value, i) => i === 0 || (values[i - 1] as number) <= value));
    }
  assert.equal(sortingNetwork(16).length, 63);
});

for (const kind of Object.keys(VALUES)) {
  test(`median: kernel and reference agree to the bit for 1 to 65 rows (${kind})`, () => {
    for (const n of ROWS)
      for (const [name, weightsOf] of Object.entries(WEIGHTS)) {
        const d = [1, 3, 4, 8, 17, 64, TILE + 5][n % 7] as number;
        const rows = drawRows(n, d, kind);
        const weights = weightsOf(n, createRng(`weights/${n}`));
        sameBits(
          coordinateMedianKernel(rows, weights),
          coordinateMedianPlain(rows, weights),
          `n = ${n}, d = ${d}, ${name}`,
        );
      }
  });

  test(`Gram matrix: kernel and reference agree to the bit for 1 to 65 rows (${kind})`, () => {
    for (const q of ROWS) {
      const d = [1, 2, 7, 8, 9, 63, TILE - 1, TILE + 1][q % 8] as number;
      const rows = drawRows(q + 1, d, kind);
      sameBits(gramKernel(rows), gramPlain(rows), `q = ${q}, d = ${d}`);
    }
  });

  test(`mixtures: kernel and reference agree to the bit for 2 to 65 rows (${kind})`, () => {
    for (const n of ROWS.slice(1))
      for (const [name, weightsOf] of Object.entries(WEIGHTS)) {
        const d = [1, 5, 8, 31, TILE + 9][n % 5] as number;
        const rng = createRng(`mixtures/${n}`);
        const weights = weightsOf(n, rng).map((weight, i) => weight / (1 + (i % 3)));
        const mixed = drawMixtures(n, n % (1 + Math.floor((n - 1) / 2)), weights, rng);
        const rows = drawRows(n, d, kind);
        sameBits(
          mixtureKernel(rows, mixed, 1e-6),
          medianOfMixturesPlain(rows, mixed, 1e-6),
          `n = ${n}, d = ${d}, ${name}`,
        );
      }
  });
}

test("kernels agree with their references over the seams of tiles, blocks and chunks", () => {
  for (const d of [TILE, BLOCK - 1, BLOCK, BLOCK + 1, CHUNK, CHUNK + 1, 2 * CHUNK + 333]) {
    const rows = drawRows(6, d, "normal");
    sameBits(gramKernel(rows), gramPlain(rows), `Gram, d = ${d}`);
    const weights = [9, 7, 8, 9, 9, 8];
    sameBits(coordinateMedianKernel(rows, weights), coordinateMedianPlain(rows, weights), `median, d = ${d}`);
    const mixed = drawMixtures(6, 2, weights, createRng(`seams/${d}`));
    // The Gram kernel leaves its rows in place for the one that comes next; the second time they must be loaded.
    for (const again of [false, true]) {
      if (!again) gramKernel(rows);
      sameBits(mixtureKernel(rows, mixed, 0), medianOfMixturesPlain(rows, mixed, 0), `mixtures, d = ${d}`);
    }
  }
});

test("mixtures that leave out the same rows are one: merging changes no bit", () => {
  const rng = createRng("merging");
  for (let n = 2; n < 12; n++) {
    const weights = Float64Array.from({ length: n }, () => 0.8 + 0.2 * rng.uniform());
    const mixed = drawMixtures(n, n % (1 + Math.floor((n - 1) / 2)), weights, rng);
    // Each mixture of weight w again, as two of weights 1 and w - 1.
    const split: Mixtures = {
      coefficients: mixed.coefficients,
      scales: Float64Array.of(...mixed.scales, ...mixed.scales),
      leftOut: Int32Array.of(...mixed.leftOut, ...mixed.leftOut),
      weights: Int32Array.of(...mixed.weights.map(() => 1), ...mixed.weights.map((weight) => weight - 1)),
    };
    const rows = drawRows(n, 40, "normal");
    sameBits(medianOfMixturesPlain(rows, split, 1e-6), medianOfMixturesPlain(rows, mixed, 1e-6), `n = ${n}`);
    assert.ok(mixed.weights.length <= n);
  }
});

test("no places but first .. last of the sorted order can hold the median", () => {
  const rng = createRng("places");
  for (let n = 1; n < 20; n++)
    for (const weightsOf of Object.values(WEIGHTS)) {
      const weights = weightsOf(n, rng);
      const { first, last, lowerAbove, upperAbove } = halfWeight(wholeWeights(weights), 0);
      for (let draw = 0; draw < 20; draw++) {
        const order = weights.map((weight) => ({ weight, key: rng.uniform() })).sort((a, b) => a.key - b.key);
        let sum = 0;
        const sums = order.map(({ weight }) => (sum += weight));
        assert.ok(sums.findIndex((c) => c > lowerAbove) >= first);
        assert.ok(sums.findIndex((c) => c > upperAbove) <= last);
      }
    }
});

test("of equal weights the middle place is the only one", () => {
  for (const n of [1, 3, 17]) {
    const { first, last } = halfWeight(wholeWeights(new Array<number>(n).fill(65536)), 0);
    assert.deepEqual([first, last], [(n - 1) / 2, (n - 1) / 2]);
  }
});

test("guarded-median by kernels is guarded-median without, to the bit, statuses included", () => {
  const { parameters } = ruleParameters(ruleNamed("guarded-median"), {});
  for (const kind of Object.keys(VALUES))
    for (const m of [1, 2, 3, 5, 8, 16, 32]) {
      const [own, base, ...vectors] = drawRows(m + 2, 700 + m, kind) as [Float32Array, Float32Array, ...Float32Array[]];
      const weights = drawQ16(m, createRng(`rule/${m}`));
      const candidates = vectors.map((params, j) => ({ params, weightQ16: weights[j] as number }));
      for (const input of [
        { own, candidates },
        { own, base, candidates },
      ]) {
        const expected = aggregateBy(PLAIN, input, parameters);
        const actual = aggregateBy(KERNELS, input, parameters);
        sameBits(actual.params, expected.params, `${kind}, m = ${m}`);
        assert.deepEqual(actual.statuses, expected.statuses);
        assert.deepEqual(aggregate("guarded-median", input), expected);
      }
    }
});

test("more rows than the kernels hold are served the plain way", () => {
  assert.equal(kernelsServe(MAX_ROWS + 1), false);
  const rows = drawRows(MAX_ROWS + 1, 40, "normal");
  const weights = rows.map(() => 1);
  sameBits(coordinateMedian(rows, weights), coordinateMedianPlain(rows, weights), "median");
  const input = ruleInput(
    [...(rows[0] as Float32Array)],
    rows.slice(1).map((row) => [...row]),
  );
  assert.ok(aggregate("guarded-median", input).params.every(Number.isFinite));
});

for (const name of ["median", "weighted-median", "guarded-median"])
  test(`${name}: a model changed in place between two calls is read again`, () => {
    const rows = drawRows(8, 100, "normal").map((row) => [...row]);
    const input = ruleInput(rows[0] as number[], rows.slice(1));
    const before = aggregate(name, input).params;
    for (const params of [input.own, ...input.candidates.map((candidate) => candidate.params)])
      for (let i = 0; i < params.length; i++) params[i] = (params[i] as number) + i;
    const after = aggregate(name, input).params;
    const fresh = ruleInput(
      [...input.own],
      input.candidates.map(({ params }) => [...params]),
    );
    assert.deepEqual(after, aggregate(name, fresh).params);
    assert.notDeepEqual(after, before);
  });
