/** What an author is to this peer when it announces something: one that is known, a neighbour that is new (near), or neither (far). */
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Standing } from "./identities.ts";

export type Rank = "known" | "near" | "far";

export interface Ranks {
  rankOf(author: PeerId): Rank;
  /** The peers that are connected, or were `maxAgeMs` ago. */
  neighbours(maxAgeMs: number): ReadonlySet<PeerId>;
}

export interface RanksComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly transport: Pick<Transport, "peers">;
  readonly identities: Pick<Standing, "isKnown">;
}

/** The list of neighbours may be so old when an author is ranked: it is made anew, and an announcement is worth less than that. */
const RANK_MS = 1000;

export function createRanks(components: RanksComponents): Ranks {
  return new RanksOf(components);
}

class RanksOf implements Ranks {
  readonly #components: RanksComponents;
  #listed: readonly PeerId[] = [];
  #near: ReadonlySet<PeerId> = NOBODY;
  #nearSinceMs = Number.NEGATIVE_INFINITY;

  constructor(components: RanksComponents) {
    this.#components = components;
  }

  neighbours(maxAgeMs: number): ReadonlySet<PeerId> {
    const { clock, transport } = this.#components;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#nearSinceMs < maxAgeMs) return this.#near;
    const peers = transport.peers();
    if (peers !== this.#listed) this.#near = new Set(peers);
    this.#listed = peers;
    this.#nearSinceMs = nowMs;
    return this.#near;
  }

  rankOf(author: PeerId): Rank {
    if (this.#components.identities.isKnown(author)) return "known";
    return this.neighbours(RANK_MS).has(author) ? "near" : "far";
  }
}

const NOBODY: ReadonlySet<PeerId> = new Set();
