/** All alike: what peers do where nothing is set. */
import type { Selector } from "./selector.ts";

/**
 * Every author has the same chance. O(1), and no look at a model.
 *
 * @throws nothing.
 * @example
 * import { random } from "hearsay/protocol/select/random";
 * random.score({ worth: 1, pullMs: 10, roundTripMs: 1, isPaid: false, sinceMs: 0 }); // -> 0
 */
export const random: Selector = {
  name: "random",
  about: "all neighbours alike",
  source: "our own; kin: RPEL (El-Mrini, Farhadkhani, Guerraoui 2025, arXiv 2510.08311)",
  top: 1,
  score: () => 0,
  words: () => "all are alike",
};
