/**
 * Drift: the liars agree on one wrong model, and draw every receiver towards it, a little at each merge (our own). To
 * the receiver i
 *
 *     v_i = x_i + min(1, rho / |w - x_i|) (w - x_i)
 *
 * where rho is the median distance from x_i to the honest models that it may merge. So no lie lies farther off than an
 * honest model does, and no distance gives it away. All lies to all receivers point to the same place, so that what
 * each merge lets through adds up. Attacks that push away from the mean have no such place.
 *
 * The wrong model w is one that works, but for another task: the liars train it together, one after the other, each
 * on its own rows with the labels of `label-flip`. It begins at the model of the first liar to train.
 */

import * as z from "zod";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { expectedMerge } from "./expected-merge.ts";
import { labelFlip } from "./label-flip.ts";
import { noiseOption } from "./noise.ts";
import { honestDistance } from "./trial.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled, difference, lengthOf } from "./vectors.ts";

export const drift: Attack = defineAttack({
  name: "drift",
  about: "to each receiver: its own model, moved towards one wrong model by the distance of an honest one",
  source:
    "our own; kin to the hidden poisoning of Baruch et al. 2019 and the model replacement of Bagdasaryan et al. 2020",
  options: z.strictObject({ noise: noiseOption }),
  join(coalition, { noise }) {
    let wrong: Float32Array | undefined;
    const flip = labelFlip.join(coalition, {});
    const tell = twoFaced(coalition, noise, (receiver) => {
      const merge = expectedMerge(coalition, receiver.peer);
      return wrong && merge && towards(receiver.params, wrong, honestDistance(receiver, merge));
    });
    const training = (trainer: Trainer): Trainer =>
      trainedOtherwise(trainer, async (request) => {
        const result = await trainer.fit({ ...request, params: wrong ?? request.params });
        wrong = result.params;
        return coalition.honest().length === 0 ? result : { ...result, params: request.params, loss: 0 };
      });
    return (liar) => ({ ...tell(liar), ...flip(liar), trainer: training });
  },
});

/** From one model towards another by at most `most`. */
function towards(from: Float32Array, to: Float32Array, most: number): Float32Array {
  const way = difference(to, from);
  const length = lengthOf(way);
  return addScaled(from, length > most ? most / length : 1, way);
}
