/**
 * Gaussian: mean of the honest models + N(0, sigma^2), drawn by every liar for itself (Blanchard et al., NeurIPS
 * 2017, section 4).
 *
 * `relative`: sigma is in units of the honest spread, coordinate by coordinate, so that it means the same for every
 * model and at every time; otherwise absolute and the same for all coordinates.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";

export const gaussian: Attack = defineAttack({
  name: "gaussian",
  about: "mean of the honest models + N(0, sigma^2)",
  source: "Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017, section 4 (arXiv 1703.02757)",
  options: z.strictObject({
    sigma: z.number().positive().default(10),
    relative: z.boolean().default(true),
    noise: noiseOption,
  }),
  join: (coalition, { sigma, relative, noise }) =>
    crafting(coalition, noise, ({ mean, spread }, { rng }) => {
      const lie = new Float32Array(mean.length);
      for (let i = 0; i < lie.length; i++)
        lie[i] = (mean[i] as number) + sigma * (relative ? (spread[i] as number) : 1) * rng.normal();
      return lie;
    }),
});
