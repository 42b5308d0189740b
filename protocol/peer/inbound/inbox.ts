/**
 * The inbox: one slot per identity, the newest model of each. A model is fresh until it was merged once; afterwards it is
 * remembered, and stands in for its author in later merges until a newer one comes or it grows too stale.
 */
import type { PeerId } from "../../base/seams.ts";
import type { Candidate } from "../stages.ts";

export interface Inbox {
  put(candidate: Candidate): void;
  /** The model that is held of an author, fresh or remembered. */
  get(author: PeerId): Candidate | undefined;
  authors(): PeerId[];
  /** Authors of models that were not merged yet. */
  fresh(): PeerId[];
  /** All models held, fresh and remembered, sorted by peer id. */
  select(): Candidate[];
  /** `taken` have now been merged; those that `keep` refuses are dropped, and returned. What came meanwhile stays fresh. */
  merged(taken: readonly Candidate[], keep: (candidate: Candidate) => boolean): Candidate[];
}

/** @param capacity the most models that are held: max(k, memory). With `memory` 0 nothing is remembered. */
export function createInbox({ capacity, memory }: { capacity: number; memory: number }): Inbox {
  const slots = new Map<PeerId, { candidate: Candidate; fresh: boolean }>();

  function evict(): void {
    while (slots.size > capacity) {
      const [oldest] = slots.keys();
      let victim = oldest; // where all are fresh
      for (const [peer, { fresh }] of slots) {
        if (fresh) continue;
        victim = peer; // the oldest that is only remembered
        break;
      }
      slots.delete(victim as PeerId);
    }
  }

  return {
    put(candidate) {
      const { author } = candidate.announced;
      slots.delete(author); // re-inserted at the end: the map's order is the order of receipt
      slots.set(author, { candidate, fresh: true });
      evict();
    },
    get: (author) => slots.get(author)?.candidate,
    authors: () => [...slots.keys()],
    fresh: () => [...slots].filter(([, slot]) => slot.fresh).map(([author]) => author),
    select: () =>
      [...slots.values()]
        .map((slot) => slot.candidate)
        .sort((a, b) => (a.announced.author < b.announced.author ? -1 : 1)),
    merged(taken, keep) {
      const done = new Set(taken);
      const dropped: Candidate[] = [];
      for (const [peer, slot] of slots) {
        if (!done.has(slot.candidate)) continue;
        slot.fresh = false;
        if (memory > 0 && keep(slot.candidate)) continue;
        slots.delete(peer);
        dropped.push(slot.candidate);
      }
      return dropped;
    },
  };
}
