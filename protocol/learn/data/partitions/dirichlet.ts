import type { Rng } from "../../../base/rng.ts";
import { rowsByLabel } from "../groups.ts";
import { cut } from "./cut.ts";
import type { Deal, Partition } from "./partition.ts";
import { dirichletProportions } from "./proportions.ts";

/**
 * `dirichlet:ALPHA`: label skew. Parts have equal size (+-1); the classes of each peer are mixed by proportions
 *
 *     p ~ Dirichlet(alpha, ..., alpha)
 *
 * where each peer in turn draws its rows by its own mixture of the classes that are left. Regression: the classes are quantile bins of the first
 * target (`rowsByLabel`). O(n log n + n x classes) time.
 *
 * @throws RangeError unless alpha is above 0.
 * @see Hsu, Qi & Brown 2019, arXiv:1909.06335, section 3, with a uniform prior.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { dirichlet } from "hearsay/protocol/learn/data/partitions/dirichlet";
 * const data = { inputs: new Float32Array(6), targets: Float32Array.of(0, 0, 0, 1, 1, 1), length: 6 };
 * const parts = dirichlet.deal({ data, peers: 2, rng: createRng("dealer"), number: 0.1 });
 * parts.map((rows) => rows.length); // -> [3, 3]
 */
export const dirichlet: Partition = {
  name: "dirichlet",
  about: "label skew: each peer mixes the classes by a draw from Dirichlet(alpha); parts of equal size",
  number: { name: "ALPHA", example: 0.5 },
  deal({ data, peers, rng, number }: Deal) {
    const left = rowsByLabel(data).map((rows) => Array.from(rng.permutation(rows.length), (i) => rows[i] as number));
    const sizes = cut(Array.from({ length: data.length }), peers).map(({ length }) => length);
    return sizes.map((size) => {
      const mixture = dirichletProportions(left.length, number, rng);
      return Array.from({ length: size }, () => left[drawClass(mixture, left, rng)]?.pop() as number);
    });
  },
};

/** A class that has rows left, by the proportions among those. Where all of these have vanished by rounding: the first. */
export function drawClass(mixture: readonly number[], left: readonly (readonly unknown[])[], rng: Rng): number {
  const open = [...left.keys()].filter((label) => (left[label] as unknown[]).length > 0);
  let place = rng.uniform() * open.reduce((sum, label) => sum + (mixture[label] as number), 0);
  for (const label of open) {
    place -= mixture[label] as number;
    if (place < 0) return label;
  }
  return open[0] as number;
}
