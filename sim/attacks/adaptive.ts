/**
 * Adaptive: the liars know the rule and try their lies on it before they tell them (after Shejwalkar and Houmansadr,
 * NDSS 2021, who search the scale; the choice of directions and the search for each receiver are ours).
 *
 * For each receiver and training, with e = unit vectors, r = median distance of the receiver to honest models, s the
 * scale:
 *
 *     reverse    v = own - s r e(mean honest update)
 *     alie       v = mu - 1.5 s sigma
 *     dissensus  v = own - s r e(mu - own)
 *
 * Damage of v: how far the merge, with as many lies as can be expected among a random sample of honest models, ends
 * up against the mean honest update u, compared with the same merge without lies: -<y(v) - y, u>. Every direction is
 * tried at s = 1; the best is then searched on a geometric grid that narrows, s = 2^t, until `evaluations` merges
 * are spent.
 */

import * as z from "zod";
import { distance } from "../../protocol/aggregate/rows/distances.ts";
import { stalenessWeightQ16 } from "../../protocol/aggregate/staleness.ts";
import { power } from "../../protocol/base/exp-log.ts";
import { numParams } from "../../protocol/base/task.ts";
import { UNIT_WEIGHT } from "../../protocol/base/weight.ts";
import type { Attack, Coalition, HonestModel } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { deliverable } from "./deliverable.ts";
import { type ExpectedMerge, expectedMerge } from "./expected-merge.ts";
import type { Moments } from "./moments.ts";
import { noiseOption } from "./noise.ts";
import { twoFaced } from "./two-faced.ts";
import { addProduct, addScaled, difference, innerProduct, lengthOf, unit, type Vector } from "./vectors.ts";

export const adaptive: Attack = defineAttack({
  name: "adaptive",
  about: "to each receiver: the lie that does the most damage to its next merge, found by trying the rule",
  source: "our own, after Shejwalkar, Houmansadr, Manipulating the Byzantine, NDSS 2021",
  options: z.strictObject({
    /** Merges tried for each lie, the honest one included. */
    evaluations: z.int().min(4).max(100).default(8),
    noise: noiseOption.default(0.5),
  }),
  join(coalition, { evaluations, noise }) {
    const noiseOf = createTrialNoise(coalition);
    return twoFaced(coalition, noise, (receiver) => {
      const moments = coalition.moments();
      const update = moments && unit(moments.meanUpdate);
      const merge = expectedMerge(coalition, receiver.peer);
      if (moments === undefined || update === undefined || merge === undefined) return undefined;
      const damage = createTrial(coalition, receiver, merge, { moments, update, noise, noiseOf });
      return search(directionsFrom(receiver, merge, moments, update), damage, evaluations - 1);
    });
  },
});

/** The lie of each scale. */
type Direction = (scale: number) => Float32Array;

const ALIE_DEVIATIONS = 1.5;

function directionsFrom(
  { params }: HonestModel,
  { honest }: ExpectedMerge,
  { mean, spread }: Moments,
  update: Vector,
): Direction[] {
  const distances = honest.map((other) => distance(other.params, params)).sort((a, b) => a - b);
  const radius = distances[Math.floor(distances.length / 2)] as number;
  const home = unit(difference(mean, params));
  const directions: Direction[] = [
    (scale) => addScaled(params, -scale * radius, update),
    (scale) => addScaled(mean, -scale * ALIE_DEVIATIONS, spread),
  ];
  if (home !== undefined) directions.push((scale) => addScaled(params, -scale * radius, home));
  return directions;
}

interface TrialOptions {
  readonly moments: Moments;
  readonly update: Vector;
  readonly noise: number;
  readonly noiseOf: (lie: number) => Float32Array;
}

/**
 * Standard normal draws for the lies of a trial, the same in every trial: only the lies differ, and drawing takes
 * longest.
 */
function createTrialNoise({ rng, task }: Coalition): (lie: number) => Float32Array {
  const draws = new Map<number, Float32Array>();
  return (lie) => {
    const known = draws.get(lie);
    if (known !== undefined) return known;
    const stream = rng.fork(`trial/${lie}`);
    const drawn = Float32Array.from({ length: numParams(task) }, () => stream.normal());
    draws.set(lie, drawn);
    return drawn;
  };
}

/** The damage of a lie; makes the honest merge once. */
function createTrial(
  { aggregate, task }: Coalition,
  { params: own, base }: HonestModel,
  { honest, lies }: ExpectedMerge,
  { moments, update, noise, noiseOf }: TrialOptions,
): (lie: Float32Array) => number {
  // An honest model is about a cycle old; liars say that theirs are fresh.
  const weightQ16 = stalenessWeightQ16(1, task.staleness);
  const candidates = honest.map(({ params }) => ({ params, weightQ16 }));
  const expected = aggregate({ own, base, candidates });
  const norm = lengthOf(own);
  return (lie) => {
    const short = deliverable(lie, norm);
    const told = Array.from({ length: lies }, (_, i) => ({
      params: noise === 0 ? short : addProduct(short, noise, moments.spread, noiseOf(i)),
      weightQ16: UNIT_WEIGHT,
    }));
    const outcome = aggregate({ own, base, candidates: [...candidates, ...told] });
    return -innerProduct(difference(outcome, expected), update);
  };
}

function search(
  directions: readonly Direction[],
  damage: (lie: Float32Array) => number,
  evaluations: number,
): Float32Array | undefined {
  const tried = new Set<string>();
  let best: { direction: Direction; exponent: number; lie: Float32Array; damage: number } | undefined;
  let left = evaluations;

  /** True where this is the best so far. */
  function attempt(direction: Direction, exponent: number): boolean {
    const name = `${directions.indexOf(direction)}/${exponent}`;
    if (left === 0 || tried.has(name)) return false;
    tried.add(name);
    left--;
    const lie = direction(power(2, exponent));
    const done = damage(lie);
    if (best !== undefined && done <= best.damage) return false;
    best = { direction, exponent, lie, damage: done };
    return true;
  }

  for (const direction of directions) attempt(direction, 0);
  for (let step = 1; left > 0 && best !== undefined && step > SMALLEST_STEP; ) {
    const { direction, exponent } = best;
    if (!attempt(direction, exponent + step) && !attempt(direction, exponent - step)) step /= 2;
  }
  return best?.lie;
}

/** Of the exponent: scales 1 % apart do the same. */
const SMALLEST_STEP = 1 / 64;
