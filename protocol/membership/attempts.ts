/**
 * Failed attempts at addresses that nobody here has reached. An attacker that invents addresses makes peers knock at the doors of others; so an address is
 * given up after a few attempts, and a host and an address prefix get few in all, whatever the peers are called that are said to live there.
 *
 * What a peer tells of its own host, and what lies in the local network, has a larger allowance of its own, so that others cannot use it up.
 */
import { putNewest } from "../base/bounded.ts";
import { Buckets } from "../base/buckets.ts";
import { LIMITS } from "../base/limits.ts";
import type { Clock } from "../base/seams.ts";
import type { Place } from "./addresses.ts";

export interface Attempt {
  readonly address: string;
  readonly place: Place;
  /** The peer that told the address, where that is the peer at the address itself. */
  readonly own: string | undefined;
}

export interface Attempts {
  /** Whether one more is allowed now. */
  mayTry(attempt: Attempt): boolean;
  /** It was tried too often. */
  isHopeless(attempt: Attempt): boolean;
  failed(attempt: Attempt): void;
  succeeded(attempt: Attempt): void;
}

interface Tries {
  readonly count: number;
  readonly atMs: number;
}

export function createAttempts(clock: Clock): Attempts {
  const tries = new Map<string, Tries>();
  const nearby = new Buckets(LIMITS.failedDialsNearby, LIMITS.maxBudgets);
  const hosts = new Buckets(LIMITS.failedDialsOfHost, LIMITS.maxBudgets);
  const prefixes = new Buckets(LIMITS.failedDialsOfPrefix, LIMITS.maxBudgets);

  const nameOf = ({ own, address }: Attempt) => `${own ?? ""} ${address}`;

  function payers(attempt: Attempt): (readonly [of: Buckets, name: string])[] {
    const { host, prefix } = attempt.place;
    if (isNear(attempt)) return [[nearby, host]];
    return [
      [hosts, host],
      [prefixes, prefix],
    ];
  }

  function isHopeless(attempt: Attempt): boolean {
    const before = tries.get(nameOf(attempt));
    if (before === undefined || before.count < LIMITS.maxDialTries) return false;
    return clock.monotonicMs() - before.atMs < (isNear(attempt) ? LIMITS.hopelessNearbyMs : LIMITS.hopelessMs);
  }

  return {
    isHopeless,
    mayTry: (attempt) =>
      !isHopeless(attempt) && payers(attempt).every(([of, name]) => of.at(name, clock.monotonicMs()).tokens >= 1),
    failed(attempt) {
      const name = nameOf(attempt);
      const count =
        (isHopeless(attempt) ? LIMITS.maxDialTries : (tries.get(name)?.count ?? 0) % LIMITS.maxDialTries) + 1;
      putNewest(
        tries,
        name,
        { count: Math.min(count, LIMITS.maxDialTries), atMs: clock.monotonicMs() },
        LIMITS.maxHopeless,
      );
      for (const [of, bucket] of payers(attempt)) of.take(bucket, clock.monotonicMs());
    },
    succeeded: (attempt) => void tries.delete(nameOf(attempt)),
  };
}

/** In the local network, or at the word of who is there itself: it was busy, perhaps. */
function isNear({ place, own }: Attempt): boolean {
  return place.isLocal || own !== undefined;
}
