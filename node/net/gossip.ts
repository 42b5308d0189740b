/**
 * gossipsub (17.1.1) with the bounds that it lacks: on what one neighbour can make this peer do and keep, and on messages that nobody may send, which cost their sender.
 * Links that end while the connection lives are made anew.
 *
 *   in     one RPC after the other, each paid for before it is decoded; a neighbour that cannot pay is not read from, and has to wait
 *   kept   ids of messages for half a minute; nothing of delivery, since no topic is scored
 *   out    ids of so many messages, and answers of so many bytes, that every implementation takes the RPC
 *
 * `test/node/net/gossip.test.ts` fails where a new version of gossipsub changes the inside on which gossip-internals.ts counts.
 */
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  StrictNoSign,
  TopicValidatorResult,
} from "@chainsafe/libp2p-gossipsub";
import type { RPC } from "@chainsafe/libp2p-gossipsub/message";
import type { PeerId as Libp2pPeerId, Stream } from "@libp2p/interface";
import { pipe } from "it-pipe";
import { isHearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId, Verdict } from "../../protocol/base/seams.ts";
import type { Budget } from "../../protocol/peer/memory/budget.ts";
import { nodeCrypto } from "../crypto.ts";
import type { ByteBudget, Hold } from "./byte-budget.ts";
import { readFrames } from "./frames.ts";
import { boundMemory } from "./gossip-bounds.ts";
import { type GossipInternals, type InboundStream, internalsOf } from "./gossip-internals.ts";
import { keepLinks } from "./gossip-links.ts";
import type { Shares } from "./shares.ts";

interface GossipOptions extends Pick<Shares, "work" | "bytes" | "fault"> {
  /** Any, where they are left out. */
  readonly topics: readonly string[] | undefined;
}

/** Shares of a millisecond. */
export const COST_OF_KIB = 0.02;
export const COST_OF_MESSAGE = 0.05;
const COST_OF_ITEM = 0.001;
/** On top, of a newcomer's message that is of no use here: who brings such is read more slowly, and so all the rest of it costs less. */
export const COST_OF_USELESS = 0.1;
/** A neighbour that cannot pay is looked at again after this. */
const PAY_AGAIN_MS = 50;
/** Messages of an RPC that are handled in one turn of the event loop. */
const MESSAGES_A_TURN = 32;
/** Of what an RPC may have, as many as fit into it. */
const DECODE_LIMITS = {
  maxSubscriptions: 1000,
  maxMessages: 5000,
  maxIhaveMessageIDs: 5000,
  maxIwantMessageIDs: 5000,
  maxIdontwantMessageIDs: 512,
  maxControlMessages: 128,
  maxPeerInfos: 16,
};

const VERDICTS: Readonly<Record<Verdict["verdict"], TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
};

/** The service for createLibp2p. @param topics that there may be; any, where they are left out. */
export function createGossip(
  shares: Shares,
  topics?: readonly string[],
): (components: GossipSubComponents) => GossipSub {
  const options = { ...shares, topics };
  const create = gossipsub({
    globalSignaturePolicy: StrictNoSign, // announcements are sealed by their author already
    msgIdFn: ({ data }) => nodeCrypto.sha256(data),
    ...(topics && { allowedTopics: [...topics] }),
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true, // what others have told already needs no telling: the same key here again, a restart
    fallbackToFloodsub: false,
    emitSelf: false,
    awaitRpcMessageHandler: true,
    decodeRpcLimits: DECODE_LIMITS,
    maxTopicBytesPerPeer: 16_384,
    maxInboundStreams: 2, // an old one that is not closed yet, and its successor
    maxOutboundStreams: 2,
    maxOutboundBufferSize: LIMITS.maxGossipBacklogBytes,
    seenTTL: LIMITS.gossipSeenMs,
    idontwantMinDataSize: LIMITS.maxAnnouncementBytes + 1, // else each message that is no announcement makes as many as there are neighbours
    // no topic is scored: what is rejected is counted by conduct.ts. What gossipsub itself counts, promises not kept, may be a slow machine's; and peers of one NAT share an address
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyThreshold: 6, retainScore: 10_000 },
    scoreThresholds: { acceptPXThreshold: Number.MAX_VALUE }, // whom to connect to is membership's affair
  });
  return (components) => {
    const pubsub = create(components);
    const internals = internalsOf(pubsub);
    internals.createInboundStream = (peer, stream) => receive(internals, peer, stream, options);
    boundMemory(pubsub, internals);
    keepLinks(pubsub, internals, components);
    return pubsub;
  };
}

/** Subscribes; each message goes to the handler, whose verdict says whether it is passed on. */
export function subscribe(
  pubsub: GossipSub,
  topic: string,
  handler: (from: PeerId, data: Uint8Array) => Verdict,
): void {
  pubsub.topicValidators.set(topic, (from, { data }) => {
    const { verdict, relay = true } = handler(from.toString(), data);
    return relay ? VERDICTS[verdict] : TopicValidatorResult.Ignore;
  });
  pubsub.subscribe(topic);
}

