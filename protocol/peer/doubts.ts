/**
 * Doubts about authors: announcements that they signed, of places before the newest, which nobody told of when they were due. Such a one may have come
 * late; or it is of another head of that log. The author can tell: the tree that it announces now begins with the one announced then, which it shows
 * by a consistency proof. As long as it does not show that, none of its models is taken (proofs.ts). An author with one log can
 * always show it; one with two cannot, from whichever head it answers.
 */
import { forgetOldest } from "../bounded.ts";
import { LIMITS } from "../limits.ts";
import type { PeerId } from "../seams.ts";
import type { Announcement } from "../wire/announcement.ts";
import { isNewer } from "./announcements.ts";
import type { Standing } from "./standing.ts";

export interface Doubts {
  /** An old announcement, signed by its author, came for the first time. */
  open(announced: Announcement): void;
  /** Those that an author has to answer before this one is believed: of the same generation, and earlier. */
  before(announced: Announcement): Announcement[];
  /** The author has shown that both are of one log. */
  settle(doubted: Announcement): void;
}

export function createDoubts(standing: Pick<Standing, "isKnown">): Doubts {
  const known = new Map<PeerId, readonly Announcement[]>();
  const others = new Map<PeerId, readonly Announcement[]>();
  const of = (author: PeerId) => known.get(author) ?? others.get(author) ?? [];

  function set(author: PeerId, doubts: readonly Announcement[]): void {
    known.delete(author);
    others.delete(author);
    if (doubts.length === 0) return;
    (standing.isKnown(author) ? known : others).set(author, doubts);
    forgetOldest(known, LIMITS.maxRememberedHeads);
    forgetOldest(others, LIMITS.maxDoubtedNewcomers);
  }

  return {
    open(announced) {
      const doubts = of(announced.author).filter(({ generation }) => generation === announced.generation);
      if (doubts.length < LIMITS.maxDoubts) set(announced.author, [...doubts, announced]); // else the first ones are in its way anyway
    },
    before(announced) {
      const { author, generation } = announced;
      const doubts = of(author).filter((doubted) => doubted.generation === generation);
      return doubts.filter((doubted) => isNewer(announced, doubted));
    },
    settle(doubted) {
      set(
        doubted.author,
        of(doubted.author).filter((one) => one !== doubted),
      );
    },
  };
}
