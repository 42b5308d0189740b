/**
 * What liars can tell of a receiver's next merge: how many models it will hold, k of them if most have something new, and how many of
 * them will be theirs.
 * They guess the honest ones at random, since the receiver draws at random.
 */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Coalition, HonestModel } from "./attack.ts";

export interface ExpectedMerge {
  /** Honest models, sorted by peer id. */
  readonly honest: readonly HonestModel[];
  /** Expected number of lies, at least 1. */
  readonly lies: number;
}

/** Undefined where the receiver is the only honest peer that has trained. */
export function expectedMerge(coalition: Coalition, receiver: PeerId): ExpectedMerge | undefined {
  const { task, liars } = coalition;
  const others = coalition.honest().filter(({ peer }) => peer !== receiver);
  if (others.length === 0) return undefined;
  const all = others.length + liars.length;
  const size = Math.min(task.aggregation.inboxSize, all);
  const lies = Math.min(size - 1, Math.max(1, Math.round((size * liars.length) / all)));
  const drawn = coalition.rng
    .permutation(others.length)
    .subarray(0, size - lies)
    .sort();
  return { honest: Array.from(drawn, (i) => others[i] as HonestModel), lies: Math.max(1, lies) };
}
