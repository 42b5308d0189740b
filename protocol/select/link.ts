/** Over whose link models come soon, and for nothing. */
import type { Selector } from "./selector.ts";

/** A link that is paid for counts as one that is so many times as slow. */
const PAID = 8;

/**
 * Prefers authors whose bodies come soon: by the mean duration of pulls from them, which bytes and line make, or by the round trip before the first; over a link
 * that is paid for as if it were eight times as slow. No machine says what a byte costs in energy: a radio that is on for a shorter time stands for it. O(1), and no look at a model.
 *
 * @throws nothing.
 * @example
 * import { link } from "hearsay/protocol/select/link";
 * const near = { worth: 0.5, pullMs: 20, roundTripMs: 2, isPaid: false, sinceMs: 0 };
 * link.score(near) > link.score({ ...near, isPaid: true }); // -> true
 */
export const link: Selector = {
  name: "link",
  about: "whose models come soon, and over links that nobody pays for",
  source: "our own",
  top: 0,
  score({ pullMs = Number.POSITIVE_INFINITY, roundTripMs, isPaid }) {
    const takesMs = Number.isFinite(pullMs) ? pullMs : (roundTripMs ?? Number.POSITIVE_INFINITY);
    return -takesMs * (isPaid ? PAID : 1);
  },
  words({ pullMs, roundTripMs, isPaid }) {
    const paid = isPaid ? ", over a link that is paid for" : "";
    if (pullMs !== undefined) return `a pull takes ${Math.round(pullMs)} ms on average${paid}`;
    if (roundTripMs !== undefined)
      return `nothing was pulled yet; a round trip takes ${Math.round(roundTripMs)} ms${paid}`;
    return `nothing was pulled yet${paid}`;
  },
};
