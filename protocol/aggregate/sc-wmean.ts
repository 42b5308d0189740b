/**
 * sc-wmean, self-centred weighted mean: `nna` with staleness weights times mass.
 *
 * Ours, after Farhadkhani et al., ICML 2023. Falls to liars inside the ball: at the distance of the b-th farthest honest model they
 * are kept, and push the honest out (23 % at Dirichlet 0.5, f = 0.2; robust-median search). O(m d) time.
 */

import { ASSUMED_SHARE } from "./assumed-liars.ts";
import { nearestRows } from "./nna.ts";
import type { SettledRule } from "./rule.ts";
import { settled } from "./settle.ts";
import { meanOf } from "./weighted-mean.ts";

export const scWmean: SettledRule = settled({
  name: "sc-wmean",
  minCandidates: 2,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.weights, nearestRows(crowd, f as number)),
});
