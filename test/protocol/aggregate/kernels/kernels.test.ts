/** Each kernel equals its plain reference to the bit, whatever the number of rows, the length, the weights and the values. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelCache } from "../../../../protocol/aggregate/kernels/kernel-cache.ts";
import { KERNELS } from "../../../../protocol/aggregate/kernels/passes.ts";
import { selectionNetwork, sortingNetwork } from "../../../../protocol/aggregate/kernels/sorting-network.ts";
import { CHUNK, kernelsServe, MAX_ROWS, TILE } from "../../../../protocol/aggregate/kernels/workspace.ts";
import { RULES, ruleParameters } from "../../../../protocol/aggregate/registry.ts";
import { BLOCK } from "../../../../protocol/aggregate/rows/differences.ts";
import { halfWeight, wholeWeights } from "../../../../protocol/aggregate/rows/half-weight.ts";
import { ruleInput } from "../../../../protocol/aggregate/rows/input.ts";
import { type Mixtures, mergeSame, nearestMixtures } from "../../../../protocol/aggregate/rows/mixture.ts";
import { type Pass, SPAN } from "../../../../protocol/aggregate/rows/passes.ts";
import { PLAIN } from "../../../../protocol/aggregate/rows/plain.ts";
import { createRng, type Rng } from "../../../../protocol/base/rng.ts";
import { hasSimd } from "../../../../protocol/base/wasm-module.ts";
import { aggregate } from "../inputs.ts";

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
  return nearestMixtures(distances, Float64Array.from(weights), shrink, count);
}

/** Mixtures that hold two rows each, or one and nothing. */
function drawPairs(n: number, rng: Rng): Mixtures {
  return {
    coefficients: Float64Array.from({ length: n }, (_, j) => (j === 0 ? 0 : rng.uniform())),
    scales: Float64Array.from({ length: n }, () => 0.5 + rng.uniform()),
    listed: Int32Array.from({ length: 2 * n }, () => rng.below(n)),
    lists: "held",
  };
}

function medianPass(weights: ArrayLike<number>, tolerance: number = 0, mixed?: Mixtures): Pass {
  const reduction = { kind: "median", weights: wholeWeights(weights), tolerance } as const;
  return { reduction, ...(mixed !== undefined && { mixed }) };
}

