/**
 * The Euclidean distance of two parameter vectors, with the same bits on every machine: in the order of sums of differences.ts.
 */

import { BLOCK } from "./differences.ts";
import { SPAN } from "./passes.ts";

/** |a - b|, for vectors of one length d. O(d). */
export function distance(a: Float32Array, b: Float32Array): number {
  let total = 0;
  let span = 0;
  for (let start = 0; start < a.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, a.length);
    let even = 0;
    let odd = 0;
    let i = start;
    for (; i + 1 < end; i += 2) {
      const first = (a[i] as number) - (b[i] as number);
      const second = (a[i + 1] as number) - (b[i + 1] as number);
      even += first * first;
      odd += second * second;
    }
    if (i < end) {
      const last = (a[i] as number) - (b[i] as number);
      even += last * last;
    }
    span += even + odd;
    if (end % SPAN !== 0) continue;
    total += span;
    span = 0;
  }
  return Math.sqrt(total + span);
}
