/** What an author is to this peer when it announces something: one that is known, a neighbour that is new (near), or neither (far). */
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Standing } from "./identities.ts";

export type Rank = "known" | "near" | "far";

export interface Ranks {
  rankOf(author: PeerId): Rank;
  /** Who is connected, or was `maxAgeMs` ago. */
  neighbours(maxAgeMs: number): ReadonlySet<PeerId>;
}

export interface RanksComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly transport: Pick<Transport, "peers">;
  readonly identities: Pick<Standing, "isKnown">;
}

/** The list of neighbours may be so old when an author is ranked: it is made anew, and an announcement is worth less than that. */
const RANK_MS = 1000;

export function createRanks({ clock, transport, identities }: RanksComponents): Ranks {
  let listed: readonly PeerId[] = [];
  let near: ReadonlySet<PeerId> = new Set();
  let nearSinceMs = Number.NEGATIVE_INFINITY;

  function neighbours(maxAgeMs: number): ReadonlySet<PeerId> {
    const nowMs = clock.monotonicMs();
    if (nowMs - nearSinceMs < maxAgeMs) return near;
    const peers = transport.peers();
    if (peers !== listed) near = new Set(peers);
    [listed, nearSinceMs] = [peers, nowMs];
    return near;
  }

  return {
    neighbours,
    rankOf(author) {
      if (identities.isKnown(author)) return "known";
      return neighbours(RANK_MS).has(author) ? "near" : "far";
    },
  };
}
