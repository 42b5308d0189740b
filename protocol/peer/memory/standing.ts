/**
 * Who is known: a peer that the configuration names, or that delivered a model which its log proves, in this run or an earlier one. Keys cost
 * nothing, a delivered model costs its author a training and a place in a log. So newcomers share a bounded part of everything, and nothing that
 * they do takes a place from a peer that is known.
 */
import { forgetOldest } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";

export interface Standing {
  isKnown(peer: PeerId): boolean;
  /** Those that are known now. */
  known(): PeerId[];
  /** Named by the owner, or known from an earlier run: not only since somebody came first. */
  isTrusted(peer: PeerId): boolean;
  /** It delivered in an earlier run. */
  remember(peer: PeerId): void;
  /** A model of this peer came and holds: from now on it is known. */
  delivered(peer: PeerId): void;
}

/** @param configured named by the owner of this peer: known whatever they do. */
export function createStanding(configured: Iterable<PeerId> = []): Standing {
  const named = new Set(configured);
  const delivering = new Set<PeerId>();
  const remembered = new Set<PeerId>();

  function delivered(peer: PeerId): void {
    delivering.delete(peer); // re-inserted at the end: the set's order is the order of the last delivery
    delivering.add(peer);
    forgetOldest(delivering, LIMITS.maxRememberedHeads);
  }

  return {
    known: () => [...new Set([...named, ...delivering])],
    isTrusted: (peer) => named.has(peer) || remembered.has(peer),
    remember(peer) {
      remembered.add(peer);
      forgetOldest(remembered, LIMITS.maxRememberedHeads);
      delivered(peer);
    },
    isKnown: (peer) => named.has(peer) || delivering.has(peer),
    delivered,
  };
}
