/** Data sets in array files: a pair of .npy files, or two tensors of a safetensors file. */
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeSafetensors, tensorValues } from "../../protocol/codec/safetensors.ts";
import { HearsayError, isHearsayError } from "../../protocol/errors.ts";
import { createFaults } from "./faults.ts";
import { openBytes, refusal } from "./file-bytes.ts";
import { visible } from "./names.ts";
import { decodeNpy, type NpyArray } from "./npy.ts";

/** Two arrays whose first axis counts the examples; values as they stand in the file. */
export interface ArrayPair {
  readonly inputs: NpyArray;
  /** Read on demand: data to predict has none. */
  targets(): Promise<NpyArray>;
  /** The file that holds the targets. */
  readonly targetsPath: string;
}

/** Names of the tensors. */
const INPUT_NAMES = ["x", "inputs"];
const TARGET_NAMES = ["y", "targets"];
/** Bytes of the widest value. */
const MAX_VALUE_BYTES = 8;
/** Room for a header. */
const HEADER_BYTES = 2 ** 20;

/**
 * Opens a .safetensors file, or the .npy file of the inputs with that of the targets: `targets`, by default y.npy beside it.
 * @throws HearsayError (so does `targets()`) ERR_DATA for a file that is missing, too large or lacks a tensor; ERR_DECODE for
 * malformed bytes.
 */
export async function openArrays(path: string, maxValues: number, targets?: string): Promise<ArrayPair> {
  if (/\.npy(?:\.gz)?$/i.test(path)) {
    const targetsPath = targets ?? join(dirname(path), "y.npy");
    return {
      inputs: await decodeFile(path, maxValues, decodeNpy),
      targets: () => decodeFile(targetsPath, maxValues, decodeNpy),
      targetsPath,
    };
  }
  const { tensors } = await decodeFile(path, maxValues, decodeSafetensors);
  const find = (names: readonly string[]): NpyArray => {
    const tensor = tensors.find(({ name }) => names.includes(name));
    if (tensor !== undefined) return { shape: tensor.shape, values: named(path, () => tensorValues(tensor)) };
    const found = tensors.map(({ name }) => visible(name)).slice(0, 20);
    const message = `no tensor is named ${names.join(" or ")}; the file has ${found.join(", ") || "none"}`;
    throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path, names: found });
  };
  return { inputs: find(INPUT_NAMES), targets: async () => find(TARGET_NAMES), targetsPath: path };
}

/** The numbers of one array, one row for each example. */
export interface Rows {
  readonly values: Float32Array | Float64Array;
  readonly length: number;
}

/**
 * Checks one array: numbers, examples on the first axis, `width` values each, all finite.
 * @throws HearsayError ERR_DATA naming the example and the value in it, both counted from 0 as in x[3, 5].
 */
export function rowsOf(path: string, name: "x" | "y", { shape, values }: NpyArray, width: number): Rows {
  if (values === undefined) {
    const message = `${name} holds text; save numbers, e.g. ${name}.astype("float32")`;
    throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
  }
  const [length = 0, ...rest] = shape;
  const found = rest.reduce((product, n) => product * n, 1);
  if (shape.length === 0 || found !== width) {
    const message = `${name} has shape (${shape.join(", ")}); the task needs (examples, ${width})`;
    throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path, shape, width });
  }
  const faults = createFaults(path);
  values.forEach((value, i) => {
    const single = Math.fround(value);
    if (!Number.isFinite(single)) faults.add(`${position(name, i, width)} is ${single} as float32`);
  });
  faults.throwIfAny();
  return { values, length };
}

function position(name: string, i: number, width: number): string {
  return width === 1 ? `${name}[${i}]` : `${name}[${Math.floor(i / width)}, ${i % width}]`;
}

async function decodeFile<T>(path: string, maxValues: number, decode: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await readBounded(path, maxValues * MAX_VALUE_BYTES + HEADER_BYTES);
  return named(path, () => decode(bytes));
}

/** What `read` says of bytes, said of the file. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
    throw new HearsayError(cause.code, `${path}: ${visible(cause.message)}`, { ...cause.details, path }, cause);
  }
}

/** All of a file, unpacked where it is gzip. */
async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw refusal(path, cause);
  });
  const tooLarge = () => {
    const message = `more than ${maxBytes} bytes are too many; use less data, or raise maxValues`;
    return new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
  };
  const { chunks } = await openBytes(path);
  if (size > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let read = 0;
  for await (const chunk of chunks()) {
    read += chunk.length;
    if (read > maxBytes) throw tooLarge();
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
