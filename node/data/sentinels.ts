/**
 * Values that look like "no reading" and were read as one: -9999 among temperatures. Loggers write a number for a sensor that is silent,
 * and a model that learns from it learns nothing else. It is a suspicion: nothing is changed.
 */
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { shellOption } from "../shell.ts";

export interface Sentinel {
  readonly column: string;
  readonly value: number;
  readonly count: number;
  /** What to say where it means "no reading". */
  readonly remedy: string;
}

/** 99, 999 and so on, also as 999.9 and 999.99, of both signs. */
const NINES = Array.from({ length: 7 }, (_, i) => "9".repeat(i + 2)).flatMap((nines) =>
  [nines, `${nines}.9`, `${nines}.99`].flatMap((text) => [Number(text), -Number(text)]),
);
/** Beside them: ends of the integer types, fill values of netCDF and GRIB. */
const FILLS = new Set([
  ...NINES,
  ...[-32768, 32767, 65535, -2147483648, 2147483647, 4294967295, 1e20, -1e20, -1e30, 9.969209968386869e36],
]);
/** The gap to the other values, in lengths of their range: no reading that is made of nines lies so far off. */
const MIN_GAP = 1;

/** Suspected values of each column of row-major `values`, at most one below and one above the others. */
export function suspectedSentinels(values: Numbers, columns: readonly string[]): Sentinel[] {
  const width = columns.length;
  const suspects = new Map<number, Map<number, number>>(); // column, value, count
  for (let start = 0; start < values.length; start += width) {
    for (let column = 0; column < width; column++) {
      const value = values[start + column] as number;
      if (!FILLS.has(value)) continue;
      const counts = suspects.get(column) ?? new Map<number, number>();
      counts.set(value, (counts.get(value) ?? 0) + 1);
      if (counts.size < 20) suspects.set(column, counts);
    }
  }
  return [...suspects].flatMap(([column, counts]) => {
    const others = rangeOfOthers(values, width, column, counts);
    return [...counts].flatMap(([value, count]): Sentinel[] => {
      if (!isFar(value, others)) return [];
      const remedy = `if that means "no reading", say ${shellOption("--missing", String(value))}`;
      return [{ column: columns[column] as string, value, count, remedy }];
    });
  });
}

function rangeOfOthers(values: Numbers, width: number, column: number, counts: ReadonlyMap<number, number>) {
  let [lowest, highest] = [Infinity, -Infinity];
  for (let i = column; i < values.length; i += width) {
    const value = values[i] as number;
    if (counts.has(value)) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { lowest, highest };
}

function isFar(value: number, { lowest, highest }: { lowest: number; highest: number }): boolean {
  if (!(lowest < highest)) return false;
  const gap = value > highest ? value - highest : lowest - value;
  return gap > MIN_GAP * (highest - lowest);
}
