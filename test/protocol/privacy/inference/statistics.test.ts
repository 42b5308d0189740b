/**
 * Areas, points and intervals against figures of scikit-learn 1.9.1 (`roc_auc_score`, `roc_curve`) and scipy 1.17.1 (`binomtest(...).proportion_ci(method="exact")`),
 * DeLong's interval against its definition in numpy: variances over all pairs, not by ranks.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clopperPearson } from "../../../../protocol/privacy/inference/binomial.ts";
import { leastEpsilon, mostArea, mostTruePositives } from "../../../../protocol/privacy/inference/promise.ts";
import { areaUnderRoc, pointOfRoc } from "../../../../protocol/privacy/inference/roc.ts";

const MEMBERS = Float64Array.of(0.9, 0.8, 0.8, 0.6, 0.55, 0.4, 0.35, 0.3);
const OTHERS = Float64Array.of(0.8, 0.7, 0.5, 0.45, 0.4, 0.35, 0.2, 0.1, 0.1, 0.05);

function near(value: number, expected: number, within = 1e-12): void {
  assert.ok(Math.abs(value - expected) <= within, `${value} instead of ${expected}`);
}

describe("the area under the ROC curve", () => {
  it("is that of scikit-learn, ties included, with DeLong's interval", () => {
    const { value, low, high } = areaUnderRoc(MEMBERS, OTHERS);
    near(value, 0.7375);
    near(low, 0.5002289105901312);
    near(high, 0.9747710894098689);
  });

  it("is a half where all scores are equal, 1 and without width where no member lies among the others", () => {
    near(areaUnderRoc(new Float64Array(3), new Float64Array(5)).value, 0.5);
    assert.deepEqual(areaUnderRoc(Float64Array.of(3, 4), Float64Array.of(1, 2)), { value: 1, low: 1, high: 1 });
  });

  it("is refused for a score that is no number, and for one score of a kind", () => {
    assert.throws(() => areaUnderRoc(Float64Array.of(Number.NaN, 1), OTHERS), RangeError);
    assert.throws(() => areaUnderRoc(Float64Array.of(1), OTHERS), RangeError);
  });
});

describe("a point of the ROC curve", () => {
  it("is where scikit-learn's curve has at most that share of false positives", () => {
    const rates = [0, 0.1, 0.2, 0.25];
    assert.deepEqual(
      rates.map((rate) => pointOfRoc(MEMBERS, OTHERS, rate).truePositives.value),
      [0.125, 0.375, 0.625, 0.625],
    );
    for (const rate of rates) assert.ok(pointOfRoc(MEMBERS, OTHERS, rate).falsePositives.value <= rate);
  });

  it("takes no other for a member where there are too few others for the rate, and says between what shares that lies", () => {
    const { truePositives, falsePositives } = pointOfRoc(MEMBERS, OTHERS, 0.01);
    assert.equal(truePositives.value, 1 / 8);
    assert.equal(falsePositives.value, 0);
    near(falsePositives.high, 0.30849710781876294);
  });
});

describe("the interval of Clopper and Pearson", () => {
  const CASES: readonly (readonly [hits: number, trials: number, risk: number, low: number, high: number])[] = [
    [0, 10, 0.05, 0, 0.30849710781876294],
    [10, 10, 0.05, 0.6915028921812371, 1],
    [3, 47, 0.05, 0.013361769496881545, 0.1753924300129233],
    [17, 359, 0.05, 0.027823879286393738, 0.07473706535353479],
    [180, 360, 0.05, 0.44714591913393026, 0.5528540808660697],
    [999, 1000, 0.001, 0.9900461856590492, 0.9999994998750834],
    [5, 100_000, 0.05, 1.62350568168547e-5, 0.00011667943008112559],
  ];
  for (const [hits, trials, risk, low, high] of CASES)
    it(`of ${hits} in ${trials} at ${100 * (1 - risk)} % is scipy's`, () => {
      const interval = clopperPearson(hits, trials, risk);
      near(interval.low, low, 1e-11);
      near(interval.high, high, 1e-11);
    });

  it("is refused for what is no count", () => {
    assert.throws(() => clopperPearson(3, 2), RangeError);
    assert.throws(() => clopperPearson(0.5, 2), RangeError);
    assert.throws(() => clopperPearson(0, 0), RangeError);
  });
});

describe("what differential privacy promises", () => {
  it("is e^epsilon times the false positives and delta, and never all of them at epsilon 8", () => {
    near(mostTruePositives({ epsilon: 2, delta: 1e-5 }, 0.01), 0.0739005609893065);
    near(mostTruePositives({ epsilon: 1, delta: 0.01 }, 0.01), 0.037182818284590455);
    near(mostTruePositives({ epsilon: 8, delta: 0 }, 0.01), 1 - Math.exp(-8) * 0.99);
  });

  it("bounds the area by the integral of the bounds, here by numpy over two million points", () => {
    near(mostArea({ epsilon: 2, delta: 1e-5 }), 0.8807994620241774, 1e-9);
    near(mostArea({ epsilon: 1, delta: 0.01 }), 0.7364105129152636, 1e-9);
    near(mostArea({ epsilon: 8, delta: 1e-5 }), 0.9996646564973072, 1e-9);
  });

  it("is refuted by what an attack did: by the ends of its intervals, delta apart", () => {
    const share = (hits: number, trials: number) => ({ value: hits / trials, ...clopperPearson(hits, trials) });
    const point = { truePositives: share(180, 360), falsePositives: share(3, 47) };
    near(leastEpsilon(point, 0), Math.log(0.44714591913393026 / 0.1753924300129233), 1e-10);
    near(leastEpsilon(point, 0.2), Math.log(0.24714591913393 / 0.1753924300129233), 1e-10);
    assert.equal(leastEpsilon(point, 0.4), 0);
  });
});
