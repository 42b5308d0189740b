/** A libp2p node in the test process, to meet the peers under test: it keeps every byte that they say to it. */
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { nodeCrypto } from "../../node/crypto.ts";
import { loadOrCreateIdentity } from "../../node/keys/keys.ts";
import { startLibp2p } from "../../node/net/libp2p.ts";
import { createTransport } from "../../node/net/transport.ts";
import { utf8 } from "../../protocol/base/bytes.ts";
import type { Crypto, Identity, PeerId, Transport } from "../../protocol/base/seams.ts";

export interface Outsider {
  readonly identity: Identity;
  readonly transport: Transport;
  readonly crypto: Crypto;
  /** What came in: answers, requests, announcements, and what peers say of themselves when they connect. */
  readonly received: Uint8Array[];
  addresses(): string[];
  /** Connects; the peer id that answers. */
  dial(address: string): Promise<PeerId>;
  hangUp(address: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * @param keyFile where its key is, or is to be.
 * @param listen multiaddrs; by default it can only dial.
 */
export async function createOutsider(keyFile: string, listen: readonly string[] = []): Promise<Outsider> {
  const { identity, privateKey } = await loadOrCreateIdentity(keyFile);
  const { node, traffic } = await startLibp2p({ privateKey, listen, mdns: false, serviceTag: "" });
  const received: Uint8Array[] = [];
  (node as Libp2p).addEventListener("peer:identify", ({ detail }) => {
    const { agentVersion, protocolVersion, protocols, listenAddrs } = detail;
    received.push(utf8([agentVersion, protocolVersion, ...protocols, ...listenAddrs.map(String)].join("\n")));
  });
  return {
    identity,
    transport: tapped(createTransport(node, traffic), received),
    crypto: nodeCrypto,
    received,
    addresses: () => node.getMultiaddrs().map(String),
    async dial(address) {
      return (await node.dial(multiaddr(address))).remotePeer.toString();
    },
    hangUp: (address) => node.hangUp(multiaddr(address)),
    stop: async () => node.stop(),
  };
}

function tapped(transport: Transport, received: Uint8Array[]): Transport {
  return {
    ...transport,
    async request(...args) {
      const answer = await transport.request(...args);
      received.push(answer);
      return answer;
    },
    onRequest(protocol, handler) {
      transport.onRequest(protocol, (from, body) => {
        received.push(body);
        return handler(from, body);
      });
    },
    onAnnounce(topic, handler) {
      transport.onAnnounce(topic, (from, body) => {
        received.push(body);
        return handler(from, body);
      });
    },
  };
}
