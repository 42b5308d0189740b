/** What is used of gossipsub (17.1.1, pinned) beyond its interface: the one place that knows its inside. */
import type { GossipSub } from "@chainsafe/libp2p-gossipsub";
import type { RPC } from "@chainsafe/libp2p-gossipsub/message";
import type { Connection, PeerId as Libp2pPeerId, Stream } from "@libp2p/interface";
import type { PeerId } from "../../protocol/base/seams.ts";

export interface GossipInternals {
  readonly peers: ReadonlyMap<PeerId, Libp2pPeerId>;
  readonly streamsInbound: Map<PeerId, InboundStream>;
  readonly streamsOutbound: Map<PeerId, { readonly rawStream: Stream }>;
  readonly score: { readonly deliveryRecords: { ensureRecord(id: string): DeliveryRecord } };
  readonly mcache: MessageCache;
  isStarted(): boolean;
  decodeRpc(bytes: Uint8Array): RPC;
  handleReceivedRpc(from: Libp2pPeerId, rpc: RPC): Promise<void>;
  createInboundStream(peer: Libp2pPeerId, stream: Stream): void;
  onPeerConnected(peer: Libp2pPeerId, connection: Connection): void;
  onPeerDisconnected(peer: Libp2pPeerId): void;
  /** @param options.floodPublish to all neighbours, not only to those of the mesh. */
  publish(topic: string, data: Uint8Array, options: { readonly floodPublish: boolean }): Promise<unknown>;
  doAddBackoff(peer: PeerId, topic: string, intervalMs: number): void;
}

export interface InboundStream {
  readonly rawStream: Stream;
  close(): Promise<void>;
}

export interface DeliveryRecord {
  status: number;
  firstSeenTsMs: number;
  validated: number;
  peers: Set<string>;
}

export interface MessageCache {
  getGossipIDs(topics: Set<string>): Map<string, Uint8Array[]>;
  getWithIWantCount(id: string, peer: PeerId): { readonly msg: RPC.Message; readonly count: number } | null;
}

export function internalsOf(pubsub: GossipSub): GossipInternals {
  return pubsub as unknown as GossipInternals;
}
