/**
 * Gossip links that end while their connection lives are made anew. gossipsub (17.1.1) makes the streams of a link once, when the neighbour is identified;
 * where one of them ends, by a reset, a write that had to wait too long, or an RPC that the other end does not take, the two stay connected and hear nothing
 * of each other.
 *
 * A link that cannot be kept costs the connection, for membership to dial anew.
 */
import type { GossipSub, GossipSubComponents } from "@chainsafe/libp2p-gossipsub";
import type { Connection, PeerId as Libp2pPeerId } from "@libp2p/interface";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { GossipInternals } from "./gossip-internals.ts";

interface Link {
  readonly peer: Libp2pPeerId;
  connection: Connection;
  /** Heartbeats in a row at which a stream was missing. */
  missing: number;
}

/** Heartbeats of a second. Streams are on their way for some time after a connection was made, and after each attempt. */
const RENEW_AT = [3, 8, 16];
const GIVE_UP_AT = 30;

export function keepLinks(
  pubsub: GossipSub,
  internals: GossipInternals,
  { connectionManager }: GossipSubComponents,
): void {
  const links = new Map<PeerId, Link>();
  const onPeerConnected = internals.onPeerConnected.bind(internals);

  internals.onPeerConnected = (peer, connection) => {
    links.set(peer.toString(), { peer, connection, missing: 0 });
    onPeerConnected(peer, connection);
  };

  pubsub.addEventListener("gossipsub:heartbeat", () => {
    for (const [id, link] of links) {
      const open = connectionManager.getConnections(link.peer).find(({ status }) => status === "open");
      if (open === undefined) links.delete(id);
      else check(id, link, open);
    }
  });

  function check(id: PeerId, link: Link, open: Connection): void {
    const whole = internals.streamsInbound.has(id) && internals.streamsOutbound.has(id);
    link.missing = whole ? 0 : link.missing + 1;
    if (link.missing === GIVE_UP_AT) open.abort(new Error("no gossip goes over this connection"));
    if (!RENEW_AT.includes(link.missing)) return;
    // The other end makes its stream anew when a new one of ours comes.
    internals.streamsOutbound.get(id)?.rawStream.abort(new Error("the link is made anew"));
    internals.streamsOutbound.delete(id);
    onPeerConnected(link.peer, open);
  }
}
