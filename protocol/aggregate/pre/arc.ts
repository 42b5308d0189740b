/**
 * ARC, adaptive clipping before a rule: shorten the c longest v_j - own to the length of the next.
 *
 *     r = the (c+1)-th largest |v_j - own|, c = min(floor(2 b (m - b) / m), m - 1)
 *
 * Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan 2024 (arXiv 2405.14432), who clip gradients around 0 at a server: the own model
 * is the origin here. Bounds how far any model can pull; a rule that is robust already keeps its guarantee. A shortened
 * candidate is `clipped`. O(m d) time.
 */

import { ASSUMED_SHARE, assumedLiars } from "../rows/assumed-liars.ts";
import { clipFactors, radiusThatClips } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import { eachAlone } from "../rows/mixture.ts";
import type { PreAggregator } from "../rows/rule.ts";

export const arc: PreAggregator = {
  name: "arc",
  order: 2,
  parameters: { f: ASSUMED_SHARE },
  minCandidates: (needed) => needed,
  apply(crowd, parameters) {
    const { f } = parameters as { f: number };
    const m = crowd.members.length;
    if (m === 0) return crowd;
    const lengths = lengthsOf(crowd);
    const factors = clipFactors(lengths, radiusThatClips(clippedCount(assumedLiars(f, m), m), lengths));
    const clipped = new Set(crowd.members.filter((_, j) => (factors[j] as number) < 1));
    return {
      ...crowd,
      mixed: eachAlone(Float64Array.of(1, ...factors)),
      statuses: crowd.statuses.map((status, candidate) => (clipped.has(candidate) ? "clipped" : status)),
    };
  },
};

/** c. */
export function clippedCount(liars: number, m: number): number {
  return Math.min(Math.floor((2 * liars * (m - liars)) / m), m - 1);
}
