/** Values that mean "no reading", and what is read in their place. */
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { type NameList, valuesIn } from "./name-list.ts";
import { readNumber } from "./number.ts";

export interface Missing {
  /** The text of a field stands for no reading. */
  text(text: string): boolean;
  /** So does a number, however it was written: -9999 and -9999.0. */
  number(value: number): boolean;
}

export function createMissing(list: NameList | undefined): Missing {
  const texts = new Set(list === undefined ? [] : valuesIn(list));
  const numbers = new Set([...texts].map((text) => readNumber(text)).filter((value) => typeof value === "number"));
  return {
    text: texts.size === 0 ? () => false : (text) => texts.has(text),
    number: numbers.size === 0 ? () => false : (value) => numbers.has(value),
  };
}

/** Puts the mean of its column in place of each NaN: what a standardised model sees as 0. Returns how many there were in each column. */
export function fillMissing(values: Numbers, columns: number, mean: readonly number[]): number[] {
  const counts = new Array<number>(columns).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) continue;
    const column = i % columns;
    counts[column] = (counts[column] as number) + 1;
    values[i] = mean[column % mean.length] as number;
  }
  return counts;
}
