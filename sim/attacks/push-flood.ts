/**
 * Push flood: announces `rate` models a cycle, each sign-flipped and each another, evenly over the time until its
 * next training. Where peers merge what they are sent, eight times the announcements are eight times the weight;
 * where they pull from one slot for each author, they are one, and what comes faster than the task allows is not
 * even looked at. (Flooding of views by pushes: Bortnikov, Gurevich, Keidar, Kliot, Shraer, Brahms, PODC 2008.)
 */

import * as z from "zod";
import { power } from "../../protocol/base/exp-log.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { type Body, createForger, createWire } from "./forger.ts";
import { noiseOption } from "./noise.ts";
import { signFlipAttack } from "./sign-flip.ts";
import { scaled } from "./vectors.ts";

/**
 * How much longer each model of one training is than the one before: another model to every check, the same to
 * learning.
 */
const STRETCH = 1 + 1 / 1024;

export const pushFlood: Attack = defineAttack({
  name: "push-flood",
  about: "announces `rate` sign-flipped models a cycle",
  source: "our own, after the push floods of Bortnikov et al., Brahms, PODC 2008",
  options: z.strictObject({ rate: z.int().min(1).max(1000).default(8), noise: noiseOption }),
  join(coalition, { rate, noise }) {
    const { clock } = coalition;
    const wire = createWire(coalition);
    const flip = signFlipAttack.join(coalition, { noise });
    return (liar) => {
      let published: Float32Array = new Float32Array(0);
      let lastMs: number | undefined;
      let generation = 0;
      const forger = createForger({
        coalition,
        liar,
        wire,
        outgoing(_, { forge }) {
          const now = clock.now();
          flood((now - (lastMs ?? now)) / rate);
          lastMs = now;
          return forge({});
        },
        capacity: () => 2 * rate,
      });

      /** All the further ones; the cycle that begins is taken to last as long as the one before. */
      function flood(spacingMs: number): void {
        const [params, mine] = [published, ++generation];
        for (let i = 1; i < rate; i++)
          clock.after(i * spacingMs, () => {
            if (mine === generation) void push(wire.bodyOf(scaled(params, power(STRETCH, i))));
          });
      }

      async function push(body: Body): Promise<void> {
        const sealed = forger.forge({ body });
        if (sealed !== undefined) await forger.announce(sealed);
      }

      const { trainer: wrap } = flip(liar);
      return {
        transport: (transport) => forger.wrap(transport),
        trainer(trainer) {
          const flipped = wrap?.(trainer) ?? trainer;
          return {
            ...flipped,
            async fit(request) {
              const result = await flipped.fit(request);
              published = result.params;
              return result;
            },
          };
        },
      };
    };
  },
});
