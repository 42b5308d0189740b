/**
 * Inside the ball: as far against the honest update as a rule that removes the farthest models lets pass (our own):
 *
 *     v = own - rho u,   u = unit vector of the mean honest update
 *
 * to each receiver: own is its model, rho the b-th largest distance from it among the honest models that it may
 * hold, b the number of models that a rule would take for lies: min(max(1, ceil(f m) + 1), max(1, floor((m - 1) /
 * 2))) of m, for the task's f. So at least as many honest models lie farther out as are removed. Rules that remove
 * by distance fall to it; those that clip and mix do not.
 */
import * as z from "zod";
import { distance } from "../../protocol/aggregate/rows/distances.ts";
import type { Attack, Coalition, HonestModel } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { expectedMerge } from "./expected-merge.ts";
import { noiseOption } from "./noise.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled, unit } from "./vectors.ts";

export const insideTheBall: Attack = defineAttack({
  name: "inside-the-ball",
  about: "to each receiver: its own model, moved against the honest update as far as honest models lie",
  source: "our own, against removal by distance; kin to Ozfatura et al. 2022 (arXiv 2208.09894)",
  options: z.strictObject({ noise: noiseOption }),
  join: (coalition, { noise }) =>
    twoFaced(coalition, noise, (receiver) => {
      const moments = coalition.moments();
      const update = moments && unit(moments.meanUpdate);
      const radius = radiusOf(coalition, receiver);
      return update && radius !== undefined ? addScaled(receiver.params, -radius, update) : undefined;
    }),
});

/** rho; undefined where there is no other honest model. */
function radiusOf(coalition: Coalition, receiver: HonestModel): number | undefined {
  const merge = expectedMerge(coalition, receiver.peer);
  if (merge === undefined) return undefined;
  const farthestFirst = merge.honest.map(({ params }) => distance(params, receiver.params)).sort((a, b) => b - a);
  const m = merge.honest.length + merge.lies;
  const f =
    coalition.task.aggregation.parameters.f ??
    coalition.liars.length / (coalition.honest().length + coalition.liars.length);
  const removed = Math.min(Math.max(1, Math.ceil(f * m - 1e-9) + 1), Math.max(1, Math.floor((m - 1) / 2)));
  return farthestFirst[Math.min(removed, farthestFirst.length) - 1];
}
