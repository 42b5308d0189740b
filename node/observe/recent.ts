/** What happened lately, from the events of a peer, in bounded memory: refusals, evidence against keys, the staleness of what was merged. */
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import type { PageRefusal, PageStaleness } from "./messages.ts";

const MOST_REFUSALS = 24;
const MOST_EVIDENCE = 16;
const MOST_MODELS = 256;
/** A text of another peer is cut off here. */
const MOST_CHARACTERS = 300;

export interface Recent {
  observe(event: PeerEvent): void;
  /** The newest first. */
  refusals(): readonly PageRefusal[];
  evidence(): readonly PageRefusal[];
  /** Null before the first merge. */
  staleness(): PageStaleness | null;
}

/** @param now wall time, ms */
export function createRecent(now: () => number): Recent {
  const refusals: PageRefusal[] = [];
  const evidence: PageRefusal[] = [];
  const taus: number[] = [];
  return {
    observe(event) {
      if (event.kind === "refused") {
        if (event.code === "ERR_NOT_FOUND") return; // replaced by a newer one before it was pulled: nobody's fault
        const { peer, code, message } = event;
        keep(refusals, { atMs: now(), peer, code, message: message.slice(0, MOST_CHARACTERS) }, MOST_REFUSALS);
      } else if (event.kind === "evidence") {
        const { peer, proves, reason } = event;
        keep(evidence, { atMs: now(), peer, code: proves, message: reason.slice(0, MOST_CHARACTERS) }, MOST_EVIDENCE);
      } else if (event.kind === "merged") {
        for (const { tau } of event.parents) keep(taus, tau, MOST_MODELS);
      }
    },
    refusals: () => refusals.toReversed(),
    evidence: () => evidence.toReversed(),
    staleness() {
      if (taus.length === 0) return null;
      const sum = taus.reduce((total, tau) => total + tau, 0);
      return { mean: sum / taus.length, most: Math.max(...taus), models: taus.length };
    },
  };
}

function keep<T>(list: T[], one: T, most: number): void {
  list.push(one);
  if (list.length > most) list.shift();
}
