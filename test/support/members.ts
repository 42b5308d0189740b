/** libp2p nodes on loopback with the membership of a peer, and strangers without it. */
import { createServer, type Server, type Socket } from "node:net";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { openBook } from "../../node/net/book.ts";
import { type HearsayNode, startLibp2p } from "../../node/net/libp2p.ts";
import { createNodeMembership, type NodeMembership } from "../../node/net/membership.ts";
import { createTransport } from "../../node/net/transport.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import { heedLeaving } from "../../protocol/membership/leaving.ts";
import { registerServices } from "../../protocol/peer/services.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";

/** Name of the peer exchange. */
export const PEERS = "/test/peers/1.0.0";

export interface Stranger {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly id: PeerId;
  readonly address: string;
}

export interface Member extends Stranger {
  readonly book: AddressBook;
  readonly membership: NodeMembership;
}

export interface MemberOptions {
  readonly bootstrap?: readonly string[];
  readonly maxOutbound?: number;
  /** Everybody greets, as far as this test goes. */
  readonly known?: ReadonlySet<PeerId>;
  readonly budget?: { pay(): boolean };
  /** Nobody is taken for somebody who has greeted. */
  readonly isStrict?: boolean;
  /** As of MembershipOptions. */
  readonly speakerFor?: (peer: PeerId) => PeerId | undefined;
  readonly mayBeSpokenFor?: (peer: PeerId) => boolean;
}

/** Nodes of one test, stopped in the end. */
export async function withMembers(body: (nodes: Nodes) => Promise<void>): Promise<void> {
  const closers: (() => unknown)[] = [];
  try {
    await body(nodesOf(closers));
  } finally {
    for (const close of closers.reverse()) await close();
  }
}

export interface Nodes {
  /** A libp2p node that does nothing by itself. */
  stranger(): Promise<Stranger>;
  member(options?: MemberOptions): Promise<Member>;
  /** A TCP server. */
  serve(onSocket: (socket: Socket) => void): Promise<number>;
}

function nodesOf(closers: (() => unknown)[]): Nodes {
  async function start(isKnown?: (peer: PeerId) => boolean) {
    const privateKey = await generateKeyPair("Ed25519");
    const listen = ["/ip4/127.0.0.1/tcp/0"];
    const { node, traffic } = await startLibp2p({
      privateKey,
      listen,
      mdns: false,
      serviceTag: "",
      ...(isKnown && { isKnown }),
    });
    closers.push(() => node.stop());
    const address = node.getMultiaddrs()[0]?.toString() ?? "";
    return { node, traffic, id: node.peerId.toString(), address };
  }
  return {
    async stranger() {
      const { traffic, ...rest } = await start();
      return { ...rest, transport: createTransport(rest.node, traffic) };
    },
    async member({ bootstrap = [], maxOutbound = 8, known = new Set(), budget, isStrict = false, ...places } = {}) {
      const isKnown = (peer: PeerId) => known.has(peer);
      const { traffic, ...rest } = await start(isKnown);
      const book = await openBook(createMemoryStore(), rest.id, isKnown);
      const transport = heedLeaving(createTransport(rest.node, traffic), book);
      if (!isStrict) transport.onConnect((peer) => transport.keep(peer));
      const options = {
        bootstrap,
        protocol: PEERS,
        maxOutbound,
        isKnown,
        ...(budget && { budget }),
        ...places,
      };
      const { speakerFor } = places;
      if (speakerFor !== undefined) rest.node.admission.leave((peer) => speakerFor(peer) !== undefined);
      const membership = createNodeMembership(rest.node, transport, book, options);
      registerServices(transport, [membership.service], new AbortController().signal);
      membership.start();
      closers.push(() => membership.stop());
      return { ...rest, transport, book, membership };
    },
    async serve(onSocket) {
      const sockets = new Set<Socket>();
      const server: Server = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => {});
        onSocket(socket);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      closers.push(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
      });
      return (server.address() as { port: number }).port;
    },
  };
}
