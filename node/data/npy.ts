/**
 * The .npy format of NumPy, versions 1 to 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * magic, version, length of the header (16 or 32 bits, little-endian), a Python dictionary, the values.
 *
 * The dictionary is read as Python 2 and 3 and other writers spell it: either kind of quotes, `u''`, `3L`, any order and spacing. Nothing of it is
 * run; what NumPy would unpickle (dtype object) is refused.
 */

import { HearsayError } from "../../protocol/base/errors.ts";
import { halfToNumber } from "../../protocol/codec/small-floats.ts";

/** Numbers, row-major: in float64 where the dtype has more digits than float32 holds, else in float32. */
export interface NpyNumbers {
  readonly shape: readonly number[];
  readonly values: Float32Array | Float64Array;
  readonly texts?: undefined;
}

/** Texts, e.g. the names of classes. */
export interface NpyTexts {
  readonly shape: readonly number[];
  readonly texts: readonly string[];
  readonly values?: undefined;
}

export type NpyArray = NpyNumbers | NpyTexts;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_HEADER_BYTES = 64 * 1024;
/** Bytes of one text: a class name, not a page. */
const MAX_TEXT_BYTES = 4096;

interface Reader {
  /** It may have more digits than float32 holds. */
  readonly wide?: true;
  read(view: DataView, at: number, littleEndian: boolean): number;
}

const READERS: Readonly<Record<string, Reader>> = {
  f2: { read: (view, at, little) => halfToNumber(view.getUint16(at, little)) },
  f4: { read: (view, at, little) => view.getFloat32(at, little) },
  f8: { wide: true, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { read: (view, at) => view.getInt8(at) },
  i2: { read: (view, at, little) => view.getInt16(at, little) },
  i4: { wide: true, read: (view, at, little) => view.getInt32(at, little) },
  i8: { wide: true, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u1: { read: (view, at) => view.getUint8(at) },
  u2: { read: (view, at, little) => view.getUint16(at, little) },
  u4: { wide: true, read: (view, at, little) => view.getUint32(at, little) },
  u8: { wide: true, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  b1: { read: (view, at) => view.getUint8(at) },
};

/** What helps with a dtype that is not read, by its letter. */
const REMEDIES: Readonly<Record<string, string>> = {
  O: 'objects are pickled code, which is never run; save y.astype(str) for labels, x.astype("float32") for numbers',
  c: "complex numbers; save numpy.abs(x), or x.real and x.imag as columns of their own",
  M: 'times; save x.astype("datetime64[s]").astype("int64"), or leave them out',
  m: 'durations; save x.astype("timedelta64[s]").astype("int64")',
  V: "records; save numpy.lib.recfunctions.structured_to_unstructured(x)",
};

/** bfloat16 and its like, which NumPy itself does not know. */
const NO_PLAIN = 'bytes that NumPy has no numbers for, such as bfloat16; save x.astype("float32") where x was made';

/**
 * Decodes a file; numbers may be NaN or infinite.
 * @throws HearsayError ERR_DECODE for a malformed file, ERR_DATA with the remedy for a dtype that is no plain number or text.
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const { header, dataOffset } = readHeader(bytes);
  const { descr, fortranOrder, shape } = parseHeader(header);
  const [, order = "", letter = "", digits = ""] = /^([<>|=]?)([a-zA-Z?])(\d{0,6})/.exec(descr) ?? [];
  const type = letter === "?" ? "b1" : `${letter}${digits}`;
  const isText = letter === "U" || letter === "S";
  const reader = Object.hasOwn(READERS, type) && descr === `${order}${letter}${digits}` ? READERS[type] : undefined;
  if (!isText && reader === undefined) throw unread(descr, letter);
  const size = isText ? textSize(letter, digits, descr) : Number(type.slice(1));
  const count = shape.reduce((product, n) => product * n, 1);
  const data = checkedData(bytes.subarray(dataOffset), count * size, { shape, descr });
  const places = fortranOrder && shape.length > 1 ? rowMajorPlaces(shape) : undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = order !== ">";
  if (reader === undefined) {
    const read = letter === "U" ? wideText : byteText;
    return {
      shape,
      texts: Array.from({ length: count }, (_, i) => read(view, (places?.[i] ?? i) * size, size, little)),
    };
  }
  const values = reader.wide ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = reader.read(view, (places?.[i] ?? i) * size, little);
  return { shape, values };
}

function unread(descr: string, letter: string): HearsayError {
  const remedy =
    (descr.length > 1 && letter === "V" ? NO_PLAIN : REMEDIES[letter]) ?? 'save x.astype("float32") instead';
  return new HearsayError("ERR_DATA", `.npy of dtype ${descr}: ${remedy}`, { dtype: descr });
}

function textSize(letter: string, digits: string, descr: string): number {
  const size = Number(digits) * (letter === "U" ? 4 : 1);
  if (size <= MAX_TEXT_BYTES) return size;
  throw new HearsayError(
    "ERR_DATA",
    `.npy of dtype ${descr}: texts of more than ${MAX_TEXT_BYTES} bytes are no class names`,
  );
}

function checkedData(
  data: Uint8Array,
  wanted: number,
  { shape, descr }: { shape: readonly number[]; descr: string },
): Uint8Array {
  if (data.length === wanted) return data;
  const whole = `shape (${shape.join(", ")}) of ${descr} has ${wanted}`;
  const remedy =
    data.length > wanted ? "; a file holds one array: save others in files of their own" : "; it was cut short";
  throw malformed(`${data.length} bytes of data, ${whole}${remedy}`);
}

/** Where in a column-major array the values of the row-major one lie. */
function rowMajorPlaces(shape: readonly number[]): Uint32Array {
  const count = shape.reduce((product, n) => product * n, 1);
  const places = new Uint32Array(count);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, n) => product * n, 1));
  let place = 0;
  for (let i = 0; i < count; i++) {
    places[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      place += strides[axis] as number;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      place -= (index[axis] as number) * (strides[axis] as number);
      index[axis] = 0;
    }
  }
  return places;
}

