import { ASSUMED_SHARE, assumedLiars } from "../rows/assumed-liars.ts";
import { clipFactors, radiusThatClips } from "../rows/clip.ts";
import { lengthsOf } from "../rows/crowd.ts";
import { eachAlone } from "../rows/mixture.ts";
import type { PreAggregator } from "../rows/rule.ts";

/**
 * ARC, adaptive clipping before a rule: shorten the c longest differences to the own model to the length of the next.
 *
 *     z_j <- own + min(1, r / |z_j - own|) (z_j - own);   r = the (c + 1)-th largest |z_j - own|, c = min(floor(2 b (m - b) / m), m - 1)
 *
 * where z_1 .. z_m are the candidates and b is the assumed number of liars (`assumedLiars`). A shortened candidate is `clipped`.
 *
 * It bounds how far any model can pull. A rule that is robust already keeps its guarantee. O(m d) time. Parameter `f`: the assumed share of
 * liars. In the paper a server clips gradients around 0; here the own model is the origin.
 *
 * @throws nothing; the rule behind it checks the input.
 * @see Allouah, Guerraoui, Gupta, Jellouli, Rizk, Stephan 2024 (arXiv 2405.14432).
 * @example
 * import { findRule } from "hearsay/protocol/aggregate/registry";
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * const input = ruleInput([0, 0], [[3, 0], [0, 3], [90, 0]]); // own model, two honest candidates, a liar
 * findRule("mean").aggregate(input, {}).params; // -> [23.25, 0.75]
 * findRule("arc+mean").aggregate(input, { f: 0.2 }).params; // -> [1.5, 0.75]
 * findRule("arc+mean").aggregate(input, { f: 0.2 }).statuses; // -> ["used", "used", "clipped"]
 */
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

/** c of ARC: how many of m candidates are shortened. */
export function clippedCount(liars: number, m: number): number {
  return Math.min(Math.floor((2 * liars * (m - liars)) / m), m - 1);
}
