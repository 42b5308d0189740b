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
import type { Attack, HonestModel } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { type ExpectedMerge, expectedMerge } from "./expected-merge.ts";
import type { Moments } from "./moments.ts";
import { noiseOption } from "./noise.ts";
import { type Direction, mostDamaging } from "./scale-search.ts";
import { createTrial, createTrialNoise, honestDistance } from "./trial.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled, difference, innerProduct, unit, type Vector } from "./vectors.ts";

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
      const moved = createTrial(coalition, receiver, merge, { moments, noise, noiseOf });
      const damage = (lie: Float32Array) => -innerProduct(moved(lie), update);
      return mostDamaging(directionsFrom(receiver, merge, moments, update), damage, evaluations - 1);
    });
  },
});

const ALIE_DEVIATIONS = 1.5;

function directionsFrom(
  receiver: HonestModel,
  merge: ExpectedMerge,
  { mean, spread }: Moments,
  update: Vector,
): Direction[] {
  const { params } = receiver;
  const radius = honestDistance(receiver, merge);
  const home = unit(difference(mean, params));
  const directions: Direction[] = [
    (scale) => addScaled(params, -scale * radius, update),
    (scale) => addScaled(mean, -scale * ALIE_DEVIATIONS, spread),
  ];
  if (home !== undefined) directions.push((scale) => addScaled(params, -scale * radius, home));
  return directions;
}
