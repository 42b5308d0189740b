/**
 * Authors whose models could not be pulled or were refused. Each failure counts two points, and each good model takes one back. An
 * author with p points is left out for 2^p own cycles, so that failing every second time does not pay either. Where a connection may have died, the first
 * failure of a known author costs it no cycle, and later failures count as if that one had not happened: a cable that was unplugged for a moment must not cost four cycles, which may be long.
 */

import { power } from "../../base/exp-log.ts";
import type { PeerId } from "../../base/seams.ts";
import type { Identities } from "../memory/identities.ts";
import type { Strike } from "../memory/record.ts";

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
  return new StrikesOf(identities);
}

class StrikesOf implements Strikes {
  readonly #identities: Pick<Identities, "get" | "change">;

  constructor(identities: Pick<Identities, "get" | "change">) {
    this.#identities = identities;
  }

  add(author: PeerId, cycle: number, lost = false): boolean {
    const before = this.#of(author);
    const points = Math.min(MAX_POINTS, (before?.points ?? 0) + 2);
    const isExcused = before?.isExcused ?? lost;
    const isFirst = isExcused && before === undefined;
    const out = isFirst ? 0 : Math.min(MAX_CYCLES, power(2, points - (isExcused ? 2 : 0)));
    this.#identities.change(author, { strikes: { points, untilCycle: cycle + out, isExcused } });
    return isFirst;
  }

  forgive(author: PeerId): void {
    const before = this.#of(author);
    if (before === undefined) return;
    const points = before.points - 1;
    this.#identities.change(author, { strikes: points > 0 ? { ...before, points } : undefined });
  }

  isOut(author: PeerId, cycle: number): boolean {
    return (this.#of(author)?.untilCycle ?? 0) > cycle;
  }

  has(author: PeerId): boolean {
    return this.#of(author) !== undefined;
  }

  #of(author: PeerId): Strike | undefined {
    return this.#identities.get(author)?.strikes;
  }
}
