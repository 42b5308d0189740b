/**
 * Authors whose models could not be had or were refused. Each failure counts two points, each good model takes one back; an
 * author with p points is left out for 2^p own cycles, so that failing every second time does not pay either.
 */

import { forgetOldest } from "../bounded.ts";
import { power } from "../exp-log.ts";
import type { PeerId } from "../seams.ts";

export interface Strikes {
  add(author: PeerId, cycle: number): void;
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
  const records = new Map<PeerId, { points: number; untilCycle: number }>();

  return {
    add(author, cycle) {
      const points = Math.min(MAX_POINTS, (records.get(author)?.points ?? 0) + 2);
      records.delete(author); // re-inserted at the end: the map's order is the order of failures
      records.set(author, { points, untilCycle: cycle + Math.min(MAX_CYCLES, power(2, points)) });
      forgetOldest(records, capacity);
    },
    forgive(author) {
      const record = records.get(author);
      if (record !== undefined && --record.points <= 0) records.delete(author);
    },
    isOut: (author, cycle) => (records.get(author)?.untilCycle ?? 0) > cycle,
    has: (author) => records.has(author),
  };
}
