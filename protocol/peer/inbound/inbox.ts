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
  return new Shelf(capacity, memory);
}

class Shelf implements Inbox {
  readonly #capacity: number;
  readonly #memory: number;
  /** In the order of receipt. */
  readonly #held = new Map<PeerId, Candidate>();
  readonly #fresh = new Set<PeerId>();

  constructor(capacity: number, memory: number) {
    this.#capacity = capacity;
    this.#memory = memory;
  }

  put(candidate: Candidate): void {
    const { author } = candidate.announced;
    this.#held.delete(author); // re-inserted at the end
    this.#held.set(author, candidate);
    this.#fresh.add(author);
    while (this.#held.size > this.#capacity) this.#evict();
  }

  get(author: PeerId): Candidate | undefined {
    return this.#held.get(author);
  }

  authors(): PeerId[] {
    return [...this.#held.keys()];
  }

  fresh(): PeerId[] {
    return this.authors().filter((author) => this.#fresh.has(author));
  }

  select(): Candidate[] {
    return [...this.#held.values()].sort((a, b) => (a.announced.author < b.announced.author ? -1 : 1));
  }

  merged(taken: readonly Candidate[], keep: (candidate: Candidate) => boolean): Candidate[] {
    const done = new Set(taken);
    const dropped: Candidate[] = [];
    for (const [author, candidate] of this.#held) {
      if (!done.has(candidate)) continue;
      this.#fresh.delete(author);
      if (this.#memory > 0 && keep(candidate)) continue;
      this.#held.delete(author);
      dropped.push(candidate);
    }
    return dropped;
  }

  /** The oldest that is only remembered; the oldest of all where all are fresh. */
  #evict(): void {
    const authors = this.authors();
    const victim = authors.find((author) => !this.#fresh.has(author)) ?? (authors[0] as PeerId);
    this.#held.delete(victim);
    this.#fresh.delete(victim);
  }
}
