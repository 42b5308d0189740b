/**
 * Evidence that comes by gossip. Against a key that this peer has dealt with it is never refused for want of room: a neighbour that brings more than can be
 * looked at is asked again later. Against others it is looked at as far as its bringer can pay (peer/memory/budget.ts).
 */
import { Buckets } from "../../base/buckets.ts";
import type { Clock, PeerId } from "../../base/seams.ts";
import type { Budget } from "../memory/budget.ts";
import type { Reports } from "../reports.ts";
import type { TopicService } from "../services.ts";
import type { Court, MayLook } from "./court.ts";
import type { EvidenceAsking } from "./evidence-asking.ts";

/** Of evidence against keys that this peer has dealt with, brought by one neighbour. */
export const CHECKS = { burst: 50, perSecond: 2 };
/** Of evidence against others. */
export const CHECK_COST = 1;
/** Neighbours whose allowance is remembered. */
const MAX_SENDERS = 1024;

export interface GossipComponents {
  readonly court: Court;
  readonly asking: Pick<EvidenceAsking, "askLater">;
  readonly budget: Pick<Budget, "pay">;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly reports: Pick<Reports, "count">;
}

/** Hears of evidence on the topic. */
export function createEvidenceGossip(components: GossipComponents, topic: string): TopicService {
  const { court, asking, budget, clock, reports } = components;
  const checks = new Buckets(CHECKS, MAX_SENDERS);
  const byGossip = (from: PeerId): MayLook => {
    return (grade) => {
      if (grade === "stranger") return budget.pay(from, CHECK_COST);
      if (checks.spend(from, clock.monotonicMs())) return true;
      asking.askLater(from);
      return false;
    };
  };

  return {
    topic,
    handle(from, bytes) {
      const verdict = court.receive(bytes, byGossip(from));
      if (verdict.code !== undefined) reports.count(verdict.code);
      return verdict;
    },
  };
}
