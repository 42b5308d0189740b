/** A quote that is opened and not closed holds back all that is written behind it: whoever owns the file is told once, not when a megabyte has come. */
import { LIMITS } from "../../../protocol/base/limits.ts";

/** Lines that a record without an end may have before it is told: a text of a few lines that is half written is no fault. */
const LINES = 5;

/** The first line of a record that has not ended, where so many lines lie behind it that a quote in it was hardly meant; else undefined. */
export function openQuoteIn(rest: Buffer): string | undefined {
  let at = -1;
  for (let line = 0; line < LINES; line++) {
    at = rest.indexOf("\n", at + 1);
    if (at < 0) return undefined;
  }
  return rest
    .subarray(0, Math.min(rest.indexOf("\n"), 200))
    .toString("latin1")
    .trim();
}

/** Called after each look with what waits in the file of that name; tells a line once, as long as it is the one that waits. */
export function openQuoteTeller(
  warn: ((message: string) => void) | undefined,
): (name: string, line: string | undefined) => void {
  const told = new Map<string, string>();
  return (name, line) => {
    if (line === undefined) told.delete(name);
    else if (told.get(name) !== line) {
      told.set(name, line);
      warn?.(
        `${name}: a quote is opened in ${JSON.stringify(line)} and not closed: nothing behind it is read before it is, or before ${LIMITS.maxStreamRowCharacters} characters have come; close it, or take that line out of the file`,
      );
    }
  };
}
