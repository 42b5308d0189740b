/**
 * The lies that attacks on membership and time fall back on: how liars get heard is one question, what they say
 * another.
 */
import { alie } from "./alie.ts";
import type { Attack, Coalition, Disguise, Liar } from "./attack.ts";
import { flatterer } from "./flatterer.ts";
import { insideTheBall } from "./inside-the-ball.ts";
import { pushFlood } from "./push-flood.ts";
import { signFlipAttack } from "./sign-flip.ts";

export type LieName = "sign-flip" | "alie" | "inside-the-ball" | "flatterer" | "push-flood";

const LIES: Readonly<Record<LieName, Attack>> = {
  "sign-flip": signFlipAttack,
  alie,
  "inside-the-ball": insideTheBall,
  flatterer,
  "push-flood": pushFlood,
};

/** The lie with its own defaults. */
export function joinLie(name: LieName, coalition: Coalition, noise: number): (liar: Liar) => Disguise {
  return LIES[name].join(coalition, { noise });
}
