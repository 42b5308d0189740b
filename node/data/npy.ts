/**
 * The .npy format of NumPy, versions 1 to 3 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html):
 * magic, version, length of the header (16 or 32 bits, little-endian), a Python dictionary, the values.
 */
import { HearsayError } from "../../protocol/errors.ts";

export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const MAX_HEADER_BYTES = 64 * 1024;

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;
const READERS: Readonly<Record<string, Reader>> = {
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  b1: (view, at) => view.getUint8(at),
};

/**
 * Decodes a file; values are rounded to float32 and may be NaN or infinite.
 * @throws HearsayError ERR_DECODE for a malformed file, ERR_DATA (with the remedy) for Fortran order or a dtype that is no
 * plain number.
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const { header, dataOffset } = readHeader(bytes);
  const { descr, fortranOrder, shape } = parseHeader(header);
  if (fortranOrder) {
    throw new HearsayError("ERR_DATA", ".npy in Fortran order; save numpy.ascontiguousarray(x) instead");
  }
  const [, order, type] = /^([<>|=]?)([a-z]\d+)$/.exec(descr) ?? [];
  const read = type === undefined || !Object.hasOwn(READERS, type) ? undefined : READERS[type];
  if (type === undefined || read === undefined) {
    throw new HearsayError("ERR_DATA", `.npy of dtype ${descr}; save x.astype("float32") instead`, { dtype: descr });
  }
  const size = Number(type.slice(1));
  const bytesWanted = shape.reduce((product, n) => product * n, size);
  const data = bytes.subarray(dataOffset);
  if (data.length !== bytesWanted) {
    throw malformed(`${data.length} bytes of data, shape (${shape.join(", ")}) of ${descr} has ${bytesWanted}`);
  }
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = new Float32Array(data.length / size);
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * size, order !== ">");
  return { shape, values };
}

function readHeader(bytes: Uint8Array): { header: string; dataOffset: number } {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw malformed("the magic bytes are missing");
  const version = bytes[6] as number;
  if (version < 1 || version > 3 || bytes[7] !== 0) throw malformed(`version ${version}.${bytes[7]} is unknown`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw malformed(`a header of ${length} bytes is too long`);
  if (start + length > bytes.length) throw malformed("the file ends inside its header");
  return { header: new TextDecoder().decode(bytes.subarray(start, start + length)), dataOffset: start + length };
}

/** The three keys may stand in any order; NumPy sorts them. */
function parseHeader(header: string): { descr: string; fortranOrder: boolean; shape: number[] } {
  const keys = [...header.matchAll(/'(\w+)'\s*:/g)].map(([, key]) => key).sort();
  const descr = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)\b/.exec(header);
  const shape = /'shape'\s*:\s*\(((?:\d+(?:, *\d+)*,?)?)\)/.exec(header);
  if (keys.join() !== "descr,fortran_order,shape" || descr === null || order === null || shape === null) {
    throw malformed("the header is no dictionary of descr, fortran_order and shape");
  }
  const sizes = (shape[1] as string).split(",").filter((text) => text.trim() !== "");
  return { descr: descr[1] ?? "(structured)", fortranOrder: order[1] === "True", shape: sizes.map(Number) };
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", `not a .npy file: ${message}`);
}
