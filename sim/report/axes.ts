/** Axes that the figures share: label with unit, percent, a logarithm where numbers span magnitudes, a domain that is never empty. */
import type * as Plot from "@observablehq/plot";
import { decimalExponent, formatNumber, isNumber } from "../../protocol/base/figures.ts";

export type AxisType = "linear" | "log";

export interface Axis {
  /** With its unit: "sent per peer (MB)". */
  readonly label: string;
  /** Shares are shown as percent. */
  readonly percent?: boolean;
  /** What lies outside is drawn at the rim. Left out: from the data, and from 0 where `zero` is set. */
  readonly domain?: readonly [low: number, high: number];
  readonly zero?: boolean;
}

export interface Scale {
  readonly type: AxisType;
  readonly domain: readonly [number, number];
  /** To be drawn: finite, and positive on a logarithm. */
  shows(value: number): boolean;
  /** The value, or the nearest rim. */
  clamp(value: number): number;
  readonly options: Plot.ScaleOptions;
}

/** Numbers that span more than a magnitude want a logarithm; some below 0 or nothing above it do not. */
export function axisTypeOf(values: readonly number[]): AxisType {
  const known = values.filter(isNumber);
  const positive = known.filter((value) => value > 0);
  if (positive.length < 2 || known.some((value) => value < 0)) return "linear";
  return least(positive) * 10 <= most(positive) ? "log" : "linear";
}

export function createScale(axis: Axis, values: readonly number[], wanted: AxisType = "linear"): Scale {
  const type = wanted === "log" && values.some((value) => isNumber(value) && value > 0) ? "log" : "linear";
  const shows = (value: number): boolean => isNumber(value) && (type === "linear" || value > 0);
  const domain = axis.domain ?? domainOf(values.filter(shows), type, axis.zero ?? false);
  const [low, high] = domain;
  return {
    type,
    domain,
    shows,
    clamp: (value) => Math.min(high, Math.max(low, value)),
    options: {
      type,
      domain: [low, high],
      // A round end for what was measured; a domain that was asked for is round as it is.
      nice: axis.domain === undefined && type === "linear" ? 5 : false,
      label: axis.label,
      labelArrow: "none",
      ticks: type === "log" ? logTicks(low, high) : 5,
      tickFormat: axis.percent ? (value: number) => `${formatNumber(value * 100)} %` : (value: number) => tick(value),
    },
  };
}

/** Math.min(...values) overflows the stack for 10,000s of peers. */
export function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

export function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}

function domainOf(values: readonly number[], type: AxisType, zero: boolean): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const low = zero && type === "linear" ? Math.min(0, least(values)) : least(values);
  const high = zero && type === "linear" ? Math.max(0, most(values)) : most(values);
  if (low < high) return [low, high];
  if (type === "log") return [low / 2, high * 2];
  return low === 0 ? [0, 1] : [low - Math.abs(low) / 2, high + Math.abs(high) / 2];
}

/** 1, 2, 5 of each decade; of more than two decades the powers of ten, at most seven. Plot would mark every digit. */
function logTicks(low: number, high: number): number[] {
  const [from, to] = [decimalExponent(low), decimalExponent(high) + 1];
  const decades = Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const wide = high / low > 100;
  const every = wide ? Math.ceil((to - from - 1) / 7) : 1;
  return decades
    .filter((power) => power % every === 0)
    .flatMap((power) => (wide ? [Number(`1e${power}`)] : [1, 2, 5].map((digit) => Number(`${digit}e${power}`))))
    .filter((value) => value >= low && value <= high);
}

function tick(value: number): string {
  if (Math.abs(value) >= 1e6) return `${formatNumber(value / 1e6)}M`;
  return formatNumber(value, 6);
}
