/**
 * Colours for a terminal, and none elsewhere: not in a pipe, a file or CI, nor where NO_COLOR is set (https://no-color.org).
 * FORCE_COLOR asks for them everywhere.
 *
 * A colour of ours has a mark in it that nobody else can know, so that `terminal.ts` can tell it from an escape sequence in a text of others.
 */
import { randomInt } from "node:crypto";
import pc from "picocolors";

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  underline: [4, 24],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Colours = Readonly<Record<keyof typeof STYLES, (text: string) => string>>;

/** Parameters of four digits, which width-counting libraries take for parts of a colour. */
const MARK = Array.from({ length: 4 }, () => `;${randomInt(1000, 10_000)}`).join("");
const MARKED = new RegExp(`\x1b\\[(\\d+)${MARK}m`, "g");

export function coloursOf(enabled: boolean): Colours {
  const styles = Object.entries(STYLES).map(([name, [on, off]]) => {
    const style = (text: string) => (enabled ? `\x1b[${on}${MARK}m${text}\x1b[${off}${MARK}m` : text);
    return [name, style] as const;
  });
  return Object.fromEntries(styles) as unknown as Colours;
}

/** Parts of a text: those at odd places are colours of ours, as a terminal wants them. */
export function splitColours(text: string): string[] {
  return text.split(MARKED).map((part, i) => (i % 2 === 1 ? `\x1b[${part}m` : part));
}

function wanted(stream: { readonly isTTY?: boolean }): boolean {
  return pc.isColorSupported && (stream.isTTY === true || Boolean(process.env.FORCE_COLOR));
}

export const onOutput: Colours = coloursOf(wanted(process.stdout));
export const onErrors: Colours = coloursOf(wanted(process.stderr));
