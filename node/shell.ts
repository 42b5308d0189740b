/** Words of a command line that somebody shall paste into a POSIX shell. */

/** The text as one word. */
export function shellWord(text: string): string {
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
