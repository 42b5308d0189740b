import { rowsByLabel } from "../groups.ts";
import type { Partition } from "./partition.ts";
import { dirichletProportions } from "./proportions.ts";

/**
 * `label-dirichlet:ALPHA`: label and quantity skew. Each class is shared out to the peers by proportions
 *
 *     p ~ Dirichlet(alpha, ..., alpha)
 *
 * Harder than `dirichlet`, since with a small alpha most of a class lies at one or two peers, and some peers have hardly any rows.
 * O(n log n + peers x classes) time.
 *
 * @throws RangeError unless alpha is above 0.
 * @see Yurochkin et al. 2019, arXiv:1905.12022, section 4.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { labelDirichlet } from "hearsay/protocol/learn/data/partitions/label-dirichlet";
 * const data = { inputs: new Float32Array(6), targets: Float32Array.of(0, 0, 0, 1, 1, 1), length: 6 };
 * const parts = labelDirichlet.deal({ data, peers: 2, rng: createRng("dealer"), number: 0.1 });
 * parts.flat().sort(); // -> [0, 1, 2, 3, 4, 5]
 */
export const labelDirichlet: Partition = {
  name: "label-dirichlet",
  about: "label and quantity skew: each class is shared out to the peers by a draw from Dirichlet(alpha)",
  number: { name: "ALPHA", example: 0.5 },
  deal({ data, peers, rng, number }) {
    const parts: number[][] = Array.from({ length: peers }, () => []);
    for (const rows of rowsByLabel(data)) {
      const shuffled = Array.from(rng.permutation(rows.length), (i) => rows[i] as number);
      const shares = dirichletProportions(peers, number, rng);
      let reached = 0;
      let from = 0;
      parts.forEach((part, peer) => {
        reached += shares[peer] as number;
        const to = peer === peers - 1 ? rows.length : Math.round(reached * rows.length);
        for (; from < to; from++) part.push(shuffled[from] as number);
      });
    }
    return parts;
  },
};
