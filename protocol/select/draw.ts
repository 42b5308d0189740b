/** One draw: mostly by what a selector prefers, now and then at random. */
import type { Rng } from "../base/rng.ts";

/** Whom a draw found, and how. */
export interface Drawn<Author> {
  readonly author: Author;
  readonly isPreferred: boolean;
}

export interface Preference<Author> {
  /** Share of the draws that are made at random. */
  readonly floor: number;
  /** Of those that may be preferred, the share, from the best on, among which is drawn; 0: the best, and all that are as good. */
  readonly top: number;
  score(author: Author): number;
  /** False where there are enough of its kind. */
  mayPrefer(author: Author): boolean;
}

/**
 * Draws one. O(n log n) of n authors.
 *
 * @param open at least one. @throws RangeError where there is none.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { drawOne } from "hearsay/protocol/select/draw";
 * const longest = { floor: 0, top: 0, score: (name) => name.length, mayPrefer: () => true };
 * drawOne(["a", "abc", "ab"], longest, createRng(1)); // -> { author: "abc", isPreferred: true }
 */
export function drawOne<Author>(open: readonly Author[], preference: Preference<Author>, rng: Rng): Drawn<Author> {
  const { floor, top, score, mayPrefer } = preference;
  const atRandom = () => ({ author: open[rng.below(open.length)] as Author, isPreferred: false });
  if (rng.uniform() < floor) return atRandom();
  const scored = open.filter(mayPrefer).map((author) => ({ author, score: score(author) }));
  if (scored.length === 0) return atRandom();
  scored.sort((a, b) => (a.score === b.score ? 0 : b.score - a.score)); // two infinities are alike
  const last = scored[Math.max(1, Math.ceil(top * scored.length)) - 1]?.score as number;
  const best = scored.filter((one) => one.score >= last);
  return { author: best[rng.below(best.length)]?.author as Author, isPreferred: true };
}
