/** The weighted mean of some rows, as what a rule settles. */

import type { LinearOutcome } from "./rule.ts";

/** Mean of the rows that `rows` holds, of all where it is left out, by `weights` (one for each row of the crowd). */
export function meanOf(weights: Float64Array, rows?: ReadonlySet<number>): LinearOutcome {
  const used = weights.map((weight, i) => (rows === undefined || rows.has(i) ? weight : 0));
  const total = used.reduce((sum, weight) => sum + weight, 0);
  return { kind: "linear", coefficients: used.map((weight) => weight / total) };
}
