/**
 * The place that a real peer is at, where the task has gateways (protocol/gateway/): its members are those that multicast finds here, and those that the owner
 * names. While another one speaks for the place, this peer leaves those outside to it: it dials nobody there, closes what is open, and tells a peer that comes from there
 * where the gateway is, and closes its connection a moment later (admission.ts).
 *
 * Multicast proves nothing, the key at the other end of a connection does: a peer that multicast found, but that is connected over the Internet, counts as outside.
 */
import { forgetOldest } from "../../protocol/base/bounded.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { LinkGrade } from "../../protocol/gateway/beacon.ts";
import type { GatewayWish } from "../../protocol/gateway/cluster.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import type { ClusterSite } from "../../protocol/peer/gateway/gateway.ts";
import { kindOfConnection } from "./address-scope.ts";
import type { Discovery } from "./discovery.ts";

export interface PlaceComponents {
  readonly self: PeerId;
  readonly transport: Pick<Transport, "connections">;
  readonly book: Pick<AddressBook, "hurry">;
  readonly discovery: Pick<Discovery, "onFound"> | undefined;
}

export interface PlaceOptions {
  readonly wish: GatewayWish;
  /** How good its way to the Internet is now. */
  grade(): LinkGrade;
  /** Whom the owner names. */
  readonly members: readonly PeerId[];
}

export interface Place {
  readonly site: ClusterSite;
  /** The gateway, where a peer is to be left to it. */
  speakerFor(peer: PeerId): PeerId | undefined;
}

export function createPlace({ self, transport, book, discovery }: PlaceComponents, options: PlaceOptions): Place {
  const named = new Set(options.members);
  const found = new Set<PeerId>();
  const hearers: ((peer: PeerId) => void)[] = [];
  let gateway: PeerId | undefined;
  const isFar = (peer: PeerId) =>
    transport.connections().some((one) => one.peer === peer && kindOfConnection(one) === "internet");
  const isInside = (peer: PeerId) => named.has(peer) || (found.has(peer) && !isFar(peer));
  const speakerFor = (peer: PeerId) => (gateway === self || isInside(peer) ? undefined : gateway);
  discovery?.onFound((peer) => {
    if (found.has(peer)) return;
    found.add(peer);
    forgetOldest(found, LIMITS.maxClusterMembers);
    for (const hear of hearers) hear(peer);
  });
  return {
    speakerFor,
    site: {
      wish: options.wish,
      link: options.grade,
      isInside,
      onEntered: (handler) => void hearers.push(handler),
      changed(now) {
        const isNew = now !== gateway;
        gateway = now;
        for (const connection of transport.connections())
          if (speakerFor(connection.peer) !== undefined) connection.close();
        if (isNew && now === self) book.hurry(); // those outside have not been dialled for long
      },
    },
  };
}
