/**
 * Text of others as it may be shown. A task, a log, a file or an error of another peer can hold characters that a terminal obeys (escape
 * sequences that rewrite the screen, the title or the clipboard) or that hide what a line says (right-to-left overrides, zero width).
 */

/** Controls (C0, DEL, C1), format characters (bidi, zero width, tags), separators of lines, halves of pairs, and what is drawn as nothing. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** A text of one line in which such characters stand as \x1b, \u202e, \u{e0041}; those in `spared` stay. */
export function visible(text: string, spared = ""): string {
  return text.replace(UNSEEN, (character) => (spared.includes(character) ? character : escaped(character)));
}

/** The same in JSON, where it changes no value. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (character) =>
    Array.from({ length: character.length }, (_, i) => `\\u${hex(character.charCodeAt(i), 4)}`).join(""),
  );
}

/** Every text in a value of JSON made visible, names of fields too; line feeds stay, as between the lines of a stack. */
export function visibleValue(value: unknown): unknown {
  if (typeof value === "string") {
    return value
      .split("\n")
      .map((line) => visible(line))
      .join("\n");
  }
  if (Array.isArray(value)) return value.map(visibleValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [visible(name), visibleValue(one)]));
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\u{${hex(code, 5)}}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
