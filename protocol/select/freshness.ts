/** Who has announced something last. */
import type { Selector } from "./selector.ts";

/**
 * Prefers authors whose newest announcement came last, by the own clock: what they say of age and time counts for nothing. Whoever announces just before others draw
 * is always the freshest, so this is no policy for a network with strangers (sim/results/selectors.md). O(1), and no look at a model.
 *
 * @throws nothing.
 * @example
 * import { freshness } from "hearsay/protocol/select/freshness";
 * const old = { worth: 0.5, pullMs: 20, roundTripMs: 2, isPaid: false, sinceMs: 90_000 };
 * freshness.score({ ...old, sinceMs: 10 }) > freshness.score(old); // -> true
 */
export const freshness: Selector = {
  name: "freshness",
  about: "whose newest announcement came last",
  source: "our own",
  top: 0,
  score: ({ sinceMs }) => -sinceMs,
  words: ({ sinceMs }) => `its newest announcement came ${(sinceMs / 1000).toFixed(1)} s ago`,
};
