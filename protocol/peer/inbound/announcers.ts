/**
 * Whose announcements are kept, on three shelves of bounded size, so that keys which anybody can make take no place from authors that this
 * peer knows:
 *
 *     known     delivered a model, or is configured (peer/memory/standing.ts)
 *     near      a neighbour that never delivered: its models can be pulled
 *     far       everybody else: kept for what others may ask, and for two announcements that contradict each other
 *
 * Of more than fit on its shelf, the author that was heard of least recently is forgotten.
 */
import { createRecentSet, forgetOldest } from "../../base/bounded.ts";
import { taggedKeyOf } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";

export type Rank = "known" | "near" | "far";

export interface Announcers<Slot> {
  get(author: PeerId): Slot | undefined;
  /** On the shelf of this rank, and on no other. */
  set(author: PeerId, rank: Rank, slot: Slot): void;
  /** How many there are of a rank. */
  count(rank: Rank): number;
}

const CAPACITY: Readonly<Record<Rank, number>> = {
  known: LIMITS.maxAnnouncers,
  near: LIMITS.maxNewAnnouncers,
  far: LIMITS.maxNewAnnouncers,
};

export function createAnnouncers<Slot>(): Announcers<Slot> {
  const shelves: Record<Rank, Map<PeerId, Slot>> = { known: new Map(), near: new Map(), far: new Map() };
  const all = Object.values(shelves);
  return {
    get: (author) => all.find((shelf) => shelf.has(author))?.get(author),
    set(author, rank, slot) {
      for (const shelf of all) shelf.delete(author);
      shelves[rank].set(author, slot); // at the end: a shelf's order is the order of last hearing
      forgetOldest(shelves[rank], CAPACITY[rank]);
    },
    count: (rank) => shelves[rank].size,
  };
}

/** Models that were announced before, by the number of their author: newcomers push none of a known author's out. */
export interface SeenModels {
  has(author: number, model: Uint8Array): boolean;
  add(author: number, model: Uint8Array, rank: Rank): void;
}

export function createSeenModels(): SeenModels {
  const ofKnown = createRecentSet<string>(LIMITS.maxSeenModels);
  const ofOthers = createRecentSet<string>(LIMITS.maxSeenModels);
  return {
    has(author, model) {
      const name = taggedKeyOf(author, model);
      return ofKnown.has(name) || ofOthers.has(name);
    },
    add: (author, model, rank) => (rank === "known" ? ofKnown : ofOthers).add(taggedKeyOf(author, model)),
  };
}
