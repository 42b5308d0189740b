/**
 * Doubts about authors. A doubt is a state of an author's log that the author signed, and of which this peer did not hear in time: an announcement of a place before
 * the newest one, or a checkpoint that was shown to an auditor. Such a state may have come late, or it may belong to another head of
 * the log. The author can settle it by a consistency proof: the tree that it announces now begins with the tree that it signed then. Until it
 * does, none of its models is taken (proofs.ts). An author with one log can always give the proof. An author with two heads cannot,
 * from whichever head it answers.
 */
import { equalBytes } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Identities } from "../memory/identities.ts";
import type { SignedState } from "./signed-state.ts";

export interface Doubts {
  /** Such a state came, signed by its author. One of another generation takes the place of what was in doubt. */
  open(state: SignedState): void;
  /** Those that an author has to account for before this one is believed: of the same generation, and no longer than it. */
  before(state: SignedState): SignedState[];
  /** The author has shown that both are of one log. */
  settle(doubted: SignedState): void;
}

/** Kept in the records of the authors. */
export function createDoubts(identities: Pick<Identities, "get" | "change">): Doubts {
  const of = (author: PeerId) => identities.get(author)?.doubts ?? [];

  return {
    open(state) {
      const doubts = of(state.author).filter(({ generation }) => generation === state.generation);
      if (doubts.some(({ size, root }) => size === state.size && equalBytes(root, state.root))) return;
      if (doubts.length < LIMITS.maxDoubts) identities.change(state.author, { doubts: [...doubts, state] }); // else the first ones are in its way anyway
    },
    before({ author, generation, size }) {
      return of(author).filter((doubted) => doubted.generation === generation && doubted.size <= size);
    },
    settle(doubted) {
      const { author } = doubted;
      if (identities.get(author) !== undefined)
        identities.change(author, { doubts: of(author).filter((one) => one !== doubted) });
    },
  };
}
