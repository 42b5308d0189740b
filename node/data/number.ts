/** Numbers as people write them into tables. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number, or what is wrong with the text. Finite as float32; NaN, infinities and hexadecimal are no numbers. */
export function readNumber(text: string): number | string {
  if (text === "") return "the value is missing";
  if (!DECIMAL.test(text)) {
    const hint = /^[+-]?\d+,\d+$/.test(text) ? "; write the decimal comma as a point" : "";
    return `${shown(text)} is no number${hint}`;
  }
  const value = Number(text);
  return Number.isFinite(Math.fround(value)) ? value : `${shown(text)} is too large for float32`;
}

/** Text of a file in quotes, cut where it is long. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}
