import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  eligible,
  mergeAges,
  type StalenessWeighting,
  staleness,
  stalenessWeightQ16,
  type WeightedAge,
} from "../../../protocol/aggregate/staleness.ts";

const polynomial: StalenessWeighting = { function: "polynomial", a: 0.5, b: 4, floor: 0.8 };
const hinge: StalenessWeighting = { function: "hinge", a: 10, b: 4, floor: 0.001 };
const constant: StalenessWeighting = { function: "constant", a: 0.5, b: 4, floor: 0.8 };

const anyWeighting: fc.Arbitrary<StalenessWeighting> = fc.record({
  function: fc.constantFrom("constant", "hinge", "polynomial"),
  a: fc.double({ min: 0.01, max: 100, noNaN: true }),
  b: fc.double({ min: 0, max: 1000, noNaN: true }),
  floor: fc.double({ min: 1e-9, max: 1, noNaN: true }),
});

const own = { referenceAge: 1000, meanStepsPerCycle: 10, cyclesSinceFirstSeen: 0, cutoff: 20 };
/** Whatever a liar may claim. */
const lie = fc.oneof(
  fc.constantFrom(0, -0, -1, -Infinity, Infinity, Number.NaN, 2 ** 53 - 1, 2 ** 53, 1e300, 0.5),
  fc.double(),
);

test("the weight functions are those of FedAsync", () => {
  const weights = (weighting: StalenessWeighting, taus: number[]) =>
    taus.map((tau) => stalenessWeightQ16(tau, weighting));
  assert.deepEqual(weights(constant, [0, 5, 1e9]), [65536, 65536, 65536]);
  assert.deepEqual(weights(hinge, [0, 4, 4.1, 5, 14]), [65536, 65536, 32768, Math.round(65536 / 11), 649]);
  assert.deepEqual(weights({ ...polynomial, floor: 0.001 }, [0, 3, 8, 99]), [
    65536,
    32768,
    Math.round(65536 / 3),
    6554,
  ]);
  assert.deepEqual(weights({ ...polynomial, a: 1, floor: 0.001 }, [0, 1, 3]), [65536, 32768, 16384]);
});

test("the floor of 0.8 is weight 52429, from a staleness of 9/16 cycle on", () => {
  assert.equal(stalenessWeightQ16(0.5625, polynomial), 52429);
  assert.equal(stalenessWeightQ16(0.5, polynomial), Math.round(65536 / Math.sqrt(1.5)));
  for (const tau of [1, 20, 1e300, Infinity]) assert.equal(stalenessWeightQ16(tau, polynomial), 52429);
});

