/**
 * Equivocation: two stories. One half of the honest peers is told mu + z sigma, the other mu - z sigma (mean and
 * spread of the honest models): each half finds its story plausible, and the network is pulled apart (after the
 * two-faced generals of Lamport, Shostak, Pease, TOPLAS 1982). Peers take sides in turn, as they first train.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";
import { twoFaced } from "./two-faced.ts";
import { addScaled } from "./vectors.ts";

export const equivocation: Attack = defineAttack({
  name: "equivocation",
  about: "mean + z x spread to one half of the honest peers, mean - z x spread to the other",
  source: "our own form, after Lamport, Shostak, Pease, The Byzantine Generals Problem, TOPLAS 1982",
  options: z.strictObject({ z: z.number().positive().default(1.5), noise: noiseOption }),
  join(coalition, { z: deviations, noise }) {
    const sides = new Map<PeerId, 1 | -1>();
    return twoFaced(coalition, noise, ({ peer }) => {
      const moments = coalition.moments();
      const side = sides.get(peer) ?? (sides.size % 2 === 0 ? 1 : -1);
      sides.set(peer, side);
      return moments && addScaled(moments.mean, side * deviations, moments.spread);
    });
  },
});
