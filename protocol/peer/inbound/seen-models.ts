/** Models that were announced before, of which none becomes fresh again; newcomers push none of a known author's out. */
import { LIMITS } from "../../base/limits.ts";
import { createRecentHashes } from "../../base/recent-hashes.ts";
import type { Rank } from "../memory/ranks.ts";

/** Authors are told apart by their numbers (`Slot.tag`), which are shorter than their names. */
export interface SeenModels {
  has(author: number, model: Uint8Array): boolean;
  add(author: number, model: Uint8Array, rank: Rank): void;
}

export function createSeenModels(): SeenModels {
  const ofKnown = createRecentHashes(LIMITS.maxSeenModels);
  const ofOthers = createRecentHashes(LIMITS.maxSeenModels);
  return {
    has: (author, model) => ofKnown.has(author, model) || ofOthers.has(author, model),
    add: (author, model, rank) => (rank === "known" ? ofKnown : ofOthers).add(author, model),
  };
}
