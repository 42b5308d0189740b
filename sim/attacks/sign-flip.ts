/**
 * Sign flip: -scale times an honest model (Li, Xu, Chen, Giannakis, Ling, RSA, AAAI 2019).
 *
 * `own`: the liar trains on its own data and ignores what it aggregates, so that its direction stays that of an
 * honest model; it needs to know nobody. `mean`: of the mean of the honest models, which all liars then send alike.
 */

import * as z from "zod";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Attack, Coalition, Liar } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { deliverable } from "./deliverable.ts";
import { noiseOption, withNoise } from "./noise.ts";
import { scaled } from "./vectors.ts";

/** The `own` variant; `finish` may change what is published. */
export function signFlip(
  trainer: Trainer,
  { scale = 3, finish }: { scale?: number; finish?: (lie: Float32Array) => Float32Array } = {},
): Trainer {
  let honest: Float32Array | undefined;
  return trainedOtherwise(trainer, async (request) => {
    const { params, ...told } = await trainer.fit({ ...request, params: honest ?? request.params });
    honest = params;
    const lie = scaled(params, -scale);
    return { params: finish?.(lie) ?? lie, ...told };
  });
}

export const signFlipAttack: Attack = defineAttack({
  name: "sign-flip",
  about: "-scale x an honestly trained model of its own, or the mean of the honest ones",
  source: "Li, Xu, Chen, Giannakis, Ling, RSA, AAAI 2019",
  options: z.strictObject({
    scale: z.number().positive().default(3),
    of: z.enum(["own", "mean"]).default("own"),
    noise: noiseOption,
  }),
  join(coalition, { scale, of, noise }) {
    if (of === "mean") return crafting(coalition, noise, ({ mean }) => scaled(mean, -scale));
    return (liar) => ({
      trainer: (trainer) => signFlip(trainer, { scale, finish: finishing(coalition, liar, noise) }),
    });
  },
});

/** Noise and the limit of length, as far as the coalition knows the honest models. */
function finishing(coalition: Coalition, liar: Liar, noise: number): (lie: Float32Array) => Float32Array {
  return (lie) => {
    const moments = coalition.moments();
    return moments ? deliverable(withNoise(lie, noise, moments.spread, liar.rng), moments.norm) : lie;
  };
}
