/**
 * A token bucket of bytes that holds a budget in every span of its length, wherever that begins:
 *
 *     bucket    a quarter of the budget: so much may go at once
 *     inflow    three quarters of the budget in its span, evenly
 *
 * In a span so at most what the bucket held, and what flowed in: a quarter and three quarters.
 */
import { type Allowance, allowanceAt, type Rate } from "../base/bounded.ts";
import type { Clock } from "../base/seams.ts";
import type { ByteLimit } from "./byte-limit.ts";

/** Share of a budget that may go at once. */
const BURST_SHARE = 0.25;

/** What the bucket of a budget holds, and what flows into it. */
export function rateOf({ bytes, perMs }: ByteLimit): Rate {
  return { burst: BURST_SHARE * bytes, perSecond: ((1 - BURST_SHARE) * bytes * 1000) / perMs };
}

export interface Bucket {
  readonly limit: ByteLimit;
  /** Bytes that may go now. */
  leftBytes(): number;
  /** Bytes that have gone; they need not have been there. */
  take(bytes: number): void;
  /** Until so many are there, ms; infinity where there is never room for as many. */
  msUntil(bytes: number): number;
}

/** @param left what is there at first: a full bucket where left out. */
export function createBucket(clock: Pick<Clock, "monotonicMs">, limit: ByteLimit, left?: number): Bucket {
  const rate = rateOf(limit);
  let before: Allowance = { tokens: Math.min(rate.burst, left ?? rate.burst), atMs: clock.monotonicMs() };
  const now = () => {
    before = allowanceAt(clock.monotonicMs(), before, rate);
    return before.tokens;
  };
  return {
    limit,
    leftBytes: now,
    take(bytes) {
      const tokens = now() - bytes;
      before = { ...before, tokens };
    },
    msUntil(bytes) {
      if (bytes > rate.burst) return Number.POSITIVE_INFINITY;
      return Math.max(0, (1000 * (bytes - now())) / rate.perSecond);
    },
  };
}
