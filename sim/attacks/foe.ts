/**
 * Fall of empires with a small step: -epsilon mu, mu the mean of the honest models (Xie, Koyejo, Gupta, UAI 2019; in
 * this form, with epsilon 0.1, in He, Karimireddy, Jaggi 2022). Near 0, where rules that prefer short vectors like
 * to look.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { scaled } from "./vectors.ts";

export const foe: Attack = defineAttack({
  name: "foe",
  about: "-epsilon x mean of the honest models",
  source: "Xie, Koyejo, Gupta, UAI 2019; epsilon 0.1 as in He, Karimireddy, Jaggi 2022 (arXiv 2202.01545)",
  options: z.strictObject({ epsilon: z.number().positive().default(0.1), noise: noiseOption }),
  join: (coalition, { epsilon, noise }) => crafting(coalition, noise, ({ mean }) => scaled(mean, -epsilon)),
});
