import { HearsayError } from "../../../base/errors.ts";
import { rowsByLabel, rowsByOwner } from "../groups.ts";
import { cut } from "./cut.ts";
import { drawClass } from "./dirichlet.ts";
import type { Partition } from "./partition.ts";
import { dirichletProportions } from "./proportions.ts";

/**
 * `owner-dirichlet:ALPHA`: whole owners, skewed by label. Each peer gets equally many owners (+-1); it mixes the classes of the owners by proportions
 *
 *     p ~ Dirichlet(alpha, ..., alpha)
 *
 * as `dirichlet` mixes rows. The class of an owner is that of its first row: a drive past one traffic sign has one. So no owner's rows are at two peers, as they are not in
 * reality. O(n log n + owners x classes) time.
 *
 * @throws HearsayError ERR_DATA where the data name no owners, or fewer than there are peers.
 * @throws RangeError unless alpha is above 0.
 * @see Hsu, Qi & Brown 2019, arXiv:1909.06335, section 3, for rows.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { ownerDirichlet } from "hearsay/protocol/learn/data/partitions/owner-dirichlet";
 * const owners = ["a", "a", "b", "b"];
 * const data = { inputs: new Float32Array(4), targets: Float32Array.of(0, 0, 1, 1), length: 4, owners };
 * ownerDirichlet.deal({ data, peers: 2, rng: createRng("dealer"), number: 0.1 }).map((rows) => rows.length); // -> [2, 2]
 */
export const ownerDirichlet: Partition = {
  name: "owner-dirichlet",
  about: "whole owners with label skew: each peer mixes the classes of owners by a draw from Dirichlet(alpha)",
  number: { name: "ALPHA", example: 0.5 },
  deal({ data, peers, rng, number }) {
    const owners = rowsByOwner(data);
    if (owners === undefined || owners.length < peers) {
      const there = owners === undefined ? "the data name no owners" : `there are ${owners.length} owners`;
      throw new HearsayError(
        "ERR_DATA",
        `${there}, for ${peers} peers: give an owner column, or partition by dirichlet`,
      );
    }
    const classOf = new Map(rowsByLabel(data).flatMap((rows, label) => rows.map((row) => [row, label] as const)));
    const byClass: number[][][] = [];
    for (const place of rng.permutation(owners.length)) {
      const rows = owners[place] as number[];
      const label = classOf.get(rows[0] as number) as number;
      byClass[label] = [...(byClass[label] ?? []), rows];
    }
    const left = Array.from(byClass, (some) => some ?? []);
    return cut([...owners.keys()], peers).map(({ length }) => {
      const mixture = dirichletProportions(left.length, number, rng);
      return Array.from({ length }, () => left[drawClass(mixture, left, rng)]?.pop() as number[]).flat();
    });
  },
};
