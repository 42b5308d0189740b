/**
 * The lies that attacks on membership and time fall back on: how liars get heard is one question, what they say
 * another.
 */
import { alie } from "./alie.ts";
import type { Attack, Coalition, Disguise, Liar } from "./attack.ts";
import { insideTheBall } from "./inside-the-ball.ts";
import { signFlipAttack } from "./sign-flip.ts";

export type LieName = "sign-flip" | "alie" | "inside-the-ball";

const LIES: Readonly<Record<LieName, Attack>> = { "sign-flip": signFlipAttack, alie, "inside-the-ball": insideTheBall };

/** The lie with its own defaults. */
export function joinLie(name: LieName, coalition: Coalition, noise: number): (liar: Liar) => Disguise {
  return LIES[name].join(coalition, { noise });
}
