/** Who has data like the own. */
import type { Selector } from "./selector.ts";
import { worthText } from "./words.ts";

/**
 * Performance-based neighbour selection: prefers authors whose models were often in the better half of their merges by their loss on own rows, and draws among the
 * better half of those that are there. On skewed data that finds those who have data alike. A copy of the own model is as good as any: who sends it back is preferred.
 * O(1); one evaluation of a model on at most `LIMITS.maxSampleRows` rows for each that is pulled.
 *
 * @throws nothing.
 * @see Onoszko, Karlsson, Mogren, Zec 2021, Decentralized federated learning of deep neural networks on non-iid data (arXiv 2107.08517).
 * @example
 * import { affinity } from "hearsay/protocol/select/affinity";
 * [0, 0.5, 1].map((rank) => affinity.worthOf?.(rank)); // -> [0, 1, 1]
 */
export const affinity: Selector = {
  name: "affinity",
  about: "who has data like the own: models that lose little on own rows (PENS)",
  source: "PENS (Onoszko, Karlsson, Mogren, Zec 2021, arXiv 2107.08517)",
  judges: "loss",
  worthOf: (rank) => (rank >= 0.5 ? 1 : 0),
  top: 0.5,
  score: ({ worth }) => worth,
  words: ({ worth }) => worthText("was in the better half by the loss on own rows", worth),
};
