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

  const payerOf = (bucket: Buckets, name: string, rate: Rate): Payer => {
    return { bucket, name, rate, left: allowanceAt(clock.monotonicMs(), bucket.get(name), rate) };
  };
  const ownOf = (from: PeerId) => payerOf(neighbours, from, LIMITS.neighbourBudget);
  /** What a newcomer pays from beside its own; nothing for others. */
  const sharedOf = (from: PeerId): readonly Payer[] =>
    standing.isKnown(from)
      ? NONE
      : [
          payerOf(prefixes, transport.prefixOf(from), LIMITS.prefixBudget),
          payerOf(newcomers, "all", LIMITS.newcomersBudget),
        ];

  return {
    pay(from, cost) {
      const own = ownOf(from);
      if (own.left.tokens < cost) return false;
      const shared = sharedOf(from);
      if (shared.some(({ left }) => left.tokens < cost)) return false;
      take(own, cost);
      for (const one of shared) take(one, cost);
      return true;
    },
    charge(from, cost) {
      take(ownOf(from), cost);
      for (const one of sharedOf(from)) take(one, cost);
    },
  };
}

const NONE: readonly Payer[] = [];

/** A bucket, with what is in it now. */
interface Payer {
  readonly bucket: Buckets;
  readonly name: string;
  readonly rate: Rate;
  readonly left: Allowance;
}

function take({ bucket, name, rate, left }: Payer, cost: number): void {
  const { tokens, atMs } = left;
  const isNew = !bucket.delete(name); // re-inserted at the end: the map's order is the order of the last payment
  bucket.set(name, { tokens: tokens - cost, atMs });
  if (!isNew) return; // there are no more than before
  for (const [oldest, before] of bucket) {
    if (allowanceAt(atMs, before, rate).tokens < rate.burst) break;
    bucket.delete(oldest); // it is full again, as one that nobody has heard of
  }
  forgetOldest(bucket, LIMITS.maxBudgets);
}
