/**
 * Briefs of one author differ in few of their numbers, and by little. So on a link a brief tells only by how much each number has changed since the brief before it of
 * the same name; before the first brief all numbers are zero. A change d is told as an unsigned varint (protocol/wire/numbers.ts): 2d, or where it is negative, -2d - 1.
 * Changes at the end that are zero are left out.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { decodeNumbers, encodeNumbers, MAX_NUMBER } from "../../protocol/wire/numbers.ts";

/** The changes from the numbers of the brief before to those of now. @throws RangeError for numbers that are not whole and below 2^48. */
export function encodeChanges(before: readonly number[], now: readonly number[]): Uint8Array {
  return encodeNumbers(now.map((number, i) => folded(number - (before[i] ?? 0))));
}

/**
 * @param length of the list.
 * @throws HearsayError ERR_DECODE | ERR_NOT_CANONICAL.
 */
export function decodeChanges(before: readonly number[], changes: Uint8Array, length: number): number[] {
  const now = decodeNumbers(changes, length).map((change, i) => (before[i] ?? 0) + unfolded(change));
  if (now.every((number) => number >= 0 && number < MAX_NUMBER)) return now;
  throw new HearsayError("ERR_DECODE", "a number of a brief that is not in 0 .. 2^48");
}

function folded(change: number): number {
  return change < 0 ? -2 * change - 1 : 2 * change;
}

function unfolded(number: number): number {
  return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
}
