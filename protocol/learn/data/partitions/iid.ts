import { cut } from "./cut.ts";
import type { Partition } from "./partition.ts";

/**
 * `iid`: rows uniformly at random, parts of equal size (+-1). O(n) time.
 *
 * @throws nothing.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { iid } from "hearsay/protocol/learn/data/partitions/iid";
 * const data = { inputs: new Float32Array(5), targets: new Float32Array(5), length: 5 };
 * const parts = iid.deal({ data, peers: 2, rng: createRng("dealer"), number: 0 });
 * parts.map((rows) => rows.length); // -> [2, 3]
 * parts.flat().sort(); // -> [0, 1, 2, 3, 4]
 */
export const iid: Partition = {
  name: "iid",
  about: "uniformly at random, parts of equal size",
  deal: ({ data, peers, rng }) => cut(Array.from(rng.permutation(data.length)), peers),
};
