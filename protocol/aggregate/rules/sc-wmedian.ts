/**
 * sc-wmedian, self-centred weighted median: drop the b candidates farthest from the own model, take the staleness-weighted
 * coordinate-wise median of own and the rest.
 *
 * Ours; the default before `guarded-median`. Breakdown: what is left is a median, so it stays between two honest values while the liars
 * that are left have less than half of the weight. Falls to liars inside the ball, which removal keeps (41 % at Dirichlet 0.5,
 * f = 0.2; robust-median search), and loses under skew. A dropped candidate is `removed`. O(m d + d m log^2 m) time.
 */

import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import { keepOnly } from "../rows/crowd.ts";
import type { PreAggregator, Rule } from "../rows/rule.ts";
import { composed } from "../rows/settle.ts";
import { nearestRows } from "./nna.ts";
import { weightedMedian } from "./weighted-median.ts";

const nearest: PreAggregator = {
  name: "nearest",
  order: 1,
  parameters: { f: ASSUMED_SHARE },
  minCandidates: (needed) => needed + 1,
  apply(crowd, parameters) {
    const rows = nearestRows(crowd, (parameters as { f: number }).f);
    return keepOnly(crowd, (j) => rows.has(j + 1), "sc-wmedian");
  },
};

export const scWmedian: Rule = composed("sc-wmedian", [nearest], weightedMedian);
