/**
 * The best step in a plane. All parties together have a preconditioned gradient p and their last step d, each its own coordinates of them; the label holder knows what
 * both do to the scores, and the inner products that the ridge needs. So it finds by Newton's method, without another message, the step
 *
 *     alpha p + gamma d        that minimises  mean loss(z + alpha Xp + gamma Xd) + ridge / 2 |w + alpha p + gamma d|^2
 *
 * This is the memory gradient method (Miele and Cantrell 1969), which on a quadratic takes the steps of conjugate gradients, and on any convex loss never goes up.
 */
import type { Problem } from "./problem.ts";

/** Inner products of w, p and d over the coordinates with a ridge, of all parties together. */
export interface Products {
  readonly ww: number;
  readonly wp: number;
  readonly wd: number;
  readonly pp: number;
  readonly pd: number;
  readonly dd: number;
}

/** How many numbers `Products` is. */
export const NUM_PRODUCTS = 6;

export interface PlaneTask {
  readonly problem: Problem;
  readonly ridge: number;
  readonly labels: Float64Array;
  readonly scores: Float64Array;
  /** What p and d do to the scores. */
  readonly along: readonly [p: Float64Array, d: Float64Array];
  readonly products: Products;
}

export interface PlaneStep {
  readonly alpha: number;
  readonly gamma: number;
  /** Mean loss and ridge after it. */
  readonly objective: number;
  /** Length of the step over the coordinates with a ridge. */
  readonly length: number;
}

const MOST_ROUNDS = 30;
const SMALLEST_STEP = 1e-10;
/** A step that does not go down is halved so often. */
const MOST_HALVINGS = 20;

export function bestStep(task: PlaneTask): PlaneStep {
  let at: readonly [number, number] = [0, 0];
  let value = objectiveAt(task, at);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const newton = newtonStep(task, at);
    let factor = 1;
    let next = at;
    let nextValue = value;
    for (let halving = 0; halving < MOST_HALVINGS; halving++, factor /= 2) {
      next = [at[0] + factor * newton[0], at[1] + factor * newton[1]];
      nextValue = objectiveAt(task, next);
      if (nextValue <= value) break;
    }
    if (!(nextValue <= value)) break;
    const moved = Math.max(Math.abs(next[0] - at[0]), Math.abs(next[1] - at[1]));
    [at, value] = [next, nextValue];
    if (moved < SMALLEST_STEP) break;
  }
  const [alpha, gamma] = at;
  const { pp, pd, dd } = task.products;
  const square = alpha * alpha * pp + 2 * alpha * gamma * pd + gamma * gamma * dd;
  return { alpha, gamma, objective: value, length: Math.sqrt(Math.max(0, square)) };
}

function objectiveAt({ problem, ridge, labels, scores, along, products }: PlaneTask, at: readonly [number, number]) {
  const [alpha, gamma] = at;
  const [p, d] = along;
  let sum = 0;
  for (let i = 0; i < labels.length; i++)
    sum += problem.loss(
      (scores[i] as number) + alpha * (p[i] as number) + gamma * (d[i] as number),
      labels[i] as number,
    );
  const { ww, wp, wd, pp, pd, dd } = products;
  const square = ww + 2 * (alpha * wp + gamma * wd) + alpha * alpha * pp + 2 * alpha * gamma * pd + gamma * gamma * dd;
  return sum / labels.length + 0.5 * ridge * square;
}

function newtonStep(
  { problem, ridge, labels, scores, along, products }: PlaneTask,
  at: readonly [number, number],
): readonly [number, number] {
  const [alpha, gamma] = at;
  const [p, d] = along;
  const { wp, wd, pp, pd, dd } = products;
  const n = labels.length;
  let [gp, gd, hpp, hpd, hdd] = [0, 0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const [pi, di] = [p[i] as number, d[i] as number];
    const z = (scores[i] as number) + alpha * pi + gamma * di;
    const residual = problem.residual(z, labels[i] as number) / n;
    const curvature = problem.curvature(z) / n;
    gp += residual * pi;
    gd += residual * di;
    hpp += curvature * pi * pi;
    hpd += curvature * pi * di;
    hdd += curvature * di * di;
  }
  gp += ridge * (wp + alpha * pp + gamma * pd);
  gd += ridge * (wd + alpha * pd + gamma * dd);
  return solve2(hpp + ridge * pp, hpd + ridge * pd, hdd + ridge * dd, -gp, -gd);
}

/** [[a, b], [b, c]] x = [u, v]; along the first direction alone where the second adds nothing. */
function solve2(a: number, b: number, c: number, u: number, v: number): readonly [number, number] {
  const determinant = a * c - b * b;
  if (determinant > 1e-12 * a * c) return [(c * u - b * v) / determinant, (a * v - b * u) / determinant];
  return [a > 0 ? u / a : 0, 0];
}
