/**
 * The safetensors format (https://github.com/huggingface/safetensors, "Format"): the bytes in which models travel and rest.
 *
 *     8 bytes   length of the header, unsigned little-endian
 *     header    JSON: {"__metadata__": {text: text}, name: {"dtype", "shape", "data_offsets": [begin, end]}, ...}, padded
 *               with spaces to a multiple of 8
 *     data      the tensors' little-endian values, offsets counted from here, without a hole
 *
 * The same tensors in the same order encode to the same bytes, since a model is named by the hash of its file.
 */
import { bytesToFloats, concatBytes, utf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { visible } from "../base/visible.ts";
import { type HeaderEntry, METADATA, malformed, parseHeader, quoted } from "./safetensors-header.ts";
import { bfloat16ToNumber, halfToNumber } from "./small-floats.ts";

export type Dtype =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

interface Reader {
  /** Bytes of one value. */
  readonly size: number;
  /** It may have more digits than float32 holds. */
  readonly wide?: true;
  read(view: DataView, at: number): number;
}

const DTYPES: Readonly<Record<Dtype, Reader>> = {
  F64: { size: 8, wide: true, read: (view, at) => view.getFloat64(at, true) },
  F32: { size: 4, read: (view, at) => view.getFloat32(at, true) },
  F16: { size: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  BF16: { size: 2, read: (view, at) => bfloat16ToNumber(view.getUint16(at, true)) },
  I64: { size: 8, wide: true, read: (view, at) => Number(view.getBigInt64(at, true)) },
  I32: { size: 4, wide: true, read: (view, at) => view.getInt32(at, true) },
  I16: { size: 2, read: (view, at) => view.getInt16(at, true) },
  I8: { size: 1, read: (view, at) => view.getInt8(at) },
  U64: { size: 8, wide: true, read: (view, at) => Number(view.getBigUint64(at, true)) },
  U32: { size: 4, wide: true, read: (view, at) => view.getUint32(at, true) },
  U16: { size: 2, read: (view, at) => view.getUint16(at, true) },
  U8: { size: 1, read: (view, at) => view.getUint8(at) },
  BOOL: { size: 1, read: (view, at) => view.getUint8(at) },
};

/** What the header says of a tensor. */
export interface TensorHead {
  readonly name: string;
  /** Row-major; [] is a scalar. */
  readonly shape: readonly number[];
  readonly dtype: Dtype;
}

export interface Tensor extends TensorHead {
  /** Little-endian values, shape x size of dtype bytes. */
  readonly data: Uint8Array;
}

/** As it stands in a file: of its dtype nothing may be known, e.g. F8_E4M3. */
export interface ReadTensor extends Omit<Tensor, "dtype"> {
  readonly dtype: string;
}

export interface SafetensorsFile {
  /** By ascending offset. */
  readonly tensors: readonly ReadTensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The format allows 100 MB; 4,096 tensors with names of 64 characters need half of this. */
export const MAX_HEADER_BYTES: number = 2 ** 20;

/**
 * Encodes tensors in the given order, metadata first.
 * @throws TypeError for data that does not fit its shape, and as `safetensorsHeader` does.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  for (const { name, shape, dtype, data } of tensors) {
    if (data.length !== byteLength(shape, dtype)) {
      throw new TypeError(`tensor ${name} [${shape}] ${dtype} cannot have ${data.length} bytes`);
    }
  }
  return concatBytes(safetensorsHeader(tensors, metadata), ...tensors.map(({ data }) => data));
}

/**
 * All of a file that comes before the data: length, JSON, padding.
 * @throws TypeError for a malformed shape, a name that occurs twice, is `__metadata__` or no Unicode text, or a header above
 * MAX_HEADER_BYTES.
 */
export function safetensorsHeader(
  tensors: readonly TensorHead[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const fields: string[] = [];
  const names = new Set([METADATA]);
  if (Object.keys(metadata).length > 0) fields.push(`"${METADATA}":${JSON.stringify(metadata)}`);
  let begin = 0;
  for (const { name, shape, dtype } of tensors) {
    if (names.has(name) || !name.isWellFormed()) throw new TypeError(`the name "${name}" is taken or no Unicode text`);
    names.add(name);
    const end = begin + byteLength(shape, dtype);
    if (!shape.every((n) => n >= 0) || !Number.isSafeInteger(end))
      throw new TypeError(`tensor ${name} has shape [${shape}]`);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
    begin = end;
  }
  const text = utf8(`{${fields.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > MAX_HEADER_BYTES) throw new TypeError(`a header of ${length} bytes is too long`);
  const header = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return header;
}

/**
 * Decodes a file; the tensors' data are views of `bytes`. Stricter than the format where parsers differ: no key occurs twice,
 * no field is unknown, no byte of data belongs to no tensor or to two. Values are not looked at: they may be NaN. A tensor of a dtype that is not
 * read makes the others no worse: `tensorValues` refuses it.
 * @throws HearsayError ERR_DECODE.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw malformed(`${bytes.length} bytes cannot hold the length of a header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER_BYTES) throw malformed(`a header of ${headerLength} bytes is too long`);
  if (headerLength > bytes.length - 8) throw malformed("the file ends inside its header");
  const data = bytes.subarray(8 + headerLength);
  const { entries, metadata } = parseHeader(bytes.subarray(8, 8 + headerLength));
  const placed = entries.map((entry) => place(entry, data));
  placed.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { begin, end, tensor } of placed) {
    if (begin !== reached) throw malformed(`tensor ${quoted(tensor.name)} does not begin where the one before ends`);
    reached = end;
  }
  if (reached !== data.length) throw malformed(`${data.length - reached} bytes of data belong to no tensor`);
  return { tensors: placed.map(({ tensor }) => tensor), metadata };
}

/**
 * The values of a tensor: in float64 where the dtype has more digits than float32 holds (integers above 2^53 are rounded), else in float32.
 * A copy, whatever the alignment.
 * @throws HearsayError ERR_DATA for a dtype that is not read, with the remedy; TypeError for data that does not fit its shape.
 */
export function tensorValues({ name, shape, dtype, data }: ReadTensor): Float32Array | Float64Array {
  if (!isDtype(dtype)) {
    const known = Object.keys(DTYPES).join(", ");
    throw new HearsayError(
      "ERR_DATA",
      `tensor ${quoted(name)} has dtype ${visible(dtype.slice(0, 32))}, which is none of ${known}; save it as float32, in PyTorch tensor.float()`,
    );
  }
  if (data.length !== byteLength(shape, dtype)) throw new TypeError("the data does not fit the shape");
  if (dtype === "F32") return bytesToFloats(data);
  const { size, wide, read } = DTYPES[dtype];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const values = wide ? new Float64Array(data.length / size) : new Float32Array(data.length / size);
  for (let i = 0; i < values.length; i++) values[i] = read(view, i * size);
  return values;
}

function place(entry: HeaderEntry, data: Uint8Array): { begin: number; end: number; tensor: ReadTensor } {
  const { name, dtype, shape, offsets } = entry;
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2) {
    throw malformed(`tensor ${quoted(name)} has offsets other than [begin, end]`);
  }
  if (begin > end || end > data.length) throw malformed(`tensor ${quoted(name)} lies outside the data`);
  if (isDtype(dtype) && end - begin !== byteLength(shape, dtype))
    throw malformed(`tensor ${quoted(name)} has offsets unlike its shape`);
  return { begin, end, tensor: { name, shape, dtype, data: data.subarray(begin, end) } };
}

/** NaN where the product is not exact, which equals no length. */
function byteLength(shape: readonly number[], dtype: Dtype): number {
  let bytes: number = DTYPES[dtype].size;
  for (const n of shape) bytes = Number.isSafeInteger(bytes * n) ? bytes * n : Number.NaN;
  return bytes;
}

function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPES, name);
}
