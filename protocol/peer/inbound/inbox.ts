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
  const held = new Map<PeerId, Candidate>();
  const fresh = new Set<PeerId>();

  function remove(author: PeerId): void {
    held.delete(author);
    fresh.delete(author);
  }

  function evict(): void {
    while (held.size > capacity) {
      const [oldest] = held.keys();
      let victim = oldest; // where all are fresh
      for (const author of held.keys()) {
        if (fresh.has(author)) continue;
        victim = author; // the oldest that is only remembered
        break;
      }
      remove(victim as PeerId);
    }
  }

  return {
    put(candidate) {
      const { author } = candidate.announced;
      held.delete(author); // re-inserted at the end: the map's order is the order of receipt
      held.set(author, candidate);
      fresh.add(author);
      evict();
    },
    get: (author) => held.get(author),
    authors: () => [...held.keys()],
    fresh: () => [...held.keys()].filter((author) => fresh.has(author)),
    select: () => [...held.values()].sort((a, b) => (a.announced.author < b.announced.author ? -1 : 1)),
    merged(taken, keep) {
      const done = new Set(taken);
      const dropped: Candidate[] = [];
      for (const [author, candidate] of held) {
        if (!done.has(candidate)) continue;
        fresh.delete(author);
        if (memory > 0 && keep(candidate)) continue;
        held.delete(author);
        dropped.push(candidate);
      }
      return dropped;
    },
  };
}
