/**
 * Staleness-weighted mean: y = sum_j w_j v_j / sum_j w_j over own model (weight 1) and candidates, weights times mass.
 *
 * Gossip averaging (Boyd, Ghosh, Prabhakar, Shah 2006) with the staleness weights of FedAsync (Xie, Koyejo, Gupta 2019,
 * arXiv 1903.03934). Breakdown point 0: one liar moves it anywhere. It is the yardstick for runs without an attacker.
 * O(m d) time, no memory besides the result.
 */

import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";

export const mean: SettledRule = settled({
  name: "mean",
  minCandidates: 1,
  parameters: {},
  settle: ({ weights }) => meanOf(weights),
});
