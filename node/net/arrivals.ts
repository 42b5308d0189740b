/** New connections that come in: a handshake takes some milliseconds of a core, so there are so many a second of one address prefix, and altogether. */
import type { Multiaddr } from "@multiformats/multiaddr";
import { Buckets } from "../../protocol/base/buckets.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock } from "../../protocol/base/seams.ts";
import { addressPrefix } from "./address-prefix.ts";

export interface Arrivals {
  /** Whether a connection from this address may go on to its handshake; if not, the other side may try again. */
  mayCome(from: Multiaddr): boolean;
}

export function createArrivals(clock: Pick<Clock, "monotonicMs">): Arrivals {
  const ofPrefix = new Buckets(LIMITS.prefixConnections, LIMITS.maxBudgets);
  const ofAll = new Buckets(LIMITS.connections, LIMITS.maxBudgets);
  return {
    mayCome(from) {
      const nowMs = clock.monotonicMs();
      return ofPrefix.spend(addressPrefix(from), nowMs) && ofAll.spend("", nowMs);
    },
  };
}
