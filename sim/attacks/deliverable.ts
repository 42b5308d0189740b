/**
 * Lies that arrive: a peer refuses models longer than 10 (own norm + 1) before any rule sees them, and lets their
 * author wait. Liars know that, and shorten what they send to 9 (norm + 1), a little less because they guess at the
 * norm.
 */
import { lengthOf, scaled } from "./vectors.ts";

const LONGEST = 9;

/** The vector, shortened where a peer whose model has the length `norm` would refuse it. */
export function deliverable(values: Float32Array, norm: number): Float32Array {
  const most = LONGEST * (norm + 1);
  const length = lengthOf(values);
  return length <= most ? values : scaled(values, most / length);
}
