/**
 * Doubts about authors: states of their logs that they signed, and that this peer did not hear of when they were due. Announcements of places before
 * the newest, which nobody told of; checkpoints that were shown to whoever audits a log. Such a state may have come late; or it is of another head of
 * that log. The author can tell: the tree that it announces now begins with the one signed then, which it shows by a consistency proof. As long as it
 * does not show that, none of its models is taken (proofs.ts). An author with one log can always show it; one with two cannot,
 * from whichever head it answers.
 */
import { forgetOldest } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Standing } from "../memory/standing.ts";
import type { SignedState } from "./signed-state.ts";

export interface Doubts {
  /** Such a state came, signed by its author. One of another generation takes the place of what was in doubt. */
  open(state: SignedState): void;
  /** Those that an author has to account for before this one is believed: of the same generation, and no longer than it. */
  before(state: SignedState): SignedState[];
  /** The author has shown that both are of one log. */
  settle(doubted: SignedState): void;
}

export function createDoubts(standing: Pick<Standing, "isKnown">): Doubts {
  const known = new Map<PeerId, readonly SignedState[]>();
  const others = new Map<PeerId, readonly SignedState[]>();
  const of = (author: PeerId) => known.get(author) ?? others.get(author) ?? [];

  function set(author: PeerId, doubts: readonly SignedState[]): void {
    known.delete(author);
    others.delete(author);
    if (doubts.length === 0) return;
    (standing.isKnown(author) ? known : others).set(author, doubts);
    forgetOldest(known, LIMITS.maxRememberedHeads);
    forgetOldest(others, LIMITS.maxDoubtedNewcomers);
  }

  return {
    open(state) {
      const doubts = of(state.author).filter(({ generation }) => generation === state.generation);
      if (doubts.some(({ size, root }) => size === state.size && equalBytes(root, state.root))) return;
      if (doubts.length < LIMITS.maxDoubts) set(state.author, [...doubts, state]); // else the first ones are in its way anyway
    },
    before({ author, generation, size }) {
      return of(author).filter((doubted) => doubted.generation === generation && doubted.size <= size);
    },
    settle(doubted) {
      set(
        doubted.author,
        of(doubted.author).filter((one) => one !== doubted),
      );
    },
  };
}
