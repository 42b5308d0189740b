/** Models that were announced before, of which none becomes fresh again; newcomers push none of a known author's out. */
import { createRecentSet } from "../../base/bounded.ts";
import { taggedKeyOf } from "../../base/bytes.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Rank } from "../memory/ranks.ts";

/** Authors are told apart by their numbers (`Slot.tag`), which are shorter than their names. */
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
