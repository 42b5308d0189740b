/**
 * Sleeper: an honest peer for `honestShare` of the run, then a liar. By then the others have pulled, remembered and
 * logged its models, and nothing about its past distinguishes it (on-off attacks: Sun, Han, Liu, INFOCOM 2006).
 */
import * as z from "zod";
import type { Attack, Coalition } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { joinLie } from "./lies.ts";
import { noiseOption } from "./noise.ts";

export const sleeper: Attack = defineAttack({
  name: "sleeper",
  about: "honest for a share of the run, then lies",
  source: "our own, after the on-off attacks on reputation of Sun, Han, Liu, INFOCOM 2006",
  options: z.strictObject({
    honestShare: z.number().min(0).max(1).default(0.5),
    lie: z.enum(["sign-flip", "alie", "inside-the-ball"]).default("sign-flip"),
    noise: noiseOption,
  }),
  join(coalition, { honestShare, lie, noise }) {
    const { clock, startMs, endMs } = coalition;
    const wakesMs = startMs + honestShare * (endMs - startMs);
    const isAwake = () => clock.now() >= wakesMs;
    const disguiseOf = joinLie(lie, asleep(coalition, isAwake), noise);
    return (liar) => {
      const { trainer: wrap, ...disguise } = disguiseOf(liar);
      return {
        ...disguise,
        trainer(honest) {
          const lying = wrap?.(honest) ?? honest;
          return { ...honest, fit: (request) => (isAwake() ? lying : honest).fit(request) };
        },
      };
    };
  },
});

/** A coalition that knows of nobody while it sleeps: liars are honest then. */
function asleep(coalition: Coalition, isAwake: () => boolean): Coalition {
  return {
    ...coalition,
    honest: () => (isAwake() ? coalition.honest() : []),
    honestModel: (peer) => (isAwake() ? coalition.honestModel(peer) : undefined),
    moments: () => (isAwake() ? coalition.moments() : undefined),
    onTrained: (callback) => coalition.onTrained((peer) => isAwake() && callback(peer)),
  };
}
