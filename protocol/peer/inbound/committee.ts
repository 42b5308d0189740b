/**
 * The committee: the authors whose models the next merge takes. Each has a *seat* until the cycle ends; a *place* is another thing (places.ts). They are drawn at random
 * among the neighbours, whether they have a new model or not. Within a group each author has the same chance, unless the owner prefers some (choosing.ts). If a drawn
 * author has a new model, it is pulled. If not, the model of it that is held stands in, up to M in all.
 * Once k models are being pulled no other author is drawn: a merge of k new models is better than a merge of those and older ones (a prototype of
 * November 2026; no table has it).
 *
 * So an author is drawn as often, however often it announces. If new models were drawn first, a peer that is faster than its network would find
 * a few new models of honest peers and one of every author that floods. A fifth of liars would be two fifths of its candidates, and take it over
 * (`push-flood`, digits with two labels a peer, 30 peers on the complete graph, three seeds: the worst peer fell to 10 %, and stays at 77 % with this;
 * sim/results/attacks-complete-graph.md).
 *
 * Kin: RPEL (El-Mrini, Farhadkhani, Guerraoui, Robust and Efficient Collaborative Learning, 2025, arXiv 2510.08311) pulls from a uniform sample of
 * all nodes in each round, and bounds how many liars a sample holds; here the sample is of the neighbours, and models that were held before may
 * stand in. GRANITE (Belal, Maouche, Ben Mokhtar, 2025, arXiv 2504.17471) keeps liars out of changing neighbourhoods by a memory of all peers
 * that were met; here `membership/` and the places of `places.ts` see to that.
 */
import type { Rng } from "../../base/rng.ts";
import type { PeerId } from "../../base/seams.ts";

/** Authors that may be drawn, in groups. A group is drawn from only when all authors of the groups before it had their turn. */
type Choices = () => readonly (readonly PeerId[])[];

export interface Committee {
  /** A new cycle: these are members from the start, since what they sent was not merged yet. */
  begin(members: Iterable<PeerId>): void;
  /** Draws a member among those of `choices` that had no turn in this cycle; undefined where no seat or nobody is left. */
  next(choices: Choices): PeerId | undefined;
  /** Whether `next` would draw somebody. */
  hasNext(choices: Choices): boolean;
  /** There is no model of it: the seat is free for another, and its turn is over. */
  dismiss(author: PeerId): void;
  members(): PeerId[];
  /** The first member of which this holds, in the order of their coming. */
  find(holds: (author: PeerId) => boolean): PeerId | undefined;
  has(author: PeerId): boolean;
  isFull(): boolean;
}

/** Whom of those that are open a peer prefers (choosing.ts). */
export interface Choosing {
  /** A new cycle. */
  begin(): void;
  /** One of these. */
  one(open: readonly PeerId[], rng: Rng): PeerId;
}

/** @param choosing left out: all are alike. */
export function createCommittee(seats: number, rng: Rng, choosing?: Choosing): Committee {
  return new Seats(seats, rng, choosing);
}

class Seats implements Committee {
  readonly #seats: number;
  readonly #rng: Rng;
  readonly #choosing: Choosing | undefined;
  #members = new Set<PeerId>();
  /** Members, and those that were. */
  #tried = new Set<PeerId>();

  constructor(seats: number, rng: Rng, choosing: Choosing | undefined) {
    this.#seats = seats;
    this.#rng = rng;
    this.#choosing = choosing;
  }

  begin(members: Iterable<PeerId>): void {
    this.#members = new Set(members);
    this.#tried = new Set(this.#members);
    this.#choosing?.begin();
  }

  next(choices: Choices): PeerId | undefined {
    const open = this.#openTo(choices);
    if (open.length === 0) return undefined;
    const author = this.#choosing?.one(open, this.#rng) ?? (open[this.#rng.below(open.length)] as PeerId);
    this.#members.add(author);
    this.#tried.add(author);
    return author;
  }

  hasNext(choices: Choices): boolean {
    return this.#openTo(choices).length > 0;
  }

  dismiss(author: PeerId): void {
    this.#members.delete(author);
  }

  members(): PeerId[] {
    return [...this.#members];
  }

  find(holds: (author: PeerId) => boolean): PeerId | undefined {
    for (const author of this.#members) if (holds(author)) return author;
    return undefined;
  }

  has(author: PeerId): boolean {
    return this.#members.has(author);
  }

  isFull(): boolean {
    return this.#members.size >= this.#seats;
  }

  #openTo(choices: Choices): readonly PeerId[] {
    if (this.isFull()) return [];
    for (const group of choices()) {
      const open = group.filter((author) => !this.#tried.has(author));
      if (open.length > 0) return open;
    }
    return [];
  }
}
