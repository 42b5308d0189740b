/**
 * What others can make this peer do, as one account: checks of signatures, proofs, reads, answers, what is kept.
 *
 *     cost 1 = about 1 ms of one core, or 1 KiB that is kept
 *
 * Every neighbour pays from a bucket of its own. A newcomer (identities.ts) pays from two more: that of its address prefix, and one that all
 * newcomers share. So neither many keys nor many addresses can take more than a bounded part of this peer, and what they take is not taken from
 * the peers that it knows. Work that cannot be paid for is refused before it is begun, and leaves nothing behind.
 */
import type { Allowance } from "../../base/bounded.ts";
import { Buckets } from "../../base/buckets.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, PeerId, Transport } from "../../base/seams.ts";
import type { Standing } from "./identities.ts";

export interface Budget {
  /** Takes the cost of what `from` asks for; false where a bucket has too little: then nothing is taken, and nothing is done. */
  pay(from: PeerId, cost: number): boolean;
  /** Takes the cost of what was done already and could not be known before: a bucket may owe it, and pays nothing else until it has earned that. */
  charge(from: PeerId, cost: number): void;
}

export function createBudget(modules: {
  readonly clock: Clock;
  readonly transport: Pick<Transport, "prefixOf">;
  readonly standing: Pick<Standing, "isKnown">;
}): Budget {
  const { clock, transport, standing } = modules;
  const neighbours = new Buckets(LIMITS.neighbourBudget, LIMITS.maxBudgets);
  const prefixes = new Buckets(LIMITS.prefixBudget, LIMITS.maxBudgets);
  const newcomers = new Buckets(LIMITS.newcomersBudget, LIMITS.maxBudgets);

  /** The buckets that `from` pays from, its own first: a newcomer from those that it shares, too. */
  const payers = (from: PeerId): readonly Payer[] => {
    const nowMs = clock.monotonicMs();
    for (const all of [neighbours, prefixes, newcomers]) all.forgetFull(nowMs);
    const own = payer(neighbours, from, nowMs);
    if (standing.isKnown(from)) return [own];
    return [own, payer(prefixes, transport.prefixOf(from), nowMs), payer(newcomers, "all", nowMs)];
  };

  return {
    pay(from, cost) {
      const all = payers(from);
      if (all.some(({ left }) => left.tokens < cost)) return false;
      for (const one of all) take(one, cost);
      return true;
    },
    charge(from, cost) {
      for (const one of payers(from)) take(one, cost);
    },
  };
}

/** A bucket, with what is in it now. */
interface Payer {
  readonly of: Buckets;
  readonly name: string;
  readonly left: Allowance;
}

function payer(of: Buckets, name: string, nowMs: number): Payer {
  return { of, name, left: of.at(name, nowMs) };
}

function take({ of, name, left: { tokens, atMs } }: Payer, cost: number): void {
  of.put(name, { tokens: tokens - cost, atMs });
}