function samePass(rows: readonly Float32Array[], pass: Pass, label: string): void {
  sameBits(KERNELS.reduce(rows, pass), PLAIN.reduce(rows, pass), label);
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

test("of the network little is left for a median: so many results of comparators", () => {
  const results = (n: number) =>
    selectionNetwork(n, (n - 1) >> 1, n >> 1, true).reduce((sum, step) => sum + +step.lesser + +step.greater, 0);
  assert.deepEqual([8, 9, 16, 17, 32, 64].map(results), [26, 30, 86, 90, 258, 734]);
});

test("a selection network brings the values of its places there, from every sequence of zeros and ones, in fewer steps", () => {
  for (let n = 1; n <= 10; n++)
    for (let first = 0; first < n; first++)
      for (let last = first; last < n; last++)
        for (const unordered of [false, true]) {
          const steps = selectionNetwork(n, first, last, unordered);
          for (let bits = 0; bits < 2 ** n; bits++) {
            const values = Array.from({ length: n }, (_, i) => (bits >> i) & 1);
            const sorted = values.toSorted((a, b) => a - b).slice(first, last + 1);
            for (const { places, lesser, greater } of steps) {
              const pair = places.map((place) => values[place] as number);
              // A result that is not used is not there: whoever reads it gets nonsense.
              values[places[0]] = lesser ? Math.min(...pair) : Number.NaN;
              values[places[1]] = greater ? Math.max(...pair) : Number.NaN;
            }
            const found = values.slice(first, last + 1);
            const anyOrder = unordered && last === first + 1;
            assert.deepEqual(anyOrder ? found.sort((a, b) => a - b) : found, sorted, `${n} ${first} ${last} ${bits}`);
          }
        }
  const results = selectionNetwork(8, 3, 4, true).reduce((sum, { lesser, greater }) => sum + +lesser + +greater, 0);
  assert.equal(results, 26);
});

test("a cache of kernels makes each once, and forgets the one that was not asked for longest", () => {
  const cached = kernelCache<string>(2);
  const made: string[] = [];
  for (const key of ["a", "b", "a", "c", "a", "b"])
    cached(key, () => {
      made.push(key);
      return key;
    });
  assert.deepEqual(made, ["a", "b", "c", "b"]);
});

for (const kind of Object.keys(VALUES)) {
  test(`median: kernel and reference agree to the bit for 1 to 65 rows (${kind})`, () => {
    for (const n of ROWS)
      for (const [name, weightsOf] of Object.entries(WEIGHTS)) {
        const d = [1, 3, 4, 8, 17, 64, TILE + 5][n % 7] as number;
        const weights = weightsOf(n, createRng(`weights/${n}`));
        samePass(drawRows(n, d, kind), medianPass(weights), `n = ${n}, d = ${d}, ${name}`);
      }
  });

  test(`trimmed mean and mean around the median: kernel and reference agree to the bit for 1 to 65 rows (${kind})`, () => {
    for (const n of ROWS)
      for (const share of [0, 0.2, 0.49]) {
        const d = [1, 3, 4, 8, 17, 64, TILE + 5][n % 7] as number;
        const rows = drawRows(n, d, kind);
        const trim = Math.min(Math.floor(share * n), Math.floor((n - 1) / 2));
        samePass(rows, { reduction: { kind: "trimmed-mean", n, trim } }, `n = ${n}, d = ${d}, trim ${trim}`);
        const keep = n - trim;
        samePass(rows, { reduction: { kind: "mean-around-median", n, keep } }, `n = ${n}, d = ${d}, keep ${keep}`);
      }
  });

  test(`Gram matrix and lengths: kernel and reference agree to the bit for 1 to 65 rows (${kind})`, () => {
    for (const q of ROWS) {
      const d = [1, 2, 7, 8, 9, 63, TILE - 1, TILE + 1][q % 8] as number;
      const rows = drawRows(q + 1, d, kind);
      const gram = PLAIN.gram(rows);
      sameBits(KERNELS.gram(rows), gram, `q = ${q}, d = ${d}`);
      const diagonal = Array.from({ length: q }, (_, j) => gram[j * (q + 1)] as number);
      sameBits(KERNELS.squaredLengths(rows), diagonal, `q = ${q}, d = ${d}, lengths`);
      sameBits(PLAIN.squaredLengths(rows), diagonal, `q = ${q}, d = ${d}, plain lengths`);
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
        samePass(rows, medianPass(weights, 1e-6, mixed), `n = ${n}, d = ${d}, ${name}`);
        samePass(rows, medianPass(weights, 0, drawPairs(n, rng)), `n = ${n}, d = ${d}, ${name}, pairs`);
        const one = { ...mixed, scales: mixed.scales.slice(0, 1), listed: new Int32Array(0) };
        samePass(rows, { mixed: one, reduction: { kind: "only" } }, `n = ${n}, d = ${d}, one mixture`);
      }
  });
}

test("kernels agree with their references over the seams of tiles, blocks, chunks and spans", () => {
  for (const d of [TILE, BLOCK - 1, BLOCK, BLOCK + 1, CHUNK, CHUNK + 1, 2 * CHUNK + 333, SPAN + 5]) {
    const rows = drawRows(6, d, "normal");
    sameBits(KERNELS.gram(rows), PLAIN.gram(rows), `Gram, d = ${d}`);
    const weights = [9, 7, 8, 9, 9, 8];
    samePass(rows, medianPass(weights), `median, d = ${d}`);
    const mixed = drawMixtures(6, 2, weights, createRng(`seams/${d}`));
    // The Gram kernel leaves its rows in place for the one that comes next; the second time they must be loaded.
    for (const again of [false, true]) {
      if (!again) KERNELS.gram(rows);
      samePass(rows, medianPass(weights, 0, mixed), `mixtures, d = ${d}`);
    }
  }
});

test("mixtures that leave out the same rows are one: merging changes no bit", () => {
  const rng = createRng("merging");
  let merged = 0;
  for (let n = 2; n < 12; n++) {
    const weights = Float64Array.from({ length: n }, () => 0.8 + 0.2 * rng.uniform());
    const mixed = drawMixtures(n, n % (1 + Math.floor((n - 1) / 2)), weights, rng);
    const votes = wholeWeights(weights);
    const rows = drawRows(n, 40, "normal");
    const [apart, together] = [{ mixed, votes }, mergeSame(mixed, votes)].map(({ mixed, votes }) =>
      PLAIN.reduce(rows, { mixed, reduction: { kind: "median", weights: votes, tolerance: 1e-6 } }),
    ) as [Float32Array, Float32Array];
    sameBits(together, apart, `n = ${n}`);
    merged += n - mergeSame(mixed, votes).votes.length;
  }
  assert.ok(merged > 0);
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

for (const [name, rule] of RULES)
  test(`${name} by kernels is ${name} without, to the bit, statuses included`, () => {
    const { parameters } = ruleParameters(rule, {});
    for (const kind of Object.keys(VALUES))
      for (const m of [1, 2, 3, 5, 8, 16, 32]) {
        const [own, base, ...vectors] = drawRows(m + 2, 700 + m, kind) as [
          Float32Array,
          Float32Array,
          ...Float32Array[],
        ];
        const weights = drawQ16(m, createRng(`rule/${m}`));
        const candidates = vectors.map((params, j) => ({ params, weightQ16: weights[j] as number }));
        for (const input of [
          { own, candidates },
          { own, base, candidates },
        ]) {
          const expected = rule.aggregate(input, parameters, PLAIN);
          const actual = rule.aggregate(input, parameters, KERNELS);
          sameBits(actual.params, expected.params, `${kind}, m = ${m}`);
          assert.deepEqual(actual, expected);
          assert.deepEqual(aggregate(name, input), expected);
        }
      }
  });

test("more rows than the kernels hold are served the plain way", () => {
  assert.equal(kernelsServe(MAX_ROWS + 1), false);
  const rows = drawRows(MAX_ROWS + 1, 40, "normal");
  const input = ruleInput(
    [...(rows[0] as Float32Array)],
    rows.slice(1).map((row) => [...row]),
  );
  assert.ok(aggregate("guarded-median", input).params.every(Number.isFinite));
});

for (const name of RULES.keys())
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
