/** Data sets in array files: a pair of .npy files, or two tensors of a safetensors file. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { decodeSafetensors, tensorValues } from "../../protocol/codec/safetensors.ts";
import { createFaults } from "./faults.ts";
import { openBytes, refusal } from "./file-bytes.ts";
import { kindOf } from "./file-kinds.ts";
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
  if (endingOf(path) === ".npy") {
    const targetsPath = targets ?? join(dirname(path), "y.npy");
    return {
      inputs: await decodeFile(path, maxValues, decodeNpy),
      targets: () =>
        decodeFile(targetsPath, maxValues, decodeNpy).catch((cause) => askForTargets(targetsPath, targets, cause)),
      targetsPath,
    };
  }
  const { tensors } = await decodeFile(path, maxValues, decodeSafetensors);
  const find = (names: readonly string[]): NpyArray => {
    const tensor = tensors.find(({ name }) => names.includes(name));
    if (tensor !== undefined) return { shape: tensor.shape, values: named(path, () => tensorValues(tensor)) };
    const found = tensors.map(({ name }) => visible(name)).slice(0, 20);
    const message = `no tensor is named ${names.join(" or ")}; the file has ${found.join(", ") || "none"}; save them so: save_file({"x": ..., "y": ...}, FILE)`;
    throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path, names: found });
  };
  return { inputs: find(INPUT_NAMES), targets: async () => find(TARGET_NAMES), targetsPath: path };
}

/** Where the file that was guessed is not there, what was looked for. */
function askForTargets(path: string, given: string | undefined, cause: unknown): never {
  if (given !== undefined || existsSync(path)) throw cause;
  throw new HearsayError(
    "ERR_DATA",
    `${path}: there is no such file; name the one of the targets with --targets`,
    { path },
    cause,
  );
}

/** The numbers of one array, one row for each example. */
export interface Rows {
  readonly values: Float32Array | Float64Array;
  readonly length: number;
}

export interface RowsChoice {
  /** NaN is a reading that is missing. Default false. */
  readonly mayMiss?: boolean;
  /** Axes of an example in the task, as height, width, channels. An array that has several of its own must have the same ones, but for those of 1. */
  readonly axes?: readonly number[];
}

/**
 * Checks one array: numbers, examples on the first axis, `width` values each, in the order of the task's axes, all finite, or NaN where readings may be missing.
 * @throws HearsayError ERR_DATA naming the example and the value in it, both counted from 0 as in x[3, 5].
 */
export function rowsOf(
  path: string,
  name: "x" | "y",
  { shape, values }: NpyArray,
  width: number,
  { mayMiss = false, axes = [] }: RowsChoice = {},
): Rows {
  if (values === undefined) {
    const message = `${name} holds text; save numbers, e.g. ${name}.astype("float32")`;
    throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
  }
  const [length = 0, ...rest] = shape;
  const found = rest.reduce((product, n) => product * n, 1);
  const refuse = (wanted: readonly number[], remedy: string) => {
    const message = `${name} has shape (${shape.join(", ")}); the task needs (examples, ${wanted.join(", ")})${remedy}`;
    return new HearsayError("ERR_DATA", `${path}: ${message}`, { path, shape, width });
  };
  const several = longAxes(axes).length > 1 && longAxes(rest).length > 1;
  if (shape.length === 0 || found !== width) throw refuse(several ? axes : [width], reshaped(name, shape, width));
  if (several && longAxes(rest).join() !== longAxes(axes).join()) throw refuse(axes, turned(name, rest, axes));
  const faults = createFaults(path);
  values.forEach((value, i) => {
    const single = Math.fround(value);
    if (!Number.isFinite(single) && !(mayMiss && Number.isNaN(value)))
      faults.add(`${position(name, i, width)} is ${single} as float32`);
  });
  faults.throwIfAny(
    `leave such examples out: keep = numpy.isfinite(${name}.reshape(len(${name}), -1)).all(axis=1), save x[keep] and y[keep]`,
  );
  return { values, length };
}

/** What gives the shape that is needed, where the values are as many. */
function reshaped(name: string, shape: readonly number[], width: number): string {
  const count = shape.reduce((product, n) => product * n, 1);
  if (shape.length === 2 && shape[0] === width) return `; save ${name}.T`;
  return shape.length > 0 && count > 0 && count % width === 0
    ? `; if its values are in order, save ${name}.reshape(-1, ${width})`
    : "";
}

/** An axis of 1 says nothing of the order of values. */
function longAxes(axes: readonly number[]): number[] {
  return axes.filter((n) => n !== 1);
}

/** What puts the same axes into the order of the task, as those of images with their channels first. */
function turned(name: string, rest: readonly number[], axes: readonly number[]): string {
  const left = [...rest.keys()];
  const order = axes.map((n) => {
    const at = left.findIndex((axis) => rest[axis] === n);
    return at < 0 ? -1 : (left.splice(at, 1)[0] as number);
  });
  const isSame = left.length === 0 && !order.includes(-1);
  return isSame
    ? `; its values are in another order: save ${name}.transpose(${[-1, ...order].map((axis) => axis + 1).join(", ")})`
    : "";
}

function position(name: string, i: number, width: number): string {
  return width === 1 ? `${name}[${i}]` : `${name}[${Math.floor(i / width)}, ${i % width}]`;
}

async function decodeFile<T>(path: string, maxValues: number, decode: (bytes: Uint8Array) => T): Promise<T> {
  const bytes = await readBounded(path, maxValues * MAX_VALUE_BYTES + HEADER_BYTES);
  try {
    return named(path, () => decode(bytes));
  } catch (cause) {
    const kind = isHearsayError(cause, "ERR_DECODE") ? kindOf(bytes) : undefined;
    if (kind === undefined || kind.endsWith(endingOf(path))) throw cause;
    throw new HearsayError("ERR_DATA", `${path}: this is ${kind}`, { path }, cause);
  }
}

/** Of the name of an array file, without .gz. */
function endingOf(path: string): string {
  return /\.npy(?:\.gz)?$/i.test(path) ? ".npy" : ".safetensors";
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
