/** libp2p nodes on loopback, as a peer has them, and what a neighbour that keeps to no protocol sends. */
import type { GossipSub } from "@chainsafe/libp2p-gossipsub";
import { RPC } from "@chainsafe/libp2p-gossipsub/message";
import { generateKeyPair } from "@libp2p/crypto/keys";
import type { Stream } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type HearsayNode, type NodeOptions, startLibp2p } from "../../node/net/libp2p.ts";
import { createTransport } from "../../node/net/transport.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import { eventually } from "../conformance/transport.ts";

export interface RealNode {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly id: PeerId;
}

export async function startNode(options: Partial<NodeOptions> = {}): Promise<RealNode> {
  const privateKey = await generateKeyPair("Ed25519");
  const listen = ["/ip4/127.0.0.1/tcp/0"];
  const { node, traffic } = await startLibp2p({ privateKey, listen, mdns: false, serviceTag: "", ...options });
  const transport = createTransport(node, traffic);
  return { node, transport, id: node.peerId.toString() };
}

export function areConnected(a: RealNode, b: RealNode): boolean {
  return a.transport.peers().includes(b.id) && b.transport.peers().includes(a.id);
}

export async function dial(from: RealNode, to: RealNode): Promise<void> {
  await from.node.dial(to.node.getMultiaddrs() as Multiaddr[], { signal: AbortSignal.timeout(5000) });
}

export async function connect(a: RealNode, b: RealNode): Promise<void> {
  await dial(a, b);
  await eventually(() => areConnected(a, b), 2000);
}

/** Some nodes, connected each with the next; they are stopped after the test. */
export async function withNodes(
  starts: readonly Partial<NodeOptions>[],
  body: (...nodes: RealNode[]) => Promise<void>,
): Promise<void> {
  const nodes = await Promise.all(starts.map(startNode));
  try {
    for (const [i, node] of nodes.entries()) if (i > 0) await connect(nodes[i - 1] as RealNode, node);
    await body(...nodes);
  } finally {
    await Promise.all(nodes.map(({ node }) => node.stop()));
  }
}

interface OutboundStream {
  push(bytes: Uint8Array): void;
  readonly rawStream: Pick<Stream, "send" | "abort" | "status" | "writeStatus">;
}

/** The stream on which a node gossips to another, once there is one. */
export async function gossipStream(from: RealNode, to: { readonly id: PeerId }): Promise<OutboundStream> {
  const { streamsOutbound } = from.node.services.pubsub as GossipSub & {
    readonly streamsOutbound: Map<PeerId, OutboundStream>;
  };
  await eventually(() => streamsOutbound.has(to.id), 2000);
  return streamsOutbound.get(to.id) as OutboundStream;
}

/** The bytes of an RPC with these messages. */
export function rpcOf(topic: string, bodies: readonly Uint8Array[], more: Partial<RPC.Message> = {}): Uint8Array {
  return RPC.encode({ subscriptions: [], messages: bodies.map((data) => ({ topic, data, ...more })) });
}

/** Bytes that no other call has returned. */
export function fresh(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  crypto.getRandomValues(bytes.subarray(0, Math.min(length, 16)));
  return bytes;
}

/** A frame's length, and the beginning of it. */
export function halfFrame(length: number, part: number): Uint8Array {
  const prefix = Uint8Array.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
  const bytes = new Uint8Array(prefix.length + part);
  bytes.set(prefix);
  return bytes;
}
