/**
 * Staleness-weighted mean: y = sum_j w_j v_j / sum_j w_j over own model (weight 1) and candidates.
 *
 * Gossip averaging (Boyd, Ghosh, Prabhakar, Shah 2006) with the staleness weights of FedAsync (Xie, Koyejo, Gupta 2019,
 * arXiv 1903.03934). Breakdown point 0: one liar moves it anywhere. It is the yardstick for runs without an attacker.
 * Sums in float64, own model first, then the candidates in order. O(m d) time, no memory besides the result.
 */

import { UNIT_WEIGHT } from "../weight.ts";
import { checkInput } from "./input.ts";
import type { Rule } from "./rule.ts";

export const mean: Rule = {
  name: "mean",
  minCandidates: 1,
  parameters: {},
  aggregate(input) {
    checkInput(input);
    const { own, candidates } = input;
    const total = candidates.reduce((sum, { weightQ16 }) => sum + weightQ16, UNIT_WEIGHT);
    const params = new Float32Array(own.length);
    for (let i = 0; i < own.length; i++) {
      let sum = UNIT_WEIGHT * (own[i] as number);
      for (const candidate of candidates) sum += candidate.weightQ16 * (candidate.params[i] as number);
      params[i] = Math.fround(sum / total) + 0;
    }
    return { params, statuses: candidates.map(() => "used") };
  },
};
