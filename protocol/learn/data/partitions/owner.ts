import { HearsayError } from "../../../base/errors.ts";
import { rowsByOwner } from "../groups.ts";
import { cut } from "./cut.ts";
import type { Partition } from "./partition.ts";

/**
 * `owner`: the natural partition; rows of one owner stay together as far as the number of peers allows. As many peers as owners: one each, in order
 * of first appearance. More peers: the owner with most rows a part is split again and again, into consecutive runs. Fewer peers: owners in random
 * order go each to the peer with fewest rows. O(n + peers x owners) time.
 *
 * @throws HearsayError ERR_DATA where the data name no owners.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { owner } from "hearsay/protocol/learn/data/partitions/owner";
 * const owners = ["ann", "ben", "ann", "ben"];
 * const data = { inputs: new Float32Array(4), targets: new Float32Array(4), length: 4, owners };
 * owner.deal({ data, peers: 2, rng: createRng("dealer"), number: 0 }); // -> [[0, 2], [1, 3]]
 */
export const owner: Partition = {
  name: "owner",
  about: "the natural partition: rows of one owner stay together as far as the number of peers allows",
  deal({ data, peers, rng }) {
    const owners = rowsByOwner(data);
    if (owners === undefined) {
      throw new HearsayError("ERR_DATA", "the data names no owners: give an owner column, or partition it by iid");
    }
    if (owners.length < peers) return splitOwners(owners, peers);
    if (owners.length === peers) return owners;
    const parts: number[][] = Array.from({ length: peers }, () => []);
    for (const place of rng.permutation(owners.length)) {
      const least = parts.reduce((a, b) => (b.length < a.length ? b : a));
      for (const row of owners[place] as number[]) least.push(row);
    }
    return parts;
  },
};

function splitOwners(owners: readonly number[][], peers: number): number[][] {
  const pieces = owners.map((rows) => ({ rows, count: 1 }));
  for (let made = pieces.length; made < peers; made++) {
    const widest = pieces.reduce((a, b) => (b.rows.length / b.count > a.rows.length / a.count ? b : a));
    widest.count++;
  }
  return pieces.flatMap(({ rows, count }) => cut(rows, count));
}
