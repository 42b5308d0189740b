/**
 * Krum: the one row with the best score of `multi-krum`.
 *
 * Blanchard, El Mhamdi, Guerraoui, Stainer, NeurIPS 2017 (arXiv 1703.02757). Breakdown as multi-krum. The aggregate is one of the
 * models, so that it has the noise of a single one, and under skew its labels. All candidates but the chosen are `removed`.
 * O(m^2 d) time.
 */

import { ASSUMED_SHARE } from "../rows/assumed-liars.ts";
import type { SettledRule } from "../rows/rule.ts";
import { settled } from "../rows/settle.ts";
import { meanOf } from "../rows/weighted-mean.ts";
import { bestRows, krumLiars } from "./multi-krum.ts";

export const krum: SettledRule = settled({
  name: "krum",
  minCandidates: 4,
  parameters: { f: ASSUMED_SHARE },
  settle: (crowd, { f }) => meanOf(crowd.masses, new Set(bestRows(crowd, krumLiars(crowd, f as number), 1))),
});
