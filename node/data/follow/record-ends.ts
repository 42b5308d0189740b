/** Where the records of a table end in bytes that may break off anywhere. Line ends within quotes are none. */

const [QUOTE, LINE_FEED, SPACE] = [0x22, 0x0a, 0x20];

/**
 * Offsets behind the line end of each whole record. A quote opens a field only at its beginning, so that 5" is no open quote.
 * @example
 * import { recordEnds } from "hearsay/node/data/follow/record-ends";
 * recordEnds(Buffer.from('a,b\n"x\ny",2\n3,'), ","); // -> [4, 12]
 */
export function recordEnds(bytes: Buffer, delimiter: string): number[] {
  const mark = delimiter.charCodeAt(0);
  const ends: number[] = [];
  let [isInside, isBeginning] = [false, true];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (isInside) {
      if (byte !== QUOTE) continue;
      if (bytes[i + 1] === QUOTE) i++;
      else isInside = false;
    } else if (byte === LINE_FEED) {
      ends.push(i + 1);
      isBeginning = true;
    } else if (byte === QUOTE && isBeginning) {
      isInside = true;
      isBeginning = false;
    } else isBeginning = byte === mark || (isBeginning && byte === SPACE);
  }
  return ends;
}
