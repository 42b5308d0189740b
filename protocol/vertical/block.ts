/**
 * One party's part of a linear model: its columns, standardised, and what it knows of weights and directions. Nothing of it leaves but scores, under masks, and
 * inner products.
 *
 * Each party preconditions its own gradient by the curvature that its own columns can have at most: p = -(c X'X / n + ridge)^-1 g, where c is the problem's greatest
 * curvature. That costs no message, and makes columns that lie in each other harmless within a party.
 */
import { cholesky, solveCholesky } from "./cholesky.ts";
import { NUM_PRODUCTS, type Products } from "./plane.ts";

/** Columns of the rows that are trained on. */
export interface Columns {
  readonly numRows: number;
  /** Column by column, numRows values each. */
  readonly values: readonly Float64Array[];
  /** Which columns have a ridge: all but an intercept. */
  readonly hasRidge: readonly boolean[];
}

/** How columns were standardised; a column that is constant here has the deviation 0, and weighs nothing. */
export interface Scaling {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export interface Block {
  readonly columns: Columns;
  readonly weights: Float64Array;
  /** Forgets the last step: in a new run nobody knows what it did to the scores. */
  begin(): void;
  /** @param sums of residuals times each column. Makes the next direction. */
  direct(sums: Float64Array): void;
  /** Scores of the weights. */
  scores(): Float64Array;
  /** Scores of the direction. */
  scoresAlong(): Float64Array;
  /** Of the weights, the direction and the last step. */
  products(): Products;
  /** Takes the step alpha p + gamma d. */
  step(alpha: number, gamma: number): void;
}

export interface BlockOptions {
  readonly ridge: number;
  readonly mostCurvature: number;
  /** To go on from; zeros where left out. */
  readonly weights?: Float64Array;
}

/** So that a column of zeros without a ridge can be solved for. */
const LEAST_DIAGONAL = 1e-9;

export function createBlock(columns: Columns, { ridge, mostCurvature, weights: before }: BlockOptions): Block {
  const size = columns.values.length;
  const { numRows, hasRidge } = columns;
  const factor = cholesky(curvatureOf(columns, ridge, mostCurvature));
  const weights = Float64Array.from(before ?? new Float64Array(size));
  let direction = new Float64Array(size);
  let lastStep = new Float64Array(size);
  return {
    columns,
    weights,
    begin() {
      lastStep = new Float64Array(size);
    },
    direct(sums) {
      const gradient = sums.map((sum, j) => sum / numRows + (hasRidge[j] ? ridge * (weights[j] as number) : 0));
      direction = solveCholesky(factor, gradient).map((value) => -value);
    },
    scores: () => scoresOf(columns, weights),
    scoresAlong: () => scoresOf(columns, direction),
    products: () => productsOf(hasRidge, weights, direction, lastStep),
    step(alpha, gamma) {
      lastStep = lastStep.map((value, j) => alpha * (direction[j] as number) + gamma * value);
      lastStep.forEach((value, j) => {
        weights[j] = (weights[j] as number) + value;
      });
    },
  };
}

function curvatureOf({ values, numRows, hasRidge }: Columns, ridge: number, mostCurvature: number): Float64Array[] {
  return values.map((a, j) =>
    Float64Array.from(values, (b, k) => {
      const own = j === k ? LEAST_DIAGONAL + (hasRidge[j] ? ridge : 0) : 0;
      return k > j ? 0 : (mostCurvature * dot(a, b)) / numRows + own; // the lower half is enough
    }),
  );
}

function scoresOf({ values, numRows }: Columns, weights: Float64Array): Float64Array {
  const scores = new Float64Array(numRows);
  values.forEach((column, j) => {
    const weight = weights[j] as number;
    if (weight !== 0)
      for (let i = 0; i < numRows; i++) scores[i] = (scores[i] as number) + weight * (column[i] as number);
  });
  return scores;
}

function productsOf(hasRidge: readonly boolean[], w: Float64Array, p: Float64Array, d: Float64Array): Products {
  const [rw, rp, rd] = [w, p, d].map((vector) => vector.map((value, j) => (hasRidge[j] ? value : 0)));
  const [a, b, c] = [rw as Float64Array, rp as Float64Array, rd as Float64Array];
  return { ww: dot(a, a), wp: dot(a, b), wd: dot(a, c), pp: dot(b, b), pd: dot(b, c), dd: dot(c, c) };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** In the order in which they are sent. */
export function listProducts({ ww, wp, wd, pp, pd, dd }: Products): number[] {
  return [ww, wp, wd, pp, pd, dd];
}

/** The sum of the products of several parties. */
export function addProducts(...all: readonly Products[]): Products {
  const sums = new Float64Array(NUM_PRODUCTS);
  for (const products of all)
    listProducts(products).forEach((value, i) => {
      sums[i] = (sums[i] as number) + value;
    });
  return readProducts(sums);
}

export function readProducts(list: Float64Array): Products {
  const [ww = 0, wp = 0, wd = 0, pp = 0, pd = 0, dd = 0] = list;
  return { ww, wp, wd, pp, pd, dd };
}

/** How the columns of some rows are standardised. `values` column by column. */
export function scalingOf(values: readonly Float64Array[]): Scaling {
  const mean = Float64Array.from(values, (column) => column.reduce((sum, value) => sum + value, 0) / column.length);
  const deviation = Float64Array.from(values, (column, j) => {
    const centred = column.map((value) => value - (mean[j] as number));
    const root = Math.sqrt(dot(centred, centred) / column.length);
    return root > 1e-12 * Math.abs(mean[j] as number) ? root : 0;
  });
  return { mean, deviation };
}

/** (value - mean) / deviation. */
export function standardise(values: readonly Float64Array[], { mean, deviation }: Scaling): Float64Array[] {
  return values.map((column, j) => {
    const [m, s] = [mean[j] as number, deviation[j] as number];
    return column.map((value) => (s > 0 ? (value - m) / s : 0));
  });
}
