import { toHex } from "../../base/bytes.ts";
import { createRng } from "../../base/rng.ts";
import type { Given, PreAggregator } from "../rows/rule.ts";

/**
 * Bucketing before a rule: candidates are put into buckets of `bucket`, drawn by lot, and each bucket becomes its mean.
 *
 *     B_1 .. B_q = the candidates in the order of the lot, `bucket` at a time, q = ceil(m / bucket);   z_i = sum_{j in B_i} p_j v_j / sum_{j in B_i} p_j
 *
 * where v_1 .. v_m are the candidates and p_j is the mass. Weights and masses of a bucket add up. The own model is no part of the lot and
 * stays a row of its own.
 *
 * Means differ less than models, which helps under skew and against mimics. But one liar spoils its whole bucket, so the share of liars
 * that the next rule stands is divided by `bucket`. O(m) time besides the seed. Parameter `bucket`: models in a bucket.
 *
 * The lot is seeded by what the peer signs for its merge (log/entry/lot.ts), which the log tells afterwards: nobody else can know it while
 * models are made, and an auditor can draw it again. Without that it is seeded by the own parameters, which others see when they are
 * published, before the merge.
 *
 * @throws nothing; the rule behind it checks the input.
 * @see Karimireddy, He, Jaggi, ICLR 2022 (arXiv 2006.09365).
 * @example
 * import { findRule } from "hearsay/protocol/aggregate/registry";
 * import { ruleInput } from "hearsay/protocol/aggregate/rows/input";
 * const input = ruleInput([0], [[1], [1], [1], [9]]); // own model, three honest candidates, a liar
 * // Two buckets, of which one has the liar: rows 0, 1 and (1 + 9) / 2.
 * findRule("bucketing+median").aggregate(input, { bucket: 2 }).params; // -> [1]
 */
export const bucketing: PreAggregator = {
  name: "bucketing",
  order: 3,
  parameters: { bucket: { default: 2, min: 1, max: 8, about: "models in a bucket; a fraction is cut off" } },
  minCandidates: (needed, parameters) => sizeOf(parameters) * (needed - 1) + 1,
  apply(crowd, parameters) {
    const size = sizeOf(parameters);
    if (size === 1) return crowd;
    const m = crowd.members.length;
    const factors = crowd.mixed?.coefficients ?? new Float64Array(m + 1).fill(1);
    const { lot: given } = crowd.input;
    const lot = createRng(
      `bucketing/${given === undefined ? fingerprint(crowd.vectors[0] as Float32Array) : toHex(given)}`,
    );
    const order = lot.permutation(m).map((j) => j + 1);
    const n = 1 + Math.ceil(m / size);
    const listed = new Int32Array(n * size);
    const coefficients = new Float64Array(m + 1);
    const weights = Float64Array.of(crowd.weights[0] as number, ...new Float64Array(n - 1));
    const masses = Float64Array.of(crowd.masses[0] as number, ...new Float64Array(n - 1));
    for (let b = 1; b < n; b++) {
      const members = order.subarray((b - 1) * size, b * size);
      listed.set(members, b * size);
      weights[b] = sumAt(crowd.weights, members);
      masses[b] = sumAt(crowd.masses, members);
      for (const j of members)
        coefficients[j] = ((factors[j] as number) * (crowd.masses[j] as number)) / (masses[b] as number);
    }
    return {
      ...crowd,
      weights,
      masses,
      mixed: { coefficients, scales: new Float64Array(n).fill(1), listed, lists: "held" },
    };
  },
};

function sizeOf(parameters: Given): number {
  return Math.floor((parameters as { bucket: number }).bucket);
}

function sumAt(values: Float64Array, places: Uint32Array): number {
  return places.reduce((sum, place) => sum + (values[place] as number), 0);
}

/** FNV-1a over the parameters as 32-bit words. */
function fingerprint(params: Float32Array): number {
  const float = new Float32Array(1);
  const word = new Uint32Array(float.buffer);
  let hash = 0x811c9dc5;
  for (let i = 0; i < params.length; i++) {
    float[0] = params[i] as number;
    hash = Math.imul(hash ^ (word[0] as number), 0x01000193);
  }
  return hash >>> 0;
}