test("a weight is an integer in 1 .. 65536 that never grows with staleness, and 65536 for tau <= 0", () => {
  const tau = fc.double({ min: -10, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(anyWeighting, tau, tau, (weighting, one, other) => {
      const fresher = stalenessWeightQ16(Math.min(one, other), weighting);
      const staler = stalenessWeightQ16(Math.max(one, other), weighting);
      assert.ok(Number.isInteger(staler) && staler >= 1 && fresher <= 65536 && staler <= fresher);
      assert.ok(staler >= Math.floor(weighting.floor * 65536));
      assert.equal(stalenessWeightQ16(-Math.abs(one), weighting), 65536);
    }),
  );
});

test("a staleness that is not a number weighs as little as an infinite one", () => {
  for (const weighting of [constant, hinge, polynomial])
    assert.equal(stalenessWeightQ16(Number.NaN, weighting), stalenessWeightQ16(Infinity, weighting));
});

test("staleness is the age lag in own cycles, or the time the model has been known if that is longer", () => {
  assert.equal(staleness({ ...own, theirAge: 1000 }), 0);
  assert.equal(staleness({ ...own, theirAge: 975 }), 2.5);
  assert.equal(staleness({ ...own, theirAge: 975, cyclesSinceFirstSeen: 4 }), 4);
  assert.equal(staleness({ ...own, theirAge: 975, cyclesSinceFirstSeen: 1 }), 2.5);
});

test("a model that claims to be newer than the own one is fresh, not better than fresh", () => {
  for (const theirAge of [1001, 1e9, 2 ** 53 - 1]) {
    const tau = staleness({ ...own, theirAge });
    assert.equal(tau, 0);
    assert.equal(stalenessWeightQ16(tau, polynomial), 65536);
  }
});

test("a replayed model grows old by the receiver's clock, whatever age it claims", () => {
  const tau = staleness({ ...own, theirAge: 2 ** 53 - 1, cyclesSinceFirstSeen: 25 });
  assert.equal(eligible(tau, own.cutoff), false);
});

test("beyond the cutoff staleness is cutoff + 1, and so it is for claims that are no ages", () => {
  for (const theirAge of [0, 789, -1, 999.5, 2 ** 53, Number.NaN, Infinity, -Infinity]) {
    const tau = staleness({ ...own, theirAge });
    assert.equal(tau, 21, `age ${theirAge}`);
    assert.equal(eligible(tau, own.cutoff), false);
  }
});

test("eligible up to and with the cutoff, never where staleness is not a number", () => {
  assert.equal(eligible(staleness({ ...own, theirAge: 800 }), 20), true);
  assert.equal(eligible(staleness({ ...own, theirAge: 799 }), 20), false);
  assert.equal(eligible(Number.NaN, 20), false);
});

test("without a positive number of steps per cycle there is no staleness: a fault of the caller", () => {
  for (const meanStepsPerCycle of [0, -1, Number.NaN])
    assert.throws(() => staleness({ ...own, theirAge: 1, meanStepsPerCycle }), RangeError);
});

test("no lie about age earns more weight than an honest fresh model has", () => {
  const honest = stalenessWeightQ16(staleness({ ...own, theirAge: own.referenceAge }), polynomial);
  fc.assert(
    fc.property(lie, anyWeighting, (theirAge, weighting) => {
      const tau = staleness({ ...own, theirAge });
      assert.ok(Number.isFinite(tau) && tau >= 0);
      assert.ok(stalenessWeightQ16(tau, weighting) <= honest);
    }),
  );
});

test("ages merge to the lower weighted median, the own one counting at weight 1, but never below the own one", () => {
  const fresh = (age: number): WeightedAge => ({ age, weightQ16: 65536 });
  assert.equal(mergeAges(10, []), 10);
  assert.equal(mergeAges(10, [fresh(20), fresh(30)]), 20);
  assert.equal(mergeAges(10, [fresh(20), fresh(30), fresh(40)]), 20, "of an even number the lower");
  assert.equal(mergeAges(10, [fresh(1), fresh(2)]), 10);
  assert.equal(mergeAges(10, [fresh(20), { age: 30, weightQ16: 1 }]), 20);
  assert.equal(mergeAges(10, [{ age: 20, weightQ16: 65535 }]), 10);
});

test("ages up to 2^53 - 1 merge without loss", () => {
  const greatest = 2 ** 53 - 1;
  const claims = [greatest, greatest - 1, greatest].map((age) => ({ age, weightQ16: 65536 }));
  assert.equal(mergeAges(0, claims), greatest - 1);
});

test("a merged age lies between the own one and the greatest honest one while liars hold less than half of the weight", () => {
  const weighted = (age: fc.Arbitrary<number>) =>
    fc.array(fc.record({ age, weightQ16: fc.integer({ min: 52429, max: 65536 }) }), { maxLength: 9 });
  fc.assert(
    fc.property(fc.nat(10_000), weighted(fc.nat(10_000)), weighted(lie), (ownAge, honest, wanted) => {
      const weight = (ages: readonly WeightedAge[]) => ages.reduce((sum, { weightQ16 }) => sum + weightQ16, 0);
      const liars = [...wanted];
      while (weight(liars) >= 65536 + weight(honest)) liars.pop();
      const merged = mergeAges(ownAge, [...liars, ...honest]);
      assert.ok(merged >= ownAge && merged <= Math.max(ownAge, ...honest.map(({ age }) => age)));
    }),
  );
});
