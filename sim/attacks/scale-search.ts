/** The lie that does the most damage, among some directions and all scales 2^t, by trying few. */
import { power } from "../../protocol/base/exp-log.ts";

/** The lie of each scale. */
export type Direction = (scale: number) => Float32Array;

/** Of the exponent: scales 1 % apart do the same. */
const SMALLEST_STEP = 1 / 64;

/**
 * Every direction is tried at scale 1. The best is then searched on a geometric grid that narrows, until `evaluations` lies were tried.
 * Undefined where none was.
 */
export function mostDamaging(
  directions: readonly Direction[],
  damage: (lie: Float32Array) => number,
  evaluations: number,
): Float32Array | undefined {
  const tried = new Set<string>();
  let best: { direction: Direction; exponent: number; lie: Float32Array; damage: number } | undefined;
  let left = evaluations;

  /** True where this is the best so far. */
  function attempt(direction: Direction, exponent: number): boolean {
    const name = `${directions.indexOf(direction)}/${exponent}`;
    if (left === 0 || tried.has(name)) return false;
    tried.add(name);
    left--;
    const lie = direction(power(2, exponent));
    const done = damage(lie);
    if (best !== undefined && done <= best.damage) return false;
    best = { direction, exponent, lie, damage: done };
    return true;
  }

  for (const direction of directions) attempt(direction, 0);
  for (let step = 1; left > 0 && best !== undefined && step > SMALLEST_STEP; ) {
    const { direction, exponent } = best;
    if (!attempt(direction, exponent + step) && !attempt(direction, exponent - step)) step /= 2;
  }
  return best?.lie;
}
