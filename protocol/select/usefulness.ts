/** Who made the own model better, lately. */
import type { Selector } from "./selector.ts";
import { worthText } from "./words.ts";

/**
 * Prefers authors whose models, mixed half and half with the own one, made it lose less on own rows than those of others did. It gains nothing to send the
 * own model back, or one like it. Whoever knows which rows a peer has can please it all the same (sim/attacks/flatterer.ts). O(1); two evaluations of a model on
 * at most `LIMITS.maxSampleRows` rows for each that is pulled.
 *
 * @throws nothing.
 * @example
 * import { usefulness } from "hearsay/protocol/select/usefulness";
 * const unknown = { worth: 0.5, pullMs: undefined, roundTripMs: undefined, isPaid: false, sinceMs: 0 };
 * usefulness.score({ ...unknown, worth: 0.8 }) > usefulness.score(unknown); // -> true
 */
export const usefulness: Selector = {
  name: "usefulness",
  about: "who made the own model better on own rows, lately",
  source: "our own, after PENS (Onoszko, Karlsson, Mogren, Zec 2021, arXiv 2107.08517)",
  judges: "gain",
  worthOf: (rank) => rank,
  top: 0,
  score: ({ worth }) => worth,
  words: ({ worth }) => worthText("made the own model better on own rows", worth),
};
