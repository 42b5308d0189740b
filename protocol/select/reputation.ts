/**
 * What a peer thinks of an author's models, from what it saw itself: a mean that forgets. What was seen counts half after HALF_LIFE cycles, and a prior of 1/2 that weighs as
 * much as one merge is always part of it. So nobody stays good or bad for long without being seen, and a new key begins in the middle.
 *
 * It is told to nobody, and takes nobody's word: no other peer can lower or raise it but by its own models. It survives a restart (../peer/memory/reputations.ts), less what the time off takes.
 */
import { power } from "../base/exp-log.ts";

/** Of one author. */
export interface Reputation {
  /** Sum of what its models were worth, 0 to 1 each, and of their weights; both as of `cycle`. */
  readonly sum: number;
  readonly weight: number;
  /** Own cycles when it was seen last. */
  readonly cycle: number;
}

/** Own cycles after which what was seen counts half. */
export const HALF_LIFE = 20;
/** Time off after which it counts half, too: while a peer is off it has no cycles. */
export const OFF_HALF_LIFE_MS = 86_400_000;
/** What weighs less after a time off is forgotten. */
const LEAST_WEIGHT = 1 / 64;
const PRIOR = { worth: 0.5, weight: 1 };

/**
 * What is remembered after one more model. @param worth of it, 0 to 1.
 * @example
 * import { learned, worthOf } from "hearsay/protocol/select/reputation";
 * const once = learned(undefined, 1, 10);
 * worthOf(once, 10); // -> 0.75
 * worthOf(once, 10) > worthOf(once, 30) && worthOf(once, 30) > 0.5; // -> true
 */
export function learned(before: Reputation | undefined, worth: number, cycle: number): Reputation {
  const kept = before === undefined ? 0 : left(before, cycle);
  return { sum: (before?.sum ?? 0) * kept + worth, weight: (before?.weight ?? 0) * kept + 1, cycle };
}

/** 0 to 1; 1/2 of one of whom nothing was seen, or nothing counts any more. */
export function worthOf(reputation: Reputation | undefined, cycle: number): number {
  if (reputation === undefined) return PRIOR.worth;
  const kept = left(reputation, cycle);
  return (reputation.sum * kept + PRIOR.worth * PRIOR.weight) / (reputation.weight * kept + PRIOR.weight);
}

/** How many models that were just seen it counts as. */
export function weightOf(reputation: Reputation, cycle: number): number {
  return reputation.weight * left(reputation, cycle);
}

/**
 * What is left of it after a time off; undefined where that is next to nothing. A clock that went back takes nothing away.
 * @example
 * import { afterRest, OFF_HALF_LIFE_MS } from "hearsay/protocol/select/reputation";
 * afterRest({ sum: 2, weight: 2, cycle: 7 }, OFF_HALF_LIFE_MS); // -> { sum: 1, weight: 1, cycle: 7 }
 * afterRest({ sum: 2, weight: 2, cycle: 7 }, 30 * OFF_HALF_LIFE_MS); // -> undefined
 */
export function afterRest({ sum, weight, cycle }: Reputation, offMs: number): Reputation | undefined {
  const kept = power(0.5, Math.max(0, offMs) / OFF_HALF_LIFE_MS);
  return weight * kept < LEAST_WEIGHT ? undefined : { sum: sum * kept, weight: weight * kept, cycle };
}

/** Share of it that counts still. */
function left({ cycle: then }: Reputation, now: number): number {
  return power(0.5, Math.max(0, now - then) / HALF_LIFE);
}

/**
 * Share of the others that each of these is better than, ties half: 0 to 1. Nothing can be said of one alone.
 * @example
 * import { ranksOf } from "hearsay/protocol/select/reputation";
 * ranksOf([3, 1, 2]); // -> [1, 0, 0.5]
 */
export function ranksOf(figures: readonly number[]): number[] {
  const others = figures.length - 1;
  return figures.map((figure, i) => {
    const beaten = figures.reduce((sum, other, j) => {
      if (i === j) return sum;
      return sum + (other < figure ? 1 : other === figure ? 0.5 : 0);
    }, 0);
    return others === 0 ? 0.5 : beaten / others;
  });
}
