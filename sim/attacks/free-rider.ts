/**
 * Free rider: takes part without training (Fraboni, Vidal, Lorenzi, AISTATS 2021, who add noise to hide it). It
 * publishes what it last aggregated, or the newest model of another peer. Not meant to do harm; it dilutes.
 */
import * as z from "zod";
import type { Attack, Coalition, Liar } from "./attack.ts";
import { craftingTrainer } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption, withNoise } from "./noise.ts";

export const freeRider: Attack = defineAttack({
  name: "free-rider",
  about: "publishes its last aggregate, or another's model, with a little noise and without training",
  source: "Fraboni, Vidal, Lorenzi, Free-rider Attacks on Model Aggregation in FL, AISTATS 2021 (arXiv 2006.11901)",
  options: z.strictObject({
    of: z.enum(["aggregate", "another"]).default("aggregate"),
    noise: noiseOption.default(0.01),
  }),
  join:
    (coalition, { of, noise }) =>
    (liar) => ({
      trainer: (trainer) =>
        craftingTrainer(trainer, ({ params }) => {
          const moments = coalition.moments();
          if (moments === undefined) return undefined;
          const taken = of === "aggregate" ? params : anyModel(coalition, liar);
          return taken && withNoise(taken, noise, moments.spread, liar.rng);
        }),
    }),
});

function anyModel(coalition: Coalition, { rng }: Liar): Float32Array | undefined {
  const honest = coalition.honest();
  return honest[rng.below(honest.length)]?.params;
}
