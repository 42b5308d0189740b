/**
 * Whom to ask for evidence, and when: every neighbour once at each new connection, and again where some of what it told had to be left out. Known
 * peers are asked on places of their own. No peer is asked for longer than LIMITS.evidenceQueryMs, so a peer that answers slowly,
 * or without end, delays no other peer.
 */
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Life } from "../life.ts";
import type { Standing } from "../memory/identities.ts";

export interface EvidenceAsking {
  /** Asks this neighbour, when there is a place. */
  ask(peer: PeerId): void;
  /** Asks it again, some time later. */
  askLater(peer: PeerId): void;
}

interface Lane {
  readonly waiting: Set<PeerId>;
  busy: number;
}

/** Neighbours asked at a time, of the known ones and of the others: a peer that meets many neighbours at once hears from the first few what the rest know too. */
const ASKED_AT_ONCE = 3;
const LATER_MS = 30_000;

export interface AskingComponents {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "peers">;
  readonly identities: Pick<Standing, "isKnown">;
  readonly life: Life;
}

/** @param askFor gives up when its signal says so. */
export function createAsking(
  components: AskingComponents,
  askFor: (peer: PeerId, signal: AbortSignal) => Promise<void>,
): EvidenceAsking {
  const known: Lane = { waiting: new Set(), busy: 0 };
  const newcomers: Lane = { waiting: new Set(), busy: 0 };
  const later = new Set<PeerId>();

  function ask(peer: PeerId): void {
    const lane = components.identities.isKnown(peer) ? known : newcomers;
    lane.waiting.add(peer);
    next(components, lane, askFor);
  }

  return {
    ask,
    askLater(peer) {
      if (later.has(peer)) return;
      later.add(peer);
      components.clock.after(LATER_MS, () => {
        later.delete(peer);
        ask(peer);
      });
    },
  };
}

function next(components: AskingComponents, lane: Lane, askFor: Parameters<typeof createAsking>[1]): void {
  const { clock, transport, life } = components;
  const { signal, aside } = life;
  const here = new Set(transport.peers());
  for (const peer of lane.waiting) {
    if (lane.busy >= ASKED_AT_ONCE || signal.aborted) return;
    lane.waiting.delete(peer);
    if (!here.has(peer)) continue; // it is asked when it comes again
    lane.busy++;
    const deadline = new AbortController();
    const cancel = clock.after(LIMITS.evidenceQueryMs, () => deadline.abort(tooSlow()));
    const asked = askFor(peer, AbortSignal.any([signal, deadline.signal])).finally(() => {
      cancel();
      lane.busy--;
      next(components, lane, askFor);
    });
    aside(asked); // where it is gone, slow or says nonsense, others may tell
  }
}

function tooSlow(): HearsayError {
  return new HearsayError("ERR_TIMEOUT", "it took too long to tell its evidence");
}
