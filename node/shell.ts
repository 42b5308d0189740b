/** Words of a command line that somebody shall paste into a POSIX shell. */
import { visible } from "../protocol/base/visible.ts";

/** The text as one word; characters that cannot be seen stand in it as escapes, in the `$''` of bash and zsh. */
export function shellWord(text: string): string {
  if (visible(text) !== text) {
    const escaped = visible(text.replace(/[\\']/g, "\\$&"));
    return `$'${escaped.replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => `\\U${code.padStart(8, "0")}`)}'`;
  }
  return /^[\p{L}\p{N}_@%+=:,./-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** An option with its value; a value that begins like an option is tied to it. */
export function shellOption(flag: string, value: string): string {
  return value.startsWith("-") && !/^-[\d.]/.test(value)
    ? `${flag}=${shellWord(value)}`
    : `${flag} ${shellWord(value)}`;
}

/** Names separated by commas, as `namesIn` (data/name-list.ts) takes them apart. */
export function nameList(names: readonly string[]): string {
  return names.map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(",");
}
