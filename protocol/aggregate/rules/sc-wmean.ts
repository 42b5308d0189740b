/**
 * sc-wmean, self-centred weighted mean: `nna` with staleness weights times mass.
 *
 * Ours, after Farhadkhani et al., ICML 2023. Falls to liars inside the ball: at the distance of the b-th farthest honest model they
 * are kept, and push the honest out (23 % at Dirichlet 0.5, f = 0.2; robust-median search). O(m d) time.
 */

import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";
import { nearestRows } from "./nna.ts";

export const scWmean: SettledRule = settled({
  name: "sc-wmean",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.weights, nearestRows(crowd, f as number)),
});
