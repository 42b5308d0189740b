/** Counts what became of every peer's models in the merges of honest peers. */
import type { PeerId } from "../../protocol/base/seams.ts";
import type { Merge } from "../algorithms/algorithm.ts";

/** What became of one peer's models: sums over all merges that had one. */
export interface MergeRecord {
  /** By status. */
  readonly counts: Record<string, number>;
  weight: number;
  influence: number;
  times: number;
}

/** A tally as data. */
export interface Tallied {
  readonly merges: number;
  readonly staleness: readonly number[];
  readonly records: ReadonlyMap<PeerId, MergeRecord>;
}

export interface MergeTally {
  add(merge: Merge): void;
  /** Adds what another tally has counted. Weights are multiples of 2^-16, so no sum of them depends on the order. */
  addAll(other: Tallied): void;
  all(): Tallied;
  of(peer: PeerId): Readonly<MergeRecord> | undefined;
  /** Merges so far. */
  count(): number;
  /** How many models were 0, 1, ... cycles stale; the last counts all above. */
  readonly staleness: readonly number[];
}

/** Counts of staleness 0, 1, ... and one for all above. */
const STALENESS_BINS = 22;

export function createMergeTally(): MergeTally {
  const staleness = new Array<number>(STALENESS_BINS).fill(0);
  const records = new Map<PeerId, MergeRecord>();
  let merges = 0;

  function recordOf(peer: PeerId): MergeRecord {
    const record = records.get(peer) ?? { counts: {}, weight: 0, influence: 0, times: 0 };
    records.set(peer, record);
    return record;
  }

  return {
    add({ parents }) {
      merges++;
      for (const { peer, tau, weight, status, influence = 0 } of parents) {
        const bin = Math.min(STALENESS_BINS - 1, Math.floor(tau));
        staleness[bin] = (staleness[bin] as number) + 1;
        const record = recordOf(peer);
        record.counts[status] = (record.counts[status] ?? 0) + 1;
        record.weight += weight;
        record.influence += influence;
        record.times++;
      }
    },
    addAll(other) {
      merges += other.merges;
      for (const [bin, count] of other.staleness.entries()) staleness[bin] = (staleness[bin] as number) + count;
      for (const [peer, { counts, weight, influence, times }] of other.records) {
        const record = recordOf(peer);
        for (const [status, count] of Object.entries(counts))
          record.counts[status] = (record.counts[status] ?? 0) + count;
        record.weight += weight;
        record.influence += influence;
        record.times += times;
      }
    },
    all: () => ({ merges, staleness, records }),
    of: (peer) => records.get(peer),
    count: () => merges,
    staleness,
  };
}
