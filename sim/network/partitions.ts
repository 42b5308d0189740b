/**
 * Times in which the network has fallen apart: two peers can be connected only if they are in the same group of every partition
 * that holds. Nothing is told to the peers; their connections break, and come back when somebody opens them again.
 */
import type { PartitionSpec } from "./schema.ts";

export interface Partitions {
  /** Times at which a partition begins or ends, in order, each once: whole milliseconds of the clock. */
  readonly changesMs: readonly number[];
  /** Whether two peers, by number, are on the same side of everything at that time. A partition holds in [from, to). */
  together(a: number, b: number, nowMs: number): boolean;
}

type GroupOf = (peer: number) => number;

const GROUPS: Readonly<Record<PartitionSpec["by"], (groups: number, peers: number) => GroupOf>> = {
  blocks: (groups, peers) => (peer) => Math.floor((peer * groups) / peers),
  modulo: (groups) => (peer) => peer % groups,
  one: (_groups, peers) => (peer) => Number(peer === peers - 1),
};

/** `startMs` .. `startMs + runMs`: the run of which the spec gives shares. */
export function createPartitions(
  spec: readonly PartitionSpec[],
  peers: number,
  startMs: number,
  runMs: number,
): Partitions {
  // Whole milliseconds, so that an event of the virtual clock that is due then sees the change.
  const at = (share: number) => Math.round(startMs + share * runMs);
  const partitions = spec.map(({ from, to, groups, by }) => ({
    fromMs: at(from),
    toMs: at(to),
    groupOf: GROUPS[by](groups, peers),
  }));
  const changes = new Set(partitions.flatMap(({ fromMs, toMs }) => [fromMs, toMs]));
  return {
    changesMs: [...changes].sort((a, b) => a - b),
    together(a, b, nowMs) {
      for (const { fromMs, toMs, groupOf } of partitions)
        if (fromMs <= nowMs && nowMs < toMs && groupOf(a) !== groupOf(b)) return false;
      return true;
    },
  };
}
