/**
 * Whom to ask for evidence, and when: every neighbour once at each new connection, and again where some of what it told had to be left out. Peers
 * that are known are asked on places of their own, and nobody is asked for longer than LIMITS.evidenceQueryMs: those that answer slowly,
 * or without end, hold up nobody but themselves.
 */
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId } from "../../base/seams.ts";
import type { PeerContext } from "../context.ts";

export interface Asking {
  /** Asks this neighbour, when there is a place. */
  ask(peer: PeerId): void;
  /** Asks it again, some time later. */
  askLater(peer: PeerId): void;
}

interface Lane {
  readonly waiting: Set<PeerId>;
  busy: number;
}

/** At a time, of those that are known and of the others: who comes new to many hears from the first few what the rest know too. */
const ASKED_AT_ONCE = 3;
const LATER_MS = 30_000;

/** @param askFor gives up when its signal says so. */
export function createAsking(
  context: PeerContext,
  askFor: (peer: PeerId, signal: AbortSignal) => Promise<void>,
): Asking {
  const known: Lane = { waiting: new Set(), busy: 0 };
  const newcomers: Lane = { waiting: new Set(), busy: 0 };
  const later = new Set<PeerId>();

  function ask(peer: PeerId): void {
    const lane = context.identities.isKnown(peer) ? known : newcomers;
    lane.waiting.add(peer);
    next(context, lane, askFor);
  }

  return {
    ask,
    askLater(peer) {
      if (later.has(peer)) return;
      later.add(peer);
      context.clock.after(LATER_MS, () => {
        later.delete(peer);
        ask(peer);
      });
    },
  };
}

function next(context: PeerContext, lane: Lane, askFor: Parameters<typeof createAsking>[1]): void {
  const { clock, signal, transport, fail } = context;
  const here = new Set(transport.peers());
  for (const peer of lane.waiting) {
    if (lane.busy >= ASKED_AT_ONCE || signal.aborted) return;
    lane.waiting.delete(peer);
    if (!here.has(peer)) continue; // it is asked when it comes again
    lane.busy++;
    const deadline = new AbortController();
    const cancel = clock.after(LIMITS.evidenceQueryMs, () => deadline.abort(tooSlow()));
    askFor(peer, AbortSignal.any([signal, deadline.signal]))
      .catch((error: unknown) => {
        if (!isHearsayError(error)) fail(error); // else it is gone, slow or says nonsense: others may tell
      })
      .finally(() => {
        cancel();
        lane.busy--;
        next(context, lane, askFor);
      });
  }
}

function tooSlow(): HearsayError {
  return new HearsayError("ERR_TIMEOUT", "it took too long to tell its evidence");
}
