/**
 * Dissensus: keeps honest peers from agreeing, by pushing each away from the others (He, Karimireddy, Jaggi 2022,
 * section 5):
 *
 *     v_i = x_i - epsilon sum_h w (x_h - x_i) / sum_b w = x_i - epsilon (H / B) (mu - x_i)
 *
 * to the receiver i, for equal weights w: H honest models, mu their mean, B liars. Whatever a plain average would
 * bring the receiver closer to the honest, the liars together take away, epsilon times.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled, difference } from "./vectors.ts";

export const dissensus: Attack = defineAttack({
  name: "dissensus",
  about: "to each receiver: its own model, pushed away from the mean of the honest ones",
  source: "He, Karimireddy, Jaggi, Byzantine-Robust Decentralized Learning via ClippedGossip, 2022 (arXiv 2202.01545)",
  options: z.strictObject({ epsilon: z.number().positive().default(1.5), noise: noiseOption }),
  join: (coalition, { epsilon, noise }) =>
    twoFaced(coalition, noise, ({ params }) => {
      const moments = coalition.moments();
      if (moments === undefined) return undefined;
      const factor = (epsilon * moments.count) / coalition.liars.length;
      return addScaled(params, -factor, difference(moments.mean, params));
    }),
});
