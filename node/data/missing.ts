/** Values that mean "no reading". What becomes of them is the task's choice: `protocol/learn/data/missing.ts`. */
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
