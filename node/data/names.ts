/**
 * Names of columns and classes, as they are compared: composed (NFC), without white space at the ends, on one line. Names that
 * look alike and are not are told apart here, so that nobody trains on two classes that were meant as one.
 */

/** The name as it is compared, kept and shown. */
export function normalised(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[\t\r\n]+/g, " ")
    .trim();
}

/** Letters of other scripts, signs and dashes that look like another character. */
const LOOKS_LIKE: ReadonlyMap<string, string> = new Map(
  [
    ["\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455", "aeopcyxijs"],
    ["\u0432\u043a\u043c\u043d\u0442", "bkmht"],
    ["\u03bf\u03bd\u03b1\u03c1\u03bc", "ovap\u00b5"],
    ["\u2010\u2011\u2012\u2013\u2014\u2212\u2018\u2019\u00b4", "------'''"],
  ].flatMap(([from, to]) => [...(from as string)].map((c, i): [string, string] => [c, (to as string)[i] as string])),
);

/** What is left of a name without case, width of spaces and what cannot be seen: equal for names that differ in form only. */
export function formless(name: string): string {
  return name
    .normalize("NFC")
    .replace(/[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, "")
    .replace(/\s+/gu, " ")
    .trim()
    .toLowerCase()
    .replace(/[\u00b4\u0370-\u04ff\u2010-\u2212]/g, (c) => LOOKS_LIKE.get(c) ?? c);
}

/** The first character that has no place in a name, as U+0007; none: undefined. */
export function unprintable(name: string): string | undefined {
  const found = /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\u202a-\u202e\u2066-\u2069\ufffd]/u.exec(name);
  return found === null ? undefined : codePoints(found[0]);
}

/** The name was UTF-8, and was read as Windows-1252 and saved again. */
export function isMisread(name: string): boolean {
  return /[\u00c2\u00c3][\u0080-\u00bf\u0192\u02c6\u2013-\u2122]|\u00e2\u20ac/u.test(name);
}

/** In quotes; what cannot be seen, or what a terminal would obey, as an escape. */
export function quoted(text: string): string {
  return visible(JSON.stringify(text));
}

/** The text with escapes in place of what cannot be seen; line ends and spaces stay. */
export function visible(text: string): string {
  return text.replace(/(?![ \n])[\p{C}\p{Z}]/gu, (character) =>
    [...Array(character.length).keys()]
      .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

/** Both names with the code points in which they differ. */
export function bothForms(a: string, b: string): string {
  return `${quoted(a)} (${codePoints(a)}) and ${quoted(b)} (${codePoints(b)})`;
}

/** U+0063 U+0061 U+0074; of a long name the beginning. */
function codePoints(text: string): string {
  const all = [...text].map((c) => `U+${(c.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, "0")}`);
  return all.length > 24 ? `${all.slice(0, 24).join(" ")} ...` : all.join(" ");
}

/** Names in a list that may be long. */
export function listed(names: readonly string[]): string {
  const some = names.slice(0, 20).map(quoted);
  return names.length > some.length ? `${some.join(", ")} and ${names.length - some.length} more` : some.join(", ");
}
