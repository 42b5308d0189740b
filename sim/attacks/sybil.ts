/**
 * Sybil: every lying device runs `identities` peers (Douceur, IPTPS 2002). One slot for each identity bounds nothing
 * where identities are free: with enough of them the liars are the majority, and no rule stands. Only admission
 * helps.
 */
import * as z from "zod";
import type { Attack } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { joinLie } from "./lies.ts";
import { noiseOption } from "./noise.ts";

export const sybil: Attack = defineAttack({
  name: "sybil",
  about: "several lying identities on every lying device",
  source: "Douceur, The Sybil Attack, IPTPS 2002",
  options: z.strictObject({
    identities: z.int().min(1).max(1000).default(10),
    lie: z.enum(["sign-flip", "inside-the-ball"]).default("sign-flip"),
    noise: noiseOption,
  }),
  identities: ({ identities }) => identities,
  join: (coalition, { lie, noise }) => joinLie(lie, coalition, noise),
});
