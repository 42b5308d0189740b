/**
 * Authors whose models could not be had or were refused. Each failure counts two points, each good model takes one back; an
 * author with p points is left out for 2^p own cycles, so that failing every second time does not pay either. Where a connection may have died, the first
 * failure of an author that is known leaves it out of none, and the next ones count as if it had not been: a cable that was plugged in again must not cost four cycles, which may be long.
 */

import { forgetOldest } from "../../base/bounded.ts";
import { power } from "../../base/exp-log.ts";
import type { PeerId } from "../../base/seams.ts";

export interface Strikes {
  /** @param lost its connection may have died, and it is known. True where this is the one failure that costs nothing. */
  add(author: PeerId, cycle: number, lost?: boolean): boolean;
  forgive(author: PeerId): void;
  /** Left out in this cycle. */
  isOut(author: PeerId, cycle: number): boolean;
  /** Failed lately: to be trusted with little. */
  has(author: PeerId): boolean;
}

/** Longest time out: short enough that an honest author comes back soon after its network was mended. */
const MAX_CYCLES = 64;
const MAX_POINTS = 16;

/** @param capacity authors that are remembered; of more, the one whose last failure is oldest is forgotten. */
export function createStrikes(capacity: number): Strikes {
  const records = new Map<PeerId, { points: number; untilCycle: number; isExcused: boolean }>();

  return {
    add(author, cycle, lost = false) {
      const before = records.get(author);
      const points = Math.min(MAX_POINTS, (before?.points ?? 0) + 2);
      const isExcused = before?.isExcused ?? lost;
      const isFirst = isExcused && before === undefined;
      const out = isFirst ? 0 : Math.min(MAX_CYCLES, power(2, points - (isExcused ? 2 : 0)));
      records.delete(author); // re-inserted at the end: the map's order is the order of failures
      records.set(author, { points, untilCycle: cycle + out, isExcused });
      forgetOldest(records, capacity);
      return isFirst;
    },
    forgive(author) {
      const record = records.get(author);
      if (record !== undefined && --record.points <= 0) records.delete(author);
    },
    isOut: (author, cycle) => (records.get(author)?.untilCycle ?? 0) > cycle,
    has: (author) => records.has(author),
  };
}
