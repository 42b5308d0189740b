/** Bounds on what gossipsub (17.1.1) remembers of others and tells them. */
import type { GossipSub } from "@chainsafe/libp2p-gossipsub";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { GossipInternals, MessageCache } from "./gossip-internals.ts";

/** Longest time for which a neighbour may ask not to be grafted again. */
const LONGEST_BACKOFF_MS = 600_000;

export function boundMemory(pubsub: GossipSub, internals: GossipInternals): void {
  forgetDeliveries(internals);
  boundAnswers(pubsub, internals.mcache);
  boundBackoff(internals);
}

/** Who delivered which message when serves the scores of topics, of which there are none: 0.4 KB for two minutes, for each message. */
function forgetDeliveries({ score }: GossipInternals): void {
  score.deliveryRecords.ensureRecord = () => ({ status: 0, firstSeenTsMs: 0, validated: 0, peers: new Set() });
}

/** Ids that are told, and messages that are sent to those who ask for them: of each only as many as every implementation takes in one RPC. */
function boundAnswers(pubsub: GossipSub, cache: MessageCache): void {
  const getGossipIDs = cache.getGossipIDs.bind(cache);
  const getWithIWantCount = cache.getWithIWantCount.bind(cache);
  const answered = new Map<PeerId, number>();
  pubsub.addEventListener("gossipsub:heartbeat", () => answered.clear());
  cache.getGossipIDs = (topics) => {
    const byTopic = getGossipIDs(topics);
    for (const [topic, ids] of byTopic) {
      const stride = Math.ceil(ids.length / LIMITS.maxGossipIds);
      byTopic.set(
        topic,
        ids.filter((_, i) => i % stride === 0),
      );
    }
    return byTopic;
  };
  cache.getWithIWantCount = (id, peer) => {
    const found = getWithIWantCount(id, peer);
    const bytes = (answered.get(peer) ?? 0) + (found?.msg.data?.length ?? 0);
    if (found === null || bytes > LIMITS.maxGossipAnswerBytes) return null;
    answered.set(peer, bytes);
    return found;
  };
}

/** A neighbour says how long it is not to be grafted: not for ever, for its name is remembered that long. */
function boundBackoff(internals: GossipInternals): void {
  const doAddBackoff = internals.doAddBackoff.bind(internals);
  internals.doAddBackoff = (peer, topic, intervalMs) =>
    doAddBackoff(peer, topic, Math.min(intervalMs, LONGEST_BACKOFF_MS));
}
