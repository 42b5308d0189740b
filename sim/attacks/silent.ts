/**
 * Silent: the liars take part and say nothing. No attack, but a yardstick: the honest peers miss the data of the liars
 * and have the same links, so what an attack costs beyond this row is done by its lies.
 */

import * as z from "zod";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";

export const silent: Attack = defineAttack({
  name: "silent",
  about: "never publishes anything: what the data of the liars are worth, without a lie",
  source: "our own: the yardstick for the others",
  options: z.strictObject({}),
  join: () => () => ({ trainer: (trainer) => trainedOtherwise(trainer, () => new Promise(() => {})) }),
});
