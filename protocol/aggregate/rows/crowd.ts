/**
 * The rows that a rule decides about: own model first, then a row for each candidate, or what pre-aggregators have made of them.
 * All are z_i = own + sum_j T_ij (v_j - own), so that every distance follows from one Gram matrix of the v_j - own, whatever was done to
 * the rows, and no row is written out before the result is.
 */

import type { CandidateStatus, RuleInput } from "../../base/learning-seams.ts";
import { UNIT_WEIGHT } from "../../base/weight.ts";
import { eachAlone, type Mixtures, tableOf } from "./mixture.ts";
import { squaredDistances } from "./neighbours.ts";
import type { Passes } from "./passes.ts";

export interface Crowd {
  readonly passes: Passes;
  readonly input: RuleInput;
  /** Own model, then the vectors of the candidates that are still there. */
  readonly vectors: readonly Float32Array[];
  /** For each of those but the own one: which candidate of the input it is. */
  readonly members: readonly number[];
  /** Rows as mixtures of `vectors`; where it is left out, they are the rows. */
  readonly mixed?: Mixtures;
  /** Staleness weight times mass of each row; that of an own row of mass 1 is 65536. */
  readonly weights: Float64Array;
  /** How many models each row stands for. */
  readonly masses: Float64Array;
  /** Of the candidates of the input. */
  readonly statuses: readonly CandidateStatus[];
  /** For each candidate that was removed, who did. */
  readonly removedBy: readonly (string | undefined)[];
  /** |v_j - own|^2 of the candidates that are still there, before anything was shortened. */
  readonly squaredLengths: Once;
  /** Inner products of v_j - own and v_k - own, row-major. */
  readonly gram: Once;
}

export function crowdOf(input: RuleInput, passes: Passes): Crowd {
  const { own, candidates, mass = 1 } = input;
  const vectors = [own, ...candidates.map(({ params }) => params)];
  const gram = once(() => passes.gram(vectors));
  return {
    passes,
    input,
    vectors,
    members: candidates.map((_, j) => j),
    weights: Float64Array.of(mass * UNIT_WEIGHT, ...candidates.map(({ weightQ16, mass = 1 }) => weightQ16 * mass)),
    masses: Float64Array.of(mass, ...candidates.map(({ mass = 1 }) => mass)),
    statuses: candidates.map(() => "used"),
    removedBy: candidates.map(() => undefined),
    squaredLengths: once(() => (gram.done() ? diagonalOf(gram(), candidates.length) : passes.squaredLengths(vectors))),
    gram,
  };
}

/** Rows, the own one counted. */
export function rowsOf({ weights }: Crowd): number {
  return weights.length;
}

/** |v_j - own| of the candidates that are still there, where it is known already; undefined where it would have to be computed. */
export function knownLengths({ squaredLengths, gram }: Crowd): Float64Array | undefined {
  return squaredLengths.done() || gram.done() ? squaredLengths().map(Math.sqrt) : undefined;
}

/** Squared distances between the rows, n x n, row-major. */
export function squaresOf(crowd: Crowd): Float64Array {
  if (crowd.mixed === undefined) return squaredDistances(crowd.gram(), crowd.members.length);
  const n = rowsOf(crowd);
  const inner = innerProductsOf(crowd);
  const squares = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++)
      squares[i * n + k] = Math.max(0, at(inner, i * n + i) + at(inner, k * n + k) - 2 * at(inner, i * n + k));
  return squares;
}

/** Distances of the rows 1 .. n - 1 to the own model itself. */
export function lengthsOf(crowd: Crowd): Float64Array {
  if (crowd.mixed === undefined) return crowd.squaredLengths().map(Math.sqrt);
  const n = rowsOf(crowd);
  const inner = innerProductsOf(crowd);
  return Float64Array.from({ length: n - 1 }, (_, i) => Math.sqrt(Math.max(0, at(inner, (i + 1) * (n + 1)))));
}

/** Inner products of the z_i - own, n x n: rows of `table` (n x m) with the Gram matrix. O(n m^2 + n^2 m). */
export function innerProductsOf(crowd: Crowd): Float64Array {
  const m = crowd.members.length;
  const mixed = crowd.mixed ?? eachAlone(new Float64Array(m + 1).fill(1));
  return innerProducts(tableOf(mixed), crowd.gram(), rowsOf(crowd), m);
}

function innerProducts(table: Float64Array, gram: Float64Array, n: number, m: number): Float64Array {
  const product = new Float64Array(n * m);
  for (let i = 0; i < n; i++)
    for (let k = 0; k < m; k++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += at(table, i * m + j) * at(gram, j * m + k);
      product[i * m + k] = sum;
    }
  const inner = new Float64Array(n * n);
  for (let i = 0; i < n; i++)
    for (let k = 0; k <= i; k++) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += at(product, i * m + j) * at(table, k * m + j);
      inner[i * n + k] = sum;
      inner[k * n + i] = sum;
    }
  return inner;
}

/** The crowd without the members that `keep` does not name. Only before rows are mixed. */
export function keepOnly(crowd: Crowd, keep: (member: number) => boolean, removedBy: string): Crowd {
  const kept = [...crowd.members.keys()].filter(keep);
  const vectors = [crowd.vectors[0] as Float32Array, ...kept.map((j) => crowd.vectors[j + 1] as Float32Array)];
  const gone = new Set(crowd.members.filter((_, j) => !keep(j)));
  const pick = (values: Float64Array) => Float64Array.of(at(values, 0), ...kept.map((j) => at(values, j + 1)));
  const m = crowd.members.length;
  return {
    ...crowd,
    vectors,
    members: kept.map((j) => crowd.members[j] as number),
    weights: pick(crowd.weights),
    masses: pick(crowd.masses),
    statuses: crowd.statuses.map((status, j) => (gone.has(j) ? "removed" : status)),
    removedBy: crowd.removedBy.map((by, j) => (gone.has(j) ? removedBy : by)),
    squaredLengths: once(() => Float64Array.from(kept, (j) => at(crowd.squaredLengths(), j))),
    gram: once(() => {
      const gram = crowd.gram();
      return Float64Array.from(kept.flatMap((j) => kept.map((k) => at(gram, j * m + k))));
    }),
  };
}

interface Once {
  (): Float64Array;
  /** Whether it has been computed. */
  readonly done: () => boolean;
}

function once(compute: () => Float64Array): Once {
  let value: Float64Array | undefined;
  return Object.assign(
    () => {
      value ??= compute();
      return value;
    },
    { done: () => value !== undefined },
  );
}

function diagonalOf(gram: Float64Array, m: number): Float64Array {
  return Float64Array.from({ length: m }, (_, j) => at(gram, j * m + j));
}

/** values[index], for an index that is within bounds. */
function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
