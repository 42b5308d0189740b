/**
 * Mimic: all liars send the newest model of one honest peer, the victim (Karimireddy, He, Jaggi, ICLR 2022). Nothing
 * about it is wrong but its weight: with unlike data, one peer is heard as if it were many, and the others less.
 *
 * The victim is drawn once a run. Without noise the copies are copies to the bit, which a peer counts once.
 */
import * as z from "zod";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Attack } from "./attack.ts";
import { crafting } from "./crafted.ts";
import { defineAttack } from "./define.ts";
import { noiseOption } from "./noise.ts";

export const mimic: Attack = defineAttack({
  name: "mimic",
  about: "all liars copy the newest model of one honest peer",
  source: "Karimireddy, He, Jaggi, Byzantine-Robust Learning on Heterogeneous Datasets, ICLR 2022 (arXiv 2006.09365)",
  options: z.strictObject({ noise: noiseOption }),
  join(coalition, { noise }) {
    const rng = coalition.rng.fork("victim");
    let victim: PeerId | undefined;
    return crafting(coalition, noise, () => {
      const honest = coalition.honest();
      victim ??= honest[rng.below(honest.length)]?.peer;
      return victim === undefined ? undefined : coalition.honestModel(victim)?.params;
    });
  },
});