/** Code points of four bytes, filled up with zeros. */
function wideText(view: DataView, at: number, size: number, little: boolean): string {
  let text = "";
  for (let i = at; i < at + size; i += 4) {
    const code = view.getUint32(i, little);
    if (code === 0) continue;
    if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      throw malformed("a text with a code that is no character");
    text += String.fromCodePoint(code);
  }
  return text;
}

/** UTF-8, filled up with zeros. */
function byteText(view: DataView, at: number, size: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, size);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, end));
  } catch (cause) {
    const message = "a text that is no UTF-8; save numpy.char.decode(y, ENCODING), with the encoding it is in";
    throw new HearsayError("ERR_DATA", `.npy with ${message}`, {}, cause);
  }
}

function readHeader(bytes: Uint8Array): { header: string; dataOffset: number } {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw malformed("the magic bytes are missing; where it is a table, name it .csv");
  const version = bytes[6] as number;
  if (version < 1 || version > 3 || bytes[7] !== 0) throw malformed(`version ${version}.${bytes[7]} is unknown`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw malformed(`a header of ${length} bytes is too long`);
  if (start + length > bytes.length) throw malformed("the file ends inside its header");
  return { header: new TextDecoder().decode(bytes.subarray(start, start + length)), dataOffset: start + length };
}

function parseHeader(header: string): { descr: string; fortranOrder: boolean; shape: number[] } {
  const keys = [...header.matchAll(/u?(['"])(\w+)\1\s*:/g)].map(([, , key]) => key).sort();
  const descr = /(['"])descr\1\s*:\s*(?:u?(['"])(.*?)\2|(\[))/.exec(header);
  const order = /(['"])fortran_order\1\s*:\s*(True|False|true|false)\b/.exec(header);
  const shape = /(['"])shape\1\s*:\s*\(([^()]*)\)/.exec(header);
  const sizes = (shape?.[2] ?? "").split(",").map((text) => text.trim());
  if (sizes.at(-1) === "") sizes.pop(); // (3,) and ()
  const whole = sizes.every((text) => /^\d+L?$/.test(text));
  if (keys.join() !== "descr,fortran_order,shape" || descr === null || order === null || shape === null || !whole)
    throw malformed("the header is no dictionary of descr, fortran_order and shape");
  return {
    descr: descr[3] ?? "V",
    fortranOrder: order[2]?.toLowerCase() === "true",
    shape: sizes.map((text) => Number.parseInt(text, 10)),
  };
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", `not a .npy file: ${message}`);
}
