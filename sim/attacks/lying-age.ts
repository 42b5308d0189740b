/**
 * Lying age: claims a wrong number of training steps for its models. Where models weigh by their age (Hegedus,
 * Danner, Jelasity 2019), a claim of 10^9 hands the liar the model of every receiver; here a newer claim is merely
 * fresh.
 *
 * `up` and `down`: by `cycles` local trainings; `max`: 2^53 - 1, the largest age that a message can hold; `zero`: 0.
 * The liar trains honestly, or publishes sign-flipped models under its false age.
 */
import * as z from "zod";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { createForger, createWire } from "./forger.ts";
import { noiseOption } from "./noise.ts";
import { signFlipAttack } from "./sign-flip.ts";

export const lyingAge: Attack = defineAttack({
  name: "lying-age",
  about: "claims a false age for its models",
  source: "our own, against age-weighted merges: Hegedus, Danner, Jelasity, DAIS 2019",
  options: z.strictObject({
    direction: z.enum(["up", "down", "max", "zero"]).default("max"),
    /** For `up` and `down`. */
    cycles: z.number().positive().max(1e6).default(10),
    lie: z.enum(["none", "sign-flip"]).default("none"),
    noise: noiseOption,
  }),
  join(coalition, { direction, cycles, lie, noise }) {
    const wire = createWire(coalition);
    const steps = Math.round(cycles * coalition.task.training.steps);
    const flip = lie === "sign-flip" ? signFlipAttack.join(coalition, { noise }) : undefined;
    const claim = (age: number) => {
      if (direction === "max") return LIMITS.maxAge;
      if (direction === "zero") return 0;
      return direction === "up" ? age + steps : Math.max(0, age - steps);
    };
    return (liar) => {
      const forger = createForger({
        coalition,
        liar,
        wire,
        outgoing: ({ age }, { forge }) => forge({ age: claim(age) }),
        capacity: () => 0,
      });
      return { ...flip?.(liar), transport: (transport) => forger.wrap(transport) };
    };
  },
});
