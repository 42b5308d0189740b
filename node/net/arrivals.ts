/** New connections that come in: a handshake takes some milliseconds of a core, so there are so many a second of one address prefix, and altogether. */
import type { Multiaddr } from "@multiformats/multiaddr";
import { type Allowance, allowanceAt, forgetOldest, type Rate } from "../../protocol/base/bounded.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { addressPrefix } from "./address-prefix.ts";

export interface Arrivals {
  /** Whether a connection from this address may go on to its handshake; who may not tries again. */
  mayCome(from: Multiaddr): boolean;
}

export function createArrivals(clock: Pick<Clock, "monotonicMs">): Arrivals {
  const ofPrefix = new Map<string, Allowance>();
  const ofAll = new Map<string, Allowance>();
  return {
    mayCome(from) {
      const nowMs = clock.monotonicMs();
      return (
        take(ofPrefix, addressPrefix(from), LIMITS.prefixConnections, nowMs) &&
        take(ofAll, "", LIMITS.connections, nowMs)
      );
    },
  };
}

/** Takes one from a bucket; false where there is none. */
function take(buckets: Map<string, Allowance>, key: string, rate: Rate, nowMs: number): boolean {
  const { tokens, atMs } = allowanceAt(nowMs, buckets.get(key), rate);
  const mayTake = tokens >= 1;
  buckets.delete(key); // re-inserted at the end: the map's order is the order of use
  buckets.set(key, { tokens: mayTake ? tokens - 1 : tokens, atMs });
  forgetOldest(buckets, LIMITS.maxBudgets);
  return mayTake;
}
