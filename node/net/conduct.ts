/**
 * What no honest peer does, of whatever version, and what it costs: malformed requests, messages that every validator rejects, topics that nobody
 * asked for. A few such faults are let pass. One more ends the connection, and the peer may not come back for a while: 10 s, then 40 s, at most
 * ten minutes, never for ever.
 *
 * An honest relay cannot lose its link by what others send through it: what it rejects it does not pass on, and the checks that reject look at
 * nothing but the bytes (protocol/README.md, Wire).
 *
 * A key is free, so the newcomers of one address prefix have an allowance together, too: once that is used up, the first fault of a fresh key ends
 * its connection. A neighbour without faults notices nothing of it.
 */
import { type Allowance, allowanceAt, forgetOldest, type Rate } from "../../protocol/base/bounded.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Clock, PeerId } from "../../protocol/base/seams.ts";

export interface Conduct {
  /** Counts a fault of a neighbour; true where its connection has to end. */
  fault(peer: PeerId): boolean;
  /** Whether a peer lost its connection lately, and has to wait. */
  isWaiting(peer: PeerId): boolean;
}

export interface ConductModules {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly prefixOf: (peer: PeerId) => string;
  readonly isKnown: (peer: PeerId) => boolean;
}

interface Wait {
  readonly untilMs: number;
  readonly lengthMs: number;
}

/** Waits are forgotten after this: the next one is short again. */
const FORGIVEN_MS = 3_600_000;

export function createConduct({ clock, prefixOf, isKnown }: ConductModules): Conduct {
  const allowances = new Map<PeerId, Allowance>();
  const prefixes = new Map<string, Allowance>();
  const waits = new Map<PeerId, Wait>();

  /** Starts the peer's wait: longer than its last one, unless that was long ago. */
  function beginWait(peer: PeerId, nowMs: number): void {
    const before = waits.get(peer);
    const again = before !== undefined && nowMs < before.untilMs + FORGIVEN_MS;
    const lengthMs = again ? Math.min(LIMITS.longestFaultWaitMs, 4 * before.lengthMs) : LIMITS.faultWaitMs;
    waits.delete(peer);
    waits.set(peer, { untilMs: nowMs + lengthMs, lengthMs });
    forgetOldest(waits, LIMITS.maxBudgets);
  }

  return {
    fault(peer) {
      const nowMs = clock.monotonicMs();
      const own = spend(allowances, peer, LIMITS.faults, nowMs);
      const shared = isKnown(peer) || spend(prefixes, prefixOf(peer), LIMITS.prefixFaults, nowMs);
      if (own && shared) return false;
      beginWait(peer, nowMs);
      return true;
    },
    isWaiting: (peer) => (waits.get(peer)?.untilMs ?? 0) > clock.monotonicMs(),
  };
}

/** Takes one from a bucket; false where it is empty. */
function spend(buckets: Map<string, Allowance>, key: string, rate: Rate, nowMs: number): boolean {
  const { tokens, atMs } = allowanceAt(nowMs, buckets.get(key), rate);
  buckets.delete(key); // re-inserted at the end: the map's order is the order of use
  buckets.set(key, { tokens: Math.max(0, tokens - 1), atMs });
  forgetOldest(buckets, LIMITS.maxBudgets);
  return tokens >= 1;
}
