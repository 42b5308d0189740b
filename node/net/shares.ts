/**
 * What neighbours may take of this node: bytes that are held for them, work that their gossip makes, faults that are let pass. Newcomers have less
 * than peers that are known, and share it (protocol/peer/memory/identities.ts).
 */
import type { Libp2p } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { PeerId } from "../../protocol/base/seams.ts";
import { type Budget, createBudget } from "../../protocol/peer/memory/budget.ts";
import { wallClock } from "../clock.ts";
import { addressPrefix } from "./address-prefix.ts";
import { type ByteBudget, createByteBudget } from "./byte-budget.ts";
import { createConduct } from "./conduct.ts";

export interface Shares {
  readonly bytes: ByteBudget;
  /** 1 is about 1 ms of a core. */
  readonly work: Budget;
  /** Whether a peer is no newcomer. */
  isKnown(peer: PeerId): boolean;
  /** A neighbour did what no honest one does: with too many of these it loses its connections. */
  fault(peer: PeerId): void;
  /** Whether a peer lost its connections by faults, and may not come back yet. */
  isWaiting(peer: PeerId): boolean;
  /** The part of a neighbour's address that costs money to have many of (address-prefix.ts). */
  prefixOf(peer: PeerId): string;
  /** From now on neighbours have addresses, and connections to lose. */
  watch(node: Libp2p): void;
}

/** @param isKnown whether a peer is no newcomer; all count as known where it is left out. */
export function createShares(isKnown: (peer: PeerId) => boolean = () => true): Shares {
  const prefixes = new Map<PeerId, string>(); // looking one up takes long, and it is asked for with every message
  let node: Libp2p | undefined;
  const prefixOf = (peer: PeerId): string => {
    const found = prefixes.get(peer) ?? lookUp(node, peer);
    if (found !== undefined) prefixes.set(peer, found);
    return found ?? "";
  };
  const conduct = createConduct({ clock: wallClock, prefixOf, isKnown });
  return {
    bytes: createByteBudget({ prefixOf, isKnown }),
    work: createBudget({ clock: wallClock, transport: { prefixOf }, standing: { isKnown } }),
    isKnown,
    fault(peer) {
      if (conduct.fault(peer)) cutOff(node, peer);
    },
    isWaiting: conduct.isWaiting,
    prefixOf,
    watch(started) {
      node = started;
      node.addEventListener("peer:disconnect", ({ detail }) => void prefixes.delete(detail.toString()));
    },
  };
}

function lookUp(node: Libp2p | undefined, peer: PeerId): string | undefined {
  const [connection] = node?.getConnections(peerIdFromString(peer)) ?? [];
  return connection === undefined ? undefined : addressPrefix(connection.remoteAddr);
}

/** Ends all connections of a peer at once. */
function cutOff(node: Libp2p | undefined, peer: PeerId): void {
  for (const connection of node?.getConnections(peerIdFromString(peer)) ?? [])
    connection.abort(new Error("it did what no honest peer does"));
}
