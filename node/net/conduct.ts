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
import { putNewest } from "../../protocol/base/bounded.ts";
import { Buckets } from "../../protocol/base/buckets.ts";
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
  const ofPeer = new Buckets(LIMITS.faults, LIMITS.maxBudgets);
  const ofPrefix = new Buckets(LIMITS.prefixFaults, LIMITS.maxBudgets);
  const waits = new Map<PeerId, Wait>();

  /** Starts the peer's wait: longer than its last one, unless that was long ago. */
  function beginWait(peer: PeerId, nowMs: number): void {
    const before = waits.get(peer);
    const again = before !== undefined && nowMs < before.untilMs + FORGIVEN_MS;
    const lengthMs = again ? Math.min(LIMITS.longestFaultWaitMs, 4 * before.lengthMs) : LIMITS.faultWaitMs;
    putNewest(waits, peer, { untilMs: nowMs + lengthMs, lengthMs }, LIMITS.maxBudgets);
  }

  return {
    fault(peer) {
      const nowMs = clock.monotonicMs();
      const own = spend(ofPeer, peer, nowMs);
      const shared = isKnown(peer) || spend(ofPrefix, prefixOf(peer), nowMs);
      if (own && shared) return false;
      beginWait(peer, nowMs);
      return true;
    },
    isWaiting: (peer) => (waits.get(peer)?.untilMs ?? 0) > clock.monotonicMs(),
  };
}

/** Takes one token, or what is left of one; false where it was no whole one. */
function spend(buckets: Buckets, name: string, nowMs: number): boolean {
  const { tokens, atMs } = buckets.at(name, nowMs);
  buckets.put(name, { tokens: Math.max(0, tokens - 1), atMs });
  return tokens >= 1;
}
