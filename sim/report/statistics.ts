/** Figures and curves over repetitions of one experiment under other seeds. */
import { power } from "../../protocol/base/exp-log.ts";
import { isNumber, mean } from "../../protocol/base/figures.ts";

export interface Interval {
  readonly mean: number;
  /** Half width of the 95 % confidence interval of the mean; left out for fewer than two values. */
  readonly half?: number;
  readonly count: number;
}

/** Student's t: mean +- t(0.975, n - 1) s / sqrt(n), for values that scatter about normally. Undefined where nothing is known. */
export function meanInterval(values: readonly (number | undefined)[]): Interval | undefined {
  const known = values.filter(isNumber);
  const count = known.length;
  if (count === 0) return undefined;
  const centre = mean(known);
  if (count === 1) return { mean: centre, count };
  const variance = known.reduce((sum, value) => sum + power(value - centre, 2), 0) / (count - 1);
  const half = studentQuantile(count - 1) * Math.sqrt(variance / count);
  // Equal values leave an error of rounding, which is not worth showing.
  return { mean: centre, half: half > 1e-12 * Math.abs(centre) ? half : 0, count };
}

/** t(0.975, degrees of freedom). Abramowitz & Stegun 26.7.5 beyond the table: within 0.001 there. */
const STUDENT: readonly number[] = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];

function studentQuantile(degrees: number): number {
  const z = 1.959964;
  const [a, b] = [(power(z, 3) + z) / 4, (5 * power(z, 5) + 16 * power(z, 3) + 3 * z) / 96];
  return STUDENT[degrees - 1] ?? z + a / degrees + b / power(degrees, 2);
}

export type Curve = readonly (readonly [x: number, y: number])[];

export interface MeanCurve {
  readonly points: Curve;
  /** 95 % confidence interval of the mean; none of a single curve. */
  readonly band: readonly (readonly [x: number, low: number, high: number])[];
}

/**
 * Mean of curves at the places of the first one, as far as all of them go; between two points each is a straight line.
 * @param curves each by ascending x
 */
export function meanCurve(curves: readonly Curve[]): MeanCurve {
  const known = curves
    .map((curve) => curve.filter(([x, y]) => isNumber(x) && isNumber(y)))
    .filter(({ length }) => length);
  const [first] = known;
  if (first === undefined) return { points: [], band: [] };
  const from = known.reduce((most, curve) => Math.max(most, curve[0]?.[0] ?? 0), Number.NEGATIVE_INFINITY);
  const to = known.reduce((least, curve) => Math.min(least, curve.at(-1)?.[0] ?? 0), Number.POSITIVE_INFINITY);
  const places = first.map(([x]) => x).filter((x) => x > from && x < to);
  if (from <= to) places.unshift(from);
  if (from < to) places.push(to);
  const values = places.map((x) => ({ x, all: known.map((curve) => valueAt(curve, x)) }));
  return {
    points: values.map(({ x, all }) => [x, mean(all)]),
    band: values.flatMap(({ x, all }) => {
      const { mean: centre = Number.NaN, half } = meanInterval(all) ?? {};
      return half === undefined ? [] : [[x, centre - half, centre + half] as const];
    }),
  };
}

function valueAt(curve: Curve, x: number): number {
  const next = curve.findIndex(([at]) => at >= x);
  const [x1, y1] = curve[next === -1 ? curve.length - 1 : next] ?? [x, Number.NaN];
  const [x0, y0] = curve[next - 1] ?? [x1, y1];
  return x1 > x0 && x < x1 ? y0 + ((y1 - y0) * (x - x0)) / (x1 - x0) : y1;
}
