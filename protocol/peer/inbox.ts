/**
 * The inbox: one slot per identity, the newest model of each. A model is fresh until it was merged once; afterwards it is
 * remembered, and stands in for its author in later merges until a newer one comes or it grows too stale.
 */
import type { PeerId } from "../seams.ts";
import type { Announced } from "./announcements.ts";

/** A validated model of another peer. */
export interface Candidate {
  readonly announced: Announced;
  readonly params: Float32Array;
}

export interface Inbox {
  put(candidate: Candidate): void;
  /** Models that were not merged yet. */
  fresh(): number;
  /** Fresh ones first, then the most recently received remembered ones, up to the capacity; sorted by peer id. */
  select(): Candidate[];
  /** All models held have now been merged; those that `keep` refuses are dropped. */
  merged(keep: (candidate: Candidate) => boolean): void;
}

/** @param capacity the most models that are held: max(k, memory). With `memory` 0 nothing is remembered. */
export function createInbox({ capacity, memory }: { capacity: number; memory: number }): Inbox {
  const slots = new Map<PeerId, { candidate: Candidate; fresh: boolean }>();

  function evict(): void {
    const byPreference = [...slots].sort(([, a], [, b]) => Number(a.fresh) - Number(b.fresh)); // stable: oldest remembered first
    for (const [peer] of byPreference) {
      if (slots.size <= capacity) break;
      slots.delete(peer);
    }
  }

  return {
    put(candidate) {
      const { author } = candidate.announced;
      slots.delete(author); // re-inserted at the end: the map's order is the order of receipt
      slots.set(author, { candidate, fresh: true });
      evict();
    },
    fresh: () => [...slots.values()].filter((slot) => slot.fresh).length,
    select: () =>
      [...slots.values()]
        .map((slot) => slot.candidate)
        .sort((a, b) => (a.announced.author < b.announced.author ? -1 : 1)),
    merged(keep) {
      for (const [peer, slot] of slots) {
        slot.fresh = false;
        if (memory === 0 || !keep(slot.candidate)) slots.delete(peer);
      }
    },
  };
}
