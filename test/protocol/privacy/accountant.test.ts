/** The accountant says what Google's dp-accounting says, and never less than what is true. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RATE_ONE } from "../../../protocol/base/spent.ts";
import { epsilonOf, LEAST_NOISE, noiseFor, ORDERS, stepDivergence } from "../../../protocol/privacy/accountant.ts";
import { planFor, planWith } from "../../../protocol/privacy/plan.ts";
import { samplingRate } from "../../../protocol/privacy/sampling-rate.ts";

interface Vectors {
  readonly orders: readonly number[];
  readonly epsilon: readonly {
    readonly rate: number;
    readonly noiseMultiplier: number;
    readonly steps: number;
    readonly delta: number;
    readonly epsilon: number;
    readonly pld: number;
  }[];
  readonly step: readonly {
    readonly rate: number;
    readonly noiseMultiplier: number;
    readonly order: number;
    readonly divergence: number | null;
  }[];
}

const path = new URL("../../vectors/dp.json", import.meta.url);
const vectors: Vectors = JSON.parse(await readFile(path, "utf8"));

const near = (found: number, expected: number) =>
  assert.ok(Math.abs(found - expected) < 1e-6, `${found}, where dp-accounting says ${expected}`);

describe("epsilon", () => {
  it("is followed at the orders of dp-accounting that are integers", () => assert.deepEqual(ORDERS, vectors.orders));

  for (const { delta, epsilon, pld, ...steps } of vectors.epsilon)
    it(`of ${steps.steps} steps at q = ${steps.rate}, sigma = ${steps.noiseMultiplier} is that of dp-accounting, and not below the tight one`, () => {
      const found = epsilonOf([steps], delta);
      near(found, epsilon);
      assert.ok(found >= pld);
    });

  for (const { divergence, order, ...step } of vectors.step.filter(({ order }) => Number.isInteger(order)))
    it(`grows by the divergence of a step at q = ${step.rate}, sigma = ${step.noiseMultiplier}, order ${order}`, () =>
      near(stepDivergence(step, order), divergence as number));

  it("is 0 of no steps, and adds up however steps are told apart", () => {
    const step = { rate: 0.02, noiseMultiplier: 1.1 };
    assert.equal(epsilonOf([], 1e-5), 0);
    assert.equal(epsilonOf([{ ...step, steps: 0 }], 1e-5), 0);
    near(
      epsilonOf(
        [100, 200, 300].map((steps) => ({ ...step, steps })),
        1e-5,
      ),
      epsilonOf([{ ...step, steps: 600 }], 1e-5),
    );
  });

  it("grows with steps and rate, and shrinks with noise and delta", () => {
    const some = { rate: fc.double({ min: 1e-4, max: 0.9, noNaN: true }), noise: fc.integer({ min: 600, max: 9000 }) };
    fc.assert(
      fc.property(fc.record(some), fc.integer({ min: 1, max: 5000 }), ({ rate, noise }, steps) => {
        const of = (more: object) => epsilonOf([{ rate, noiseMultiplier: noise / 1000, steps, ...more }], 1e-5);
        const epsilon = of({});
        assert.ok(of({ steps: steps + 1 }) >= epsilon);
        assert.ok(of({ rate: rate * 1.1 }) >= epsilon - 1e-12);
        assert.ok(of({ noiseMultiplier: noise / 1000 + 0.1 }) <= epsilon);
        assert.ok(epsilonOf([{ rate, noiseMultiplier: noise / 1000, steps }], 1e-6) >= epsilon);
      }),
      { numRuns: 40 },
    );
  });

  it("is asked of nothing that is no rate, noise, order or delta", () => {
    const step = { rate: 0.1, noiseMultiplier: 1 };
    for (const wrong of [0, -1, 1.1, Number.NaN])
      assert.throws(() => stepDivergence({ ...step, rate: wrong }, 2), RangeError);
    for (const wrong of [0, -1, Number.NaN])
      assert.throws(() => stepDivergence({ ...step, noiseMultiplier: wrong }, 2), RangeError);
    for (const wrong of [1, 1.5, 513]) assert.throws(() => stepDivergence(step, wrong), RangeError);
    for (const wrong of [0, 1, Number.NaN]) assert.throws(() => epsilonOf([{ ...step, steps: 1 }], wrong), RangeError);
  });
});

describe("calibration", () => {
  it("finds the least noise of a thousandth that is enough", () => {
    for (const epsilon of [1, 2, 4, 8]) {
      const steps = { rate: 0.0221, steps: 906 };
      const noiseMultiplier = noiseFor({ ...steps, epsilon, delta: 1e-5 }) as number;
      assert.ok(epsilonOf([{ ...steps, noiseMultiplier }], 1e-5) <= epsilon);
      assert.ok(epsilonOf([{ ...steps, noiseMultiplier: noiseMultiplier - 0.001 }], 1e-5) > epsilon);
    }
  });

  it("goes no lower than what integer orders can tell, and says where no noise is enough", () => {
    assert.equal(noiseFor({ rate: 0.001, steps: 1, epsilon: 50, delta: 1e-5 }), LEAST_NOISE);
    assert.equal(noiseFor({ rate: 1, steps: 1e9, epsilon: 0.1, delta: 1e-5 }), undefined);
  });
});

describe("the sampling rate", () => {
  it("is at most the batch over the rows, by less than 9 %, and tells the rows no closer", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.integer({ min: 1, max: 4096 }), (rows, batch) => {
        const rate = samplingRate(rows, batch) / RATE_ONE;
        const exact = Math.min(1, batch / rows);
        assert.ok(rate <= exact && rate > exact / 1.0906 - 2 / RATE_ONE, `${rate} of ${exact}`);
        assert.ok(Number.isInteger(rate * RATE_ONE));
      }),
    );
    const rates = new Set(Array.from({ length: 1000 }, (_, i) => samplingRate(1000 + i, 32)));
    assert.equal(rates.size, 9, "an octave has eight steps");
  });
});

describe("a plan", () => {
  it("has the noise for its budget, and says the same of that noise", () => {
    const request = { rows: 1437, batch: 32, epochs: 20, delta: 1e-5 };
    const plan = planFor(request, 8);
    assert.ok(plan !== undefined && plan.epsilon <= 8 && plan.epsilon > 7.9);
    assert.deepEqual(planWith(request, plan.noiseMultiplier), plan);
  });
});
