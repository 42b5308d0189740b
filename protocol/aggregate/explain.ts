/**
 * Who moved the aggregate: after a rule is done, what each candidate did to its result.
 *
 * influence_j = sum over rows i of s_i |T_ij| / (sum over k of |T_ik|), where row i of the pass is sum over k of T_ik v_k, k = 0 (own) .. m,
 * and s_i is the share of the coordinates to which row i gave the value: 1 of the only row of a mean; for a median one half each
 * to the lower and the upper middle value; for a mean of the middle 1 / kept to each value kept; rows of that very value share alike.
 * With the own model's, all influences sum to 1.
 *
 * The s_i, and distances that the rule did not need, are estimated from a few coordinates, evenly spread, which begin elsewhere at another
 * age of the own model, so that a mean over merges has seen them all. O(samples (m^2 + mixing)) time: about a fifth of that of a median of a few
 * thousand parameters, which is the quickest rule, and less of all else.
 */

import type { CandidateExplanation, RuleInput } from "../base/learning-seams.ts";
import { halvesOf } from "./rows/half-weight.ts";
import { tableOf } from "./rows/mixture.ts";
import { type Pass, type Reduction, rowsRead } from "./rows/passes.ts";
import { columnOf } from "./rows/plain.ts";
import { nearestRun, sortRows } from "./rows/reductions.ts";

/** What a rule did. */
export interface Deed {
  readonly input: RuleInput;
  /** The rows that it ended with: own model, then the vectors of `members`. */
  readonly vectors: readonly Float32Array[];
  /** For each of those but the own one: which candidate of the input it is. */
  readonly members: readonly number[];
  readonly pass: Pass;
  /** Distances of all candidates of the input to the own model, where the rule has found them. */
  readonly lengths?: Float64Array | undefined;
  /** For each candidate that was removed, who did. */
  readonly removedBy?: readonly (string | undefined)[];
}

/** One coordinate of so many is looked at, within the bounds. */
const SPACING = 1024;
const FEWEST = 4;
const MOST = 2048;

/** The fractional parts of multiples of this lie as evenly as any: where samples begin, age after age. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** One for each candidate of the input, in order. */
export function explain({ input, vectors, members, pass, lengths, removedBy = [] }: Deed): CandidateExplanation[] {
  const { own, candidates, age = 0 } = input;
  const sampled = sampleOf(own.length, age);
  const influences = new Array<number>(candidates.length).fill(0);
  const shares = candidateShares(rowShares(vectors, pass, sampled), pass);
  for (const [j, candidate] of members.entries()) influences[candidate] = shares[j] as number;
  return candidates.map(({ params }, j) => {
    const distance = lengths?.[j] ?? estimatedDistance(own, params, sampled);
    const influence = influences[j] as number;
    const by = removedBy[j];
    return by === undefined ? { distance, influence } : { distance, influence, removedBy: by };
  });
}

/** Coordinates, ascending. */
function sampleOf(d: number, age: number): Int32Array {
  const count = Math.min(d, Math.max(FEWEST, Math.min(MOST, Math.ceil(d / SPACING))));
  const turn = (age * GOLDEN_RATIO) % 1;
  const sampled = new Int32Array(count);
  for (let k = 0; k < count; k++) sampled[k] = Math.floor(((k + turn) * d) / count);
  return sampled;
}

function estimatedDistance(own: Float32Array, params: Float32Array, sampled: Int32Array): number {
  let sum = 0;
  for (let k = 0; k < sampled.length; k++) {
    const c = sampled[k] as number;
    const difference = (params[c] as number) - (own[c] as number);
    sum += difference * difference;
  }
  return Math.sqrt((sum * own.length) / Math.max(1, sampled.length));
}

/** A column of n values, and the same in order: kept from call to call, as it would take longer to make than to fill. */
function scratchFor(n: number) {
  return { column: new Float64Array(n), sorted: new Float64Array(n), order: new Int32Array(n) };
}
let scratch = scratchFor(0);

/** s_i of each row or mixture of the pass. */
function rowShares(rows: readonly Float32Array[], pass: Pass, sampled: Int32Array): Float64Array {
  const n = rowsRead(pass);
  const shares = new Float64Array(n);
  if (pass.reduction.kind === "only") return shares.fill(1);
  if (scratch.column.length !== n) scratch = scratchFor(n);
  const { column, sorted, order } = scratch;
  const fill = columnOf(rows, pass);
  const pick = pickOf(pass.reduction);
  const give = (place: number, part: number) => {
    const value = sorted[place];
    let first = place;
    let last = place;
    while (sorted[first - 1] === value) first--;
    while (sorted[last + 1] === value) last++;
    for (let t = first; t <= last; t++) {
      const row = order[t] as number;
      shares[row] = (shares[row] as number) + part / (last - first + 1) / sampled.length;
    }
  };
  for (let k = 0; k < sampled.length; k++) {
    fill(sampled[k] as number, column);
    sortRows(sorted, order, column);
    pick(sorted, order, give);
  }
  return shares;
}

/** Gives to places of the sorted order the parts that they have in the result; `order` names the row at each place. */
type Pick = (sorted: Float64Array, order: Int32Array, give: (place: number, part: number) => void) => void;

function pickOf(reduction: Reduction): Pick {
  const several = (start: number, count: number, give: (place: number, part: number) => void) => {
    for (let place = start; place < start + count; place++) give(place, 1 / count);
  };
  switch (reduction.kind) {
    case "only":
      return (_sorted, _order, give) => give(0, 1);
    case "median": {
      const { weights } = reduction;
      const { lowerAbove, upperAbove } = halvesOf(weights, reduction.tolerance);
      return (_sorted, order, give) => {
        let t = 0;
        let sum = weights[order[0] as number] as number;
        while (sum <= lowerAbove) sum += weights[order[++t] as number] as number;
        give(t, 0.5);
        while (sum <= upperAbove) sum += weights[order[++t] as number] as number;
        give(t, 0.5);
      };
    }
    case "trimmed-mean": {
      const { n, trim } = reduction;
      return (_sorted, _order, give) => several(trim, n - 2 * trim, give);
    }
    case "mean-around-median": {
      const { keep } = reduction;
      return (sorted, _order, give) => several(nearestRun(sorted, keep), keep, give);
    }
  }
}

/** The shares of rows as those of v_1 .. v_m; what is missing to 1 is the own model's. */
function candidateShares(rows: Float64Array, { mixed }: Pass): Float64Array {
  if (mixed === undefined) return rows.subarray(1);
  const m = mixed.coefficients.length - 1;
  const table = tableOf(mixed);
  const shares = new Float64Array(m);
  for (let i = 0; i < rows.length; i++) {
    let own = 1;
    let total = 0;
    for (let j = 0; j < m; j++) {
      const coefficient = table[i * m + j] as number;
      own -= coefficient;
      total += Math.abs(coefficient);
    }
    const part = (rows[i] as number) / (total + Math.abs(own));
    for (let j = 0; j < m; j++) shares[j] = (shares[j] as number) + part * Math.abs(table[i * m + j] as number);
  }
  return shares;
}
