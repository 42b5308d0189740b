import { sortedByLabel } from "../groups.ts";
import { cut } from "./cut.ts";
import type { Partition } from "./partition.ts";

/**
 * `shards:COUNT`: label skew. Rows sorted by label are cut into peers x COUNT shards, COUNT of them dealt to each peer. O(n log n) time.
 *
 * @throws RangeError unless COUNT is a whole number above 0.
 * @see McMahan et al. 2017, arXiv:1602.05629, section 3.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { shards } from "hearsay/protocol/learn/data/partitions/shards";
 * const data = { inputs: new Float32Array(4), targets: Float32Array.of(1, 0, 1, 0), length: 4 };
 * const parts = shards.deal({ data, peers: 2, rng: createRng("dealer"), number: 1 });
 * parts.map((rows) => data.targets[rows[0]] === data.targets[rows[1]]); // -> [true, true]
 */
export const shards: Partition = {
  name: "shards",
  about: "label skew: rows sorted by label, cut into peers x COUNT shards, COUNT of them for each peer",
  number: { name: "COUNT", example: 2, isWhole: true },
  minRows: (count) => Math.max(2, count),
  deal({ data, peers, rng, number: count }) {
    if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`COUNT is ${count}, it must be >= 1`);
    const all = cut(sortedByLabel(data), peers * count);
    const order = cut(Array.from(rng.permutation(all.length)), peers);
    return order.map((mine) => mine.flatMap((shard) => all[shard] as number[]));
  },
};
