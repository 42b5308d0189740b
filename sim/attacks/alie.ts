/**
 * A little is enough: mu - z sigma, coordinate by coordinate, with mean and spread of the honest models (Baruch,
 * Baruch, Goldberg, NeurIPS 2019, algorithm 3). With a small z the lie lies among the honest models, and a rule has
 * no ground to refuse it.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { addScaled } from "./vectors.ts";

export const alie: Attack = defineAttack({
  name: "alie",
  about: "mean - z x spread of the honest models",
  source: "Baruch, Baruch, Goldberg, A Little Is Enough, NeurIPS 2019, algorithm 3 (arXiv 1902.06156)",
  options: z.strictObject({ z: z.number().default(1.5), noise: noiseOption }),
  join: (coalition, { z: deviations, noise }) =>
    crafting(coalition, noise, ({ mean, spread }) => addScaled(mean, -deviations, spread)),
});
