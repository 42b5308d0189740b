/**
 * Inner product manipulation: (1 - tau) mu, mu the mean of the honest models (Xie, Koyejo, Gupta, UAI 2019). With
 * tau above 1 it points against them, so that the inner product of the aggregate and the true mean may become
 * negative.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { scaled } from "./vectors.ts";

export const ipm: Attack = defineAttack({
  name: "ipm",
  about: "(1 - tau) x mean of the honest models",
  source: "Xie, Koyejo, Gupta, Fall of Empires, UAI 2019 (arXiv 1903.03936)",
  options: z.strictObject({ tau: z.number().default(3), noise: noiseOption }),
  join: (coalition, { tau, noise }) => crafting(coalition, noise, ({ mean }) => scaled(mean, 1 - tau)),
});
