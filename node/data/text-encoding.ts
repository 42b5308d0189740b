/**
 * In which encoding a text file is. UTF-8 is checked to the last byte. Anything else is read only where all that it can be gives the same
 * text; else the file is refused with the choices, since a wrong guess would make other classes and columns of it.
 */
import { HearsayError } from "../../protocol/errors.ts";
import { shellWord } from "../shell.ts";
import { quoted } from "./names.ts";
import { guessSingleByte } from "./single-byte.ts";

/** Decides about everything but invalid bytes, which may stand anywhere. */
export const HEAD_BYTES: number = 256 * 1024;

/** A longer line is looked into no further for the place of a bad byte. */
const MAX_LINE_BYTES = 32 * 2 ** 20;

/** Files that are no text, by what they begin with (latin1). */
const OTHER_FILES: readonly (readonly [begins: string | RegExp, what: string])[] = [
  ["PK\x03\x04", "an Excel workbook or another zip archive; save the sheet as CSV UTF-8"],
  ["\xd0\xcf\x11\xe0", "an old Excel workbook; save the sheet as CSV UTF-8"],
  ["PAR1", "a Parquet file; save it with pandas: read_parquet(...).to_csv(..., index=False)"],
  ["%PDF", "a PDF document; save its table as CSV UTF-8"],
  ["\x89HDF", "an HDF5 file; save its table with pandas: read_hdf(...).to_csv(..., index=False)"],
  ["\x93NUMPY", "a .npy file; give it the ending .npy"],
  ["BZh", "packed with bzip2; unpack it, or pack it with gzip"],
  ["\xfd7zXZ\0", "packed with xz; unpack it, or pack it with gzip"],
  ["\x28\xb5\x2f\xfd", "packed with zstd; unpack it, or pack it with gzip"],
  [/^\s*<(?:!doctype|html|\?xml)/i, "a web page or XML, not a table; fetch the table itself"],
  [/^\s*(?:\[\s*)?\{\s*["}]/, "JSON; save it with pandas: read_json(...).to_csv(..., index=False)"],
];

const UTF8_MARK = "\xef\xbb\xbf";
const MARKS: readonly (readonly [begins: string, encoding: string])[] = [
  ["\xff\xfe\0\0", "utf-32le"],
  ["\0\0\xfe\xff", "utf-32be"],
  [UTF8_MARK, "utf-8"],
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
  const start = latin1(head.subarray(0, 512));
  const text = start.startsWith(UTF8_MARK) ? start.slice(3) : start;
  const other = OTHER_FILES.find(([begins]) =>
    typeof begins === "string" ? text.startsWith(begins) : begins.test(text),
  );
  if (other !== undefined) throw refuse(`this is ${other[1]}`);
  const encoding =
    asked === undefined ? (MARKS.find(([begins]) => start.startsWith(begins))?.[1] ?? wide(head)) : known(asked);
  if (encoding?.startsWith("utf-32")) {
    const convert = `iconv -f UTF-32 -t UTF-8 ${shellWord(path)} > utf8.csv`;
    throw refuse(`the text is ${encoding.toUpperCase()}; convert it: ${convert}`);
  }
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
