/**
 * Who moved a model: a record of each identity, from the merges that are remembered (history.ts).
 *
 * Every figure is a mean over merges whose weight is 0.98^k for the k-th newest, so that 50 merges count for most of it. The history ends
 * after 256, where the weight is 0.006.
 */

import { lowerMedian } from "../../aggregate/staleness.ts";
import type { PeerId } from "../../base/seams.ts";
import { PARENT_STATUSES, type ParentStatus } from "../../log/entry/bodies.ts";
import type { RememberedMerge, RememberedParent } from "./history.ts";

/** Weight of a merge, of that of the next. */
export const DECAY = 0.98;

export interface Tally {
  /** Share of the model that was the peer's own, mean over all merges: with the shares of all others, 1. */
  readonly own: number;
  /** By share, the largest first. */
  readonly peers: readonly PeerTally[];
}

export interface PeerTally {
  readonly peer: PeerId;
  /** How many of the remembered merges it was in. */
  readonly merges: number;
  /** Its influence, mean over all merges: 0 where it was not there. */
  readonly share: number;
  /** Its influence, mean over the merges that it was in. */
  readonly influence: number;
  /** Its distance from the own model, of the median distance of the same merge: mean over the merges in which it reached the rule. */
  readonly distance?: number;
  /** What became of it: shares of the merges that it was in. */
  readonly statuses: Readonly<Record<ParentStatus, number>>;
  readonly lastCycle: number;
  /** Who removed it last. */
  readonly lastRemovedBy?: string;
}

/** @param merges oldest first */
export function tally(merges: readonly RememberedMerge[]): Tally {
  const sums = new Map<PeerId, Sums>();
  let total = 0;
  for (const merge of merges) {
    total = total * DECAY + 1;
    for (const one of sums.values()) decay(one);
    const distances = merge.parents.flatMap(({ distance }) => (distance === undefined ? [] : [distance]));
    const usual = distances.length === 0 ? 0 : lowerMedian(distances);
    for (const parent of merge.parents) {
      const one = sums.get(parent.peer) ?? newSums();
      sums.set(parent.peer, one);
      add(one, parent, merge.cycle, usual);
    }
  }
  const peers = [...sums].map(([peer, one]) => recordOf(peer, one, total));
  peers.sort((a, b) => b.share - a.share || (a.peer < b.peer ? -1 : 1));
  return { own: Math.max(0, 1 - peers.reduce((sum, { share }) => sum + share, 0)), peers };
}

interface Sums {
  merges: number;
  weight: number;
  influence: number;
  distance: number;
  /** Weight of the merges that have a distance. */
  measured: number;
  readonly statuses: Record<ParentStatus, number>;
  lastCycle: number;
  lastRemovedBy?: string;
}

function newSums(): Sums {
  const statuses = Object.fromEntries(PARENT_STATUSES.map((status) => [status, 0])) as Record<ParentStatus, number>;
  return { merges: 0, weight: 0, influence: 0, distance: 0, measured: 0, statuses, lastCycle: 0 };
}

function decay(sums: Sums): void {
  sums.weight *= DECAY;
  sums.influence *= DECAY;
  sums.distance *= DECAY;
  sums.measured *= DECAY;
  for (const status of PARENT_STATUSES) sums.statuses[status] *= DECAY;
}

function add(
  sums: Sums,
  { status, influence, distance, removedBy }: RememberedParent,
  cycle: number,
  usual: number,
): void {
  sums.merges++;
  sums.weight++;
  sums.influence += influence;
  sums.statuses[status]++;
  sums.lastCycle = cycle;
  if (removedBy !== undefined) sums.lastRemovedBy = removedBy;
  if (distance === undefined || usual === 0) return;
  sums.distance += distance / usual;
  sums.measured++;
}

function recordOf(peer: PeerId, sums: Sums, total: number): PeerTally {
  const { merges, weight, lastCycle, lastRemovedBy } = sums;
  const statuses = { ...sums.statuses };
  for (const status of PARENT_STATUSES) statuses[status] /= weight;
  return {
    peer,
    merges,
    share: sums.influence / total,
    influence: sums.influence / weight,
    ...(sums.measured > 0 && { distance: sums.distance / sums.measured }),
    statuses,
    lastCycle,
    ...(lastRemovedBy !== undefined && { lastRemovedBy }),
  };
}