/** A neighbour's new stream takes the place of the one before. */
function receive(internals: GossipInternals, from: Libp2pPeerId, stream: Stream, options: GossipOptions): void {
  const peer = from.toString();
  if (!internals.isStarted() || !internals.peers.has(peer)) return;
  void internals.streamsInbound.get(peer)?.close();
  const inbound: InboundStream = {
    rawStream: stream,
    close: () => stream.close().catch((error) => stream.abort(error)),
  };
  internals.streamsInbound.set(peer, inbound);
  void read(internals, from, inbound, options);
}

/** Reads RPCs from a neighbour until its stream ends. */
async function read(
  internals: GossipInternals,
  from: Libp2pPeerId,
  inbound: InboundStream,
  options: GossipOptions,
): Promise<void> {
  const peer = from.toString();
  const { rawStream: stream } = inbound;
  const isCurrent = () => internals.streamsInbound.get(peer) === inbound;
  try {
    const reserve = reserveFor(peer, options.bytes);
    await pipe(readFrames(stream, { maxBytes: LIMITS.maxGossipRpcBytes, reserve }), async (frames) => {
      for await (const frame of frames) {
        await pay(options.work, peer, 0.01 + (frame.length / 1024) * COST_OF_KIB, stream);
        const rpc = decode(internals, frame);
        // [REJECT] Not the encoding of an RPC, or more in it than one may have.
        if (rpc === undefined) options.fault(peer);
        else await handle(internals, from, withoutFaults(rpc, peer, options), options.work, stream);
      }
    });
    if (isCurrent()) internals.streamsInbound.delete(peer);
  } catch (error) {
    // [REJECT] An RPC longer than LIMITS.maxGossipRpcBytes.
    if (isHearsayError(error, "ERR_TOO_LARGE")) options.fault(peer);
    stream.abort(error instanceof Error ? error : new Error(String(error)));
    if (isCurrent()) internals.onPeerDisconnected(from);
  }
}

/** Counts the frame that is coming from a neighbour among the bytes that are held for others. */
function reserveFor(peer: PeerId, budget: ByteBudget): (bytes: number) => boolean {
  let hold: Hold | undefined;
  return (bytes) => {
    if (bytes > 0) {
      hold ??= budget.tryHold(peer, 0, "frame");
      return hold?.resize(bytes) ?? false;
    }
    hold?.release();
    hold = undefined; // the next frame asks anew: the neighbour may count as known by then
    return true;
  };
}

/** Waits until the neighbour can pay; meanwhile nothing is read from it. */
export async function pay(work: Budget, peer: PeerId, cost: number, stream: Pick<Stream, "status">): Promise<void> {
  while (!work.pay(peer, cost) && stream.status === "open") await sleep(PAY_AGAIN_MS, undefined, { ref: false });
}

function decode(internals: GossipInternals, frame: Uint8Array): RPC | undefined {
  try {
    return internals.decodeRpc(frame);
  } catch {
    return undefined;
  }
}

/** What may be handled of an RPC; each message that nobody may send is its sender's fault. */
function withoutFaults(rpc: RPC, peer: PeerId, { topics, fault }: GossipOptions): RPC {
  const messages = rpc.messages.filter((message) => {
    // [REJECT] A topic that is none of this task's: nobody here has subscribed to it.
    // [REJECT] Fields that gossipsub's own signatures would need.
    const isBad =
      topics?.includes(message.topic) === false ||
      message.from !== undefined ||
      message.signature !== undefined ||
      message.seqno !== undefined ||
      message.key !== undefined;
    if (isBad) fault(peer);
    return !isBad;
  });
  return { ...rpc, messages };
}

/** Hands an RPC to gossipsub, a few messages in each turn of the event loop. */
async function handle(
  internals: GossipInternals,
  from: Libp2pPeerId,
  rpc: RPC,
  work: Budget,
  stream: Stream,
): Promise<void> {
  const { messages, subscriptions, control } = rpc;
  const peer = from.toString();
  for (let at = 0; at < messages.length && stream.status === "open"; at += MESSAGES_A_TURN) {
    const some = messages.slice(at, at + MESSAGES_A_TURN);
    await pay(work, peer, some.length * COST_OF_MESSAGE, stream);
    await internals.handleReceivedRpc(from, { subscriptions: [], messages: some });
    if (at + MESSAGES_A_TURN < messages.length) await turn();
  }
  if (subscriptions.length === 0 && control === undefined) return;
  await pay(work, peer, (subscriptions.length + itemsOf(control)) * COST_OF_ITEM, stream);
  await internals.handleReceivedRpc(from, { subscriptions, messages: [], ...(control && { control }) });
}

/** Message ids and the like. */
function itemsOf(control: RPC.ControlMessage | undefined): number {
  if (control === undefined) return 0;
  const ids = [...control.ihave, ...control.iwant, ...control.idontwant].map(({ messageIDs }) => messageIDs.length);
  return ids.reduce((sum, n) => sum + n, control.graft.length + control.prune.length);
}
