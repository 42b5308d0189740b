import { setTimeout as sleep } from "node:timers/promises";
import { RPC } from "@chainsafe/libp2p-gossipsub/message";
import { fresh, gossipStream, rpcOf, startNode } from "../../support/nodes.ts";
import type { HostileRow } from "./row.ts";

const TOPIC = "/row/h3/1";

export const row: HostileRow = {
  id: "H3",
  attack: "a gossip RPC over 16 KiB: IHAVE of 5,000 ids, then 600 announcements in one",
  before: "IHAVE of 500 ids: gossip peers 1 -> 0, 0 of 5 announcements heard",
  async measure() {
    const nodes = [await startNode(), await startNode()] as const;
    const [a, b] = nodes;
    try {
      let heard = 0;
      b.transport.onAnnounce(TOPIC, () => {
        heard++;
        return { verdict: "accept" };
      });
      await a.node.dial(b.node.getMultiaddrs());
      const stream = await gossipStream(a, b);
      const messageIDs = Array.from({ length: 5000 }, () => crypto.getRandomValues(new Uint8Array(32)));
      const control = { ihave: [{ topicID: TOPIC, messageIDs }], iwant: [], graft: [], prune: [], idontwant: [] };
      stream.push(RPC.encode({ subscriptions: [], messages: [], control }));
      stream.push(
        rpcOf(
          TOPIC,
          Array.from({ length: 600 }, () => fresh(400)),
        ),
      );
      await sleep(2000);
      const inOne = heard;
      for (let i = 0; i < 5; i++) await a.transport.announce(TOPIC, fresh(400));
      await sleep(1000);
      const peers = b.node.services.pubsub.getPeers().length;
      return `gossip peers 1 -> ${peers}, ${inOne} of 600 in one RPC and ${heard - inOne} of 5 announcements heard`;
    } finally {
      await Promise.all(nodes.map(({ node }) => node.stop()));
    }
  },
};
