/** Who is here, and who was: those that are connected, and the last ones that have gone. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Neighbour } from "../net/neighbours.ts";
import type { PageNeighbour } from "./messages.ts";

const MOST_GONE = 32;

export interface Acquaintances {
  /** Those that are connected first, then those that have gone, the last one first. */
  look(connected: readonly Neighbour[], nowMs: number, speedOf: (peer: PeerId) => number | undefined): PageNeighbour[];
}

export function createAcquaintances(): Acquaintances {
  const seen = new Map<PeerId, number>(); // in the order in which they were seen last
  return {
    look(connected, nowMs, speedOf) {
      const here = new Map(connected.map((one) => [one.peer, one]));
      for (const peer of here.keys()) {
        seen.delete(peer);
        seen.set(peer, nowMs);
      }
      const gone = [...seen].filter(([peer]) => !here.has(peer)).reverse();
      for (const [peer] of gone.splice(MOST_GONE)) seen.delete(peer);
      return [
        ...connected.map(({ peer, ...link }) => ({ peer, link, seenMs: nowMs, ...speed(speedOf(peer)) })),
        ...gone.map(([peer, seenMs]) => ({ peer, seenMs, ...speed(speedOf(peer)) })),
      ];
    },
  };
}

function speed(bytesPerSecond: number | undefined): { bytesPerSecond?: number } {
  return bytesPerSecond === undefined ? {} : { bytesPerSecond };
}
