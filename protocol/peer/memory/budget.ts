/**
 * What others can make this peer do, as one account: checks of signatures, proofs, reads, answers, what is kept.
 *
 *     cost 1 = about 1 ms of one core, or 1 KiB that is kept
 *
 * Every neighbour pays from a bucket of its own. A newcomer (identities.ts) pays from two more: that of its address prefix, and one that all
 * newcomers share. So neither many keys nor many addresses can take more than a bounded part of this peer, and what they take is not taken from
 * the peers that it knows. Work that cannot be paid for is refused before it is begun, and leaves nothing behind.
 */
import { type Allowance, allowanceAt, forgetOldest, type Rate } from "../../base/bounded.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Standing } from "./identities.ts";

export interface Budget {
  /** Takes the cost of what `from` asks for; false where a bucket has too little: then nothing is taken, and nothing is done. */
  pay(from: PeerId, cost: number): boolean;
  /** Takes the cost of what was done already and could not be known before: a bucket may owe it, and pays nothing else until it has earned that. */
  charge(from: PeerId, cost: number): void;
}

type Buckets = Map<string, Allowance>;

export function createBudget(modules: {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "prefixOf">;
  readonly standing: Pick<Standing, "isKnown">;
}): Budget {
  const { clock, transport, standing } = modules;
  const neighbours: Buckets = new Map();
  const prefixes: Buckets = new Map();
  const newcomers: Buckets = new Map();

  /** The buckets that a neighbour pays from, with what is in them now. */
  function bucketsOf(from: PeerId) {
    const nowMs = clock.monotonicMs();
    const own = [neighbours, from, LIMITS.neighbourBudget] as const;
    const shared = () =>
      [
        [prefixes, transport.prefixOf(from), LIMITS.prefixBudget],
        [newcomers, "all", LIMITS.newcomersBudget],
      ] as const;
    const buckets = standing.isKnown(from) ? [own] : [own, ...shared()];
    return buckets.map(
      ([bucket, name, rate]): Payer => ({ bucket, name, rate, left: allowanceAt(nowMs, bucket.get(name), rate) }),
    );
  }

  return {
    pay(from, cost) {
      const buckets = bucketsOf(from);
      if (buckets.some(({ left }) => left.tokens < cost)) return false;
      for (const one of buckets) take(one, cost);
      return true;
    },
    charge(from, cost) {
      for (const one of bucketsOf(from)) take(one, cost);
    },
  };
}

/** A bucket, with what is in it now. */
interface Payer {
  readonly bucket: Buckets;
  readonly name: string;
  readonly rate: Rate;
  readonly left: Allowance;
}

function take({ bucket, name, rate, left }: Payer, cost: number): void {
  const { tokens, atMs } = left;
  bucket.delete(name); // re-inserted at the end: the map's order is the order of the last payment
  bucket.set(name, { tokens: tokens - cost, atMs });
  for (const [oldest, before] of bucket) {
    if (allowanceAt(atMs, before, rate).tokens < rate.burst) break;
    bucket.delete(oldest); // it is full again, as one that nobody has heard of
  }
  forgetOldest(bucket, LIMITS.maxBudgets);
}
