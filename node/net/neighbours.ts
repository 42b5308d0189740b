/** Who is connected, for people: where, by whose dial, since when, and when its last byte came. */
import type { Connection } from "@libp2p/interface";
import type { PeerId } from "../../protocol/base/seams.ts";
import { wallClock } from "../clock.ts";
import { shownConnection } from "./connections.ts";
import type { Hearing } from "./liveness.ts";

export interface Neighbour {
  readonly peer: PeerId;
  readonly address: string;
  /** Whether this end dialled. */
  readonly isOutbound: boolean;
  /** Wall time at which the connection opened, ms. */
  readonly sinceMs: number;
  /** Since the last byte that came over it, ms. */
  readonly silentMs: number;
}

/** One for each peer, by its newest connection, sorted by peer id. */
export function neighboursOf(node: { getConnections(): Connection[]; readonly hearing: Hearing }): Neighbour[] {
  const newest = new Map<PeerId, Neighbour>();
  for (const connection of node.getConnections()) {
    const { peer, address, isOutbound } = shownConnection(connection);
    const sinceMs = connection.timeline.open;
    const silentMs = Math.max(0, wallClock.monotonicMs() - node.hearing.lastMs(connection));
    const before = newest.get(peer);
    if (before === undefined || before.sinceMs <= sinceMs)
      newest.set(peer, { peer, address, isOutbound, sinceMs, silentMs });
  }
  return [...newest.values()].sort((a, b) => (a.peer < b.peer ? -1 : 1));
}
