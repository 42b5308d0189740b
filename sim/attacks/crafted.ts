/**
 * Liars that publish a vector which they made up together, the same for all receivers: in place of training, the
 * trainer returns what the attack makes of the honest models of that moment. As long as none is known, it trains
 * honestly.
 */

import type { FitRequest, Trainer } from "../../protocol/base/learning-seams.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Coalition, Disguise, Liar } from "./attack.ts";
import { deliverable } from "./deliverable.ts";
import type { Moments } from "./moments.ts";
import { withNoise } from "./noise.ts";

/** The trainer with its results replaced where `craft` has one; the loss of those is 0. A liar says of them what it is asked to say. */
export function craftingTrainer(trainer: Trainer, craft: (request: FitRequest) => Float32Array | undefined): Trainer {
  return trainedOtherwise(trainer, async (request) => {
    const params = craft(request);
    return params === undefined ? trainer.fit(request) : { params, loss: 0, hidesExamples: true };
  });
}

/** Liars that publish `craft` of the honest models. */
export function crafting(
  coalition: Coalition,
  noise: number,
  craft: (moments: Moments, liar: Liar) => Float32Array | undefined,
): (liar: Liar) => Disguise {
  return (liar) => ({
    trainer: (trainer) =>
      craftingTrainer(trainer, () => {
        const moments = coalition.moments();
        const lie = moments && craft(moments, liar);
        return lie && deliverable(withNoise(lie, noise, moments.spread, liar.rng), moments.norm);
      }),
  });
}
