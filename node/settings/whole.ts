/** Whole numbers as people write them on the command line. */
import { HearsayError } from "../../protocol/base/errors.ts";

/** The number that an option gives. @throws HearsayError ERR_CONFIG with the option, the text and the bounds, where it is no whole number from `least` to `most`. */
export function wholeIn(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new HearsayError("ERR_CONFIG", `${flag} ${text}: give a whole number from ${least} to ${most}`);
}
