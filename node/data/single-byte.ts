/**
 * Text that is not UTF-8: what it may be. Each word with a byte above 127 is decoded in every encoding that people still meet;
 * what gives no word (a capital inside one, two scripts in one, a sign for a letter) is not the encoding of the file.
 */

import { quoted } from "./names.ts";

export type Guess =
  | { readonly encoding: string }
  /** What it may be, with one of the words in which the choices differ. */
  | { readonly choices: readonly { readonly encoding: string; readonly text: string }[] };

const CANDIDATES = [
  ...["windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254"],
  ...["macintosh", "koi8-r", "ibm866", "shift_jis", "gb18030", "big5", "euc-kr", "euc-jp"],
];
/** More than these say nothing new. */
const MAX_WORDS = 2000;
const MAX_WORD_BYTES = 60;

export async function guessSingleByte(chunks: AsyncIterable<Uint8Array>): Promise<Guess> {
  const words = [...(await wordsOf(chunks))].map((word) => Buffer.from(word, "latin1"));
  const plausible = CANDIDATES.flatMap((encoding) => {
    const texts = words.map((word) => decode(encoding, word));
    return texts.every((text) => text !== undefined) ? [{ encoding, texts }] : [];
  });
  const [first] = plausible;
  if (first === undefined) return { choices: [] };
  const differs = first.texts.findIndex((text, i) => plausible.some(({ texts }) => texts[i] !== text));
  if (differs < 0) return { encoding: first.encoding };
  const encodings = new Map<string, string>(); // one for each text that comes out
  for (const { encoding, texts } of plausible) {
    const text = quoted(texts[differs] as string);
    if (!encodings.has(text)) encodings.set(text, encoding);
  }
  return { choices: [...encodings].map(([text, encoding]) => ({ encoding, text })) };
}

/** Words with a byte above 127, as latin1; second bytes of East Asian characters lie in the same range. */
async function wordsOf(chunks: AsyncIterable<Uint8Array>): Promise<Set<string>> {
  const words = new Set<string>();
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + Buffer.from(chunk).toString("latin1");
    for (const [word] of text.matchAll(/[@-{}~]*[\x80-\xff][@-{}~\x80-\xff]*/g)) {
      if (words.size < MAX_WORDS) words.add(word.slice(0, MAX_WORD_BYTES));
    }
    rest = /[@-{}~\x80-\xff]*$/.exec(text.slice(-MAX_WORD_BYTES))?.[0] ?? "";
  }
  return words;
}

/** The word in an encoding; undefined where it is none. */
function decode(encoding: string, bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    // one byte alone is a sign, or a letter of the encodings that are still written
    if (bytes.length === 1 && !encoding.startsWith("windows")) return undefined;
    return isPlausible(text, bytes) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Signs that stand in tables beside words and numbers: units, currencies, dashes, the apostrophe. */
const SIGNS = /[°²³¹µ§€£¥±½¼¾·×÷’–—]/gu;
const LATIN = /^[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]*$/u;
const CYRILLIC = /^[\u0410-\u044f\u0401\u0451\u0404\u0454\u0406\u0456\u0407\u0457\u0490\u0491]*$/u;
const GREEK = /^[\u0386-\u03ce]*$/u;
const EAST_ASIAN = /^[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]+$/u;

/** A word that somebody may have written: signs beside letters of one script, capitals at its beginning or throughout. */
function isPlausible(text: string, bytes: Uint8Array): boolean {
  // one character of which a byte is an ASCII letter is more likely a sign and a letter, as in °C
  if (EAST_ASIAN.test(text)) return text.length > 1 || bytes.every((byte) => byte > 127);
  if (/\p{L}[²³¹½¼¾£¥±€§]\p{L}/u.test(text)) return false;
  const words = text.replace(SIGNS, " ").split(/[ @[\\\]^_`{}~]+/);
  return words.every((word) => {
    const oneScript = LATIN.test(word) || CYRILLIC.test(word) || GREEK.test(word);
    return oneScript && !/\p{Ll}\p{Lu}/u.test(word) && !/^\p{Lu}\p{Ll}?\p{Lu}+\p{Ll}/u.test(word);
  });
}
