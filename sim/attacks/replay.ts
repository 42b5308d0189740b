/**
 * Replay: old models under new announcements. The bytes of an old announcement cannot come again, nor can an old
 * number; but a liar can publish any model again under its own key and a new number, and say that it is fresh.
 *
 * `own`: every second publication repeats its own of `lag` trainings ago: peers that have heard of it refuse the
 * announcement. `others`: the model that another peer had `lag` trainings ago, under the liar's name: nobody has
 * heard this author announce it, so it passes. `both`: in turn. Until it has collected `lag` models, the liar is
 * honest.
 */

import * as z from "zod";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Attack, Coalition, Liar } from "./attack.ts";
import { defineAttack } from "./define.ts";

type Source = "own" | "others" | "fresh";

/** What is published in turn. */
const TURNS: Readonly<Record<"own" | "others" | "both", readonly Source[]>> = {
  own: ["fresh", "own"],
  others: ["others"],
  both: ["fresh", "own", "others"],
};

export const replay: Attack = defineAttack({
  name: "replay",
  about: "publishes old models of its own and of others as new ones",
  source: "our own: what is left of replay (Syverson, CSFW 1994) where messages are signed and numbered",
  options: z.strictObject({
    of: z.enum(["own", "others", "both"]).default("both"),
    lag: z.int().min(1).max(1000).default(10),
  }),
  join:
    (coalition, { of, lag }) =>
    (liar) => ({
      trainer(trainer) {
        const models: Record<"own" | "others", Float32Array[]> = { own: [], others: [] };
        let turn = 0;
        return trainedOtherwise(trainer, async (request) => {
          collect(models.others, anyModel(coalition, liar), lag);
          const source = TURNS[of][turn++ % TURNS[of].length] ?? "fresh";
          const old = source !== "fresh" && models[source].length === lag ? models[source][0] : undefined;
          if (old !== undefined) return { params: old, loss: 0 };
          const result = await trainer.fit(request);
          collect(models.own, result.params, lag);
          return result;
        });
      },
    }),
});

/** The newest `lag` models, oldest first. */
function collect(models: Float32Array[], model: Float32Array | undefined, lag: number): void {
  if (model === undefined) return;
  models.push(model);
  if (models.length > lag) models.shift();
}

function anyModel(coalition: Coalition, { rng }: Liar): Float32Array | undefined {
  const honest = coalition.honest();
  return honest.length === 0 ? undefined : honest[rng.below(honest.length)]?.params;
}
