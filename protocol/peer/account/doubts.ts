/**
 * Doubts about authors: states of their logs that they signed, and that this peer did not hear of when they were due. Announcements of places before
 * the newest, which nobody told of; checkpoints that were shown to whoever audits a log. Such a state may have come late; or it is of another head of
 * that log. The author can tell: the tree that it announces now begins with the one signed then, which it shows by a consistency proof. As long as it
 * does not show that, none of its models is taken (proofs.ts). An author with one log can always show it; one with two cannot,
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
