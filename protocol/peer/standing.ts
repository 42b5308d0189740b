/**
 * Who is known: a peer that the configuration names, or that delivered a model which its log proves, in this run or an earlier one. Keys cost
 * nothing, a delivered model costs its author a training and a place in a log. So newcomers share a bounded part of everything, and nothing that
 * they do takes a place from a peer that is known.
 */
import { forgetOldest } from "../bounded.ts";
import { LIMITS } from "../limits.ts";
import type { PeerId } from "../seams.ts";

export interface Standing {
  isKnown(peer: PeerId): boolean;
  /** Those that are known now. */
  known(): PeerId[];
  /** A model of this peer came and holds: from now on it is known. */
  delivered(peer: PeerId): void;
}

/** @param configured named by the owner of this peer: known whatever they do. */
export function createStanding(configured: Iterable<PeerId> = []): Standing {
  const named = new Set(configured);
  const delivering = new Set<PeerId>();
  return {
    known: () => [...new Set([...named, ...delivering])],
    isKnown: (peer) => named.has(peer) || delivering.has(peer),
    delivered(peer) {
      delivering.delete(peer); // re-inserted at the end: the set's order is the order of the last delivery
      delivering.add(peer);
      forgetOldest(delivering, LIMITS.maxRememberedHeads);
    },
  };
}
