/**
 * Authors whose models could not be pulled or were refused. Each failure counts two points, and each good model takes one back. An
 * author with p points is left out for 2^p own cycles, so that failing every second time does not pay either. Where a connection may have died, the first
 * failure of a known author costs it no cycle, and later failures count as if that one had not happened: a cable that was unplugged for a moment must not cost four cycles, which may be long.
 */

import { power } from "../../base/exp-log.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Identities } from "../memory/identities.ts";

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

/** Kept in the records of the authors. */
export function createStrikes(identities: Pick<Identities, "get" | "change">): Strikes {
  const strikesOf = (author: PeerId) => identities.get(author)?.strikes;
  return {
    add(author, cycle, lost = false) {
      const before = strikesOf(author);
      const points = Math.min(MAX_POINTS, (before?.points ?? 0) + 2);
      const isExcused = before?.isExcused ?? lost;
      const isFirst = isExcused && before === undefined;
      const out = isFirst ? 0 : Math.min(MAX_CYCLES, power(2, points - (isExcused ? 2 : 0)));
      identities.change(author, { strikes: { points, untilCycle: cycle + out, isExcused } });
      return isFirst;
    },
    forgive(author) {
      const before = strikesOf(author);
      if (before === undefined) return;
      const points = before.points - 1;
      identities.change(author, { strikes: points > 0 ? { ...before, points } : undefined });
    },
    isOut: (author, cycle) => (strikesOf(author)?.untilCycle ?? 0) > cycle,
    has: (author) => strikesOf(author) !== undefined,
  };
}
