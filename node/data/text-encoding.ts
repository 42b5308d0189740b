/**
 * In which encoding a text file is. UTF-8 is checked to the last byte. Anything else is read only where all that it can be gives the same
 * text; else the file is refused with the choices, since a wrong guess would make other classes and columns of it.
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { shellWord } from "../shell.ts";
import { kindOf } from "./file-kinds.ts";
import { quoted } from "./names.ts";
import { guessSingleByte } from "./single-byte.ts";

/** Decides about everything but invalid bytes, which may stand anywhere. */
export const HEAD_BYTES: number = 256 * 1024;

/** Where bytes are looked for that no text has. */
const NO_TEXT_BYTES = 64 * 1024;
/** Fewer of them are slips of a hand. */
const MIN_CONTROLS = 8;

/** A longer line is looked into no further for the place of a bad byte. */
const MAX_LINE_BYTES = 32 * 2 ** 20;

const MARKS: readonly (readonly [begins: string, encoding: string])[] = [
  ["\xff\xfe\0\0", "utf-32le"],
  ["\0\0\xfe\xff", "utf-32be"],
  ["\xef\xbb\xbf", "utf-8"],
  ["\xff\xfe", "utf-16le"],
  ["\xfe\xff", "utf-16be"],
];

/**
 * The encoding of a file, `asked` where that is given.
 * @throws HearsayError ERR_DATA for a file that is no text, or whose encoding is not certain; ERR_CONFIG for one that is unknown.
 */
export async function detectEncoding(
  path: string,
  chunks: () => AsyncIterable<Uint8Array>,
  head: Uint8Array,
  asked: string | undefined,
): Promise<string> {
  const refuse = (message: string) => new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
  const other = kindOf(head);
  if (other !== undefined) throw refuse(`this is ${other}`);
  const start = latin1(head.subarray(0, 4));
  const encoding =
    asked === undefined ? (MARKS.find(([begins]) => start.startsWith(begins))?.[1] ?? wide(head)) : known(asked);
  if (encoding?.startsWith("utf-32")) {
    const convert = `iconv -f UTF-32 -t UTF-8 ${shellWord(path)} > utf8.csv`;
    throw refuse(`the text is ${encoding.toUpperCase()}; convert it: ${convert}`);
  }
  const strange = encoding?.startsWith("utf-16") ? undefined : noText(head);
  if (strange !== undefined) throw refuse(strange);
  const remedy = "mend the line, or name the encoding of the file with --encoding";
  if (encoding?.startsWith("utf-16") && !(await valid(chunks(), encoding))) {
    throw refuse(`the file is not ${encoding.toUpperCase()} throughout; name its encoding with --encoding`);
  }
  const { bad, multiByte } = await firstInvalid(chunks, encoding ?? "utf-8");
  if (bad === undefined) return encoding ?? "utf-8";
  const found = `line ${bad.line} has a byte that is not ${encoding?.toUpperCase() ?? "UTF-8"}: ${bad.text}`;
  if (encoding !== undefined) throw refuse(`${found}; ${remedy}`);
  if (multiByte) throw refuse(`${found}, while other lines are UTF-8; ${remedy}`);
  const guess = await guessSingleByte(chunks());
  if ("encoding" in guess) return guess.encoding;
  const convert = "or convert the file to UTF-8";
  if (guess.choices.length === 0) {
    const dos = `a file from DOS: iconv -f CP850 -t UTF-8 ${shellWord(path)} > utf8.csv`;
    throw refuse(`${found}; name its encoding, as in --encoding shift_jis, ${convert} (${dos})`);
  }
  const list = guess.choices.map(({ encoding, text }) => `\n  --encoding ${encoding.padEnd(12)}  ${text}`).join("");
  throw refuse(`the text is not UTF-8, and it is not certain what it is. Say which, ${convert}:${list}`);
}

/** Two bytes a character, without a mark: every other byte of most characters is 0. */
function wide(head: Uint8Array): string | undefined {
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2] = (zeros[i % 2] as number) + 1;
  const [even = 0, odd = 0] = zeros.map((count) => count / (head.length / 2));
  if (odd > 0.5 && even < 0.1) return "utf-16le";
  return even > 0.5 && odd < 0.1 ? "utf-16be" : undefined;
}

/** What is wrong where more than one byte in a hundred is a control character that no text has; a few are faults of their values. */
function noText(head: Uint8Array): string | undefined {
  const start = head.subarray(0, NO_TEXT_BYTES);
  const { length } = start.filter(isControl);
  if (length < MIN_CONTROLS || 100 * length < start.length) return undefined;
  const first = start.findIndex(isControl);
  const line = latin1(start.subarray(0, first)).split(/\r\n|\n|\r/).length;
  const byte = `0x${(start[first] as number).toString(16).toUpperCase().padStart(2, "0")}`;
  return `line ${line} holds bytes that no text has (${byte}); delete the line, or, where this is the file of another program, save its table as CSV UTF-8`;
}

/** Of no text, and not Ctrl-Z or escape. */
function isControl(byte: number): boolean {
  return byte < 9 || (byte > 13 && byte < 32 && byte !== 26 && byte !== 27);
}

function known(asked: string): string {
  try {
    return new TextDecoder(asked).encoding;
  } catch (cause) {
    const names =
      "utf-8, utf-16le, windows-1250 to windows-1258, iso-8859-2 to iso-8859-16, macintosh, shift_jis, gb18030, big5";
    const message = `data.encoding: "${asked}" is unknown; there are ${names} and others of the Encoding Standard`;
    throw new HearsayError("ERR_CONFIG", message, { encoding: asked }, cause);
  }
}

interface Validity {
  /** Where the first byte stands that is not of the encoding. */
  readonly bad?: { readonly line: number; readonly text: string };
  /** Characters of several bytes came before it. */
  readonly multiByte: boolean;
}

async function firstInvalid(chunks: () => AsyncIterable<Uint8Array>, encoding: string): Promise<Validity> {
  if (await valid(chunks(), encoding)) return { multiByte: false };
  let line = 1;
  let multiByte = false;
  for await (const bytes of lines(chunks())) {
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      multiByte ||= text.length < bytes.length;
    } catch {
      return { bad: { line, text: excerpt(bytes) }, multiByte };
    }
    line++;
  }
  return { bad: { line, text: "the file ends inside a character" }, multiByte };
}

async function valid(chunks: AsyncIterable<Uint8Array>, encoding: string): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of chunks) decoder.decode(chunk, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** Lines as bytes, without their end. */
async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield rest.subarray(0, end);
      rest = rest.subarray(end + 1);
    }
    if (rest.length > MAX_LINE_BYTES) return; // no line of a table, and joining it again and again would take for ever
  }
  yield rest;
}

/** The surroundings of the first byte that is not ASCII. */
function excerpt(bytes: Uint8Array): string {
  const at = Math.max(
    0,
    bytes.findIndex((byte) => byte > 127),
  );
  const byte = `0x${(bytes[at] ?? 0).toString(16).toUpperCase()}`;
  return `${byte} after ${quoted(latin1(bytes.subarray(Math.max(0, at - 12), at)))}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
