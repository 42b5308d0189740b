/** Numbers as people read them, and the mean of some. What is not a finite number reads as a dash, never as NaN. */

/** Whether a value is a finite number. Reports come from JSON too, where NaN and infinity have become null. */
export function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** The sum in the order of the values, divided by their number; NaN of no values. */
export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * At most `digits` significant digits, but every digit before the point, in groups of three: 1234.56 with four digits is `1,235`, 0.012345 is
 * `0.01235`. From 1e15 on and below 1e-4 as `1.23e+15`.
 */
export function formatNumber(value: number | undefined, digits = 4): string {
  if (!isNumber(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e15 || (size < 1e-4 && size > 0)) return value.toExponential(2);
  const before = size < 1 ? 0 : decimalExponent(size) + 1;
  const rounded = size < 1 ? Number(value.toPrecision(digits)) : Number(value.toFixed(Math.max(0, digits - before)));
  const [whole = "", fraction] = String(rounded).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** The greatest n with 10^n <= |value|, of a finite value that is not 0: by its digits, since a logarithm may round to the next. */
export function decimalExponent(value: number): number {
  return Number(value.toExponential().split("e")[1]);
}

export interface ByteUnit {
  readonly name: string;
  readonly bytes: number;
}

/** The unit in which the largest of some sizes reads best; powers of ten. */
export function byteUnit(largest: number): ByteUnit {
  if (largest >= 1e12) return { name: "TB", bytes: 1e12 };
  if (largest >= 1e9) return { name: "GB", bytes: 1e9 };
  if (largest >= 1e6) return { name: "MB", bytes: 1e6 };
  return largest >= 1e3 ? { name: "kB", bytes: 1e3 } : { name: "B", bytes: 1 };
}

/** A number of bytes in three digits: 98,304 is `98.3 kB`. A loss of bytes has its sign before the number. */
export function formatBytes(value: number | undefined): string {
  if (!isNumber(value)) return "–";
  const { name, bytes } = byteUnit(Math.abs(value));
  return `${formatNumber(value / bytes, 3)} ${name}`;
}

const LEVELS = "▁▂▃▄▅▆▇█";

/**
 * One character a value, `▁` at the foot to `█` at the highest value, in eight equal steps between. What is not a finite number is a blank.
 * @param foot what the lowest level stands for; the least of the values where left out
 */
export function sparkline(values: readonly number[], foot?: number): string {
  const known = values.filter(isNumber);
  const [least, most] = [foot ?? Math.min(...known), Math.max(...known)];
  return values
    .map((value) => {
      if (!isNumber(value)) return " ";
      const step = most > least ? Math.ceil(((value - least) / (most - least)) * LEVELS.length) - 1 : 0;
      return LEVELS[Math.max(0, step)];
    })
    .join("");
}
