/** Parameters as the body of a frame, and back: a safetensors file with the tensors of the task, float32. */
import { bytesOf, equalBytes } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { TensorSpec } from "../../../protocol/base/task.ts";
import {
  decodeSafetensors,
  type ReadTensor,
  safetensorsHeader,
  type TensorHead,
  tensorValues,
} from "../../../protocol/codec/safetensors.ts";
import { type TensorSlice, tensorSlices } from "../../../protocol/learn/tensors.ts";

/** Of `predict`: rows, and what the model says of each. No tensor of a task has such a name. */
export const INPUTS = "hearsay.inputs";
export const OUTPUTS = "hearsay.outputs";

export interface Bodies {
  /** Length d of the parameter vector. */
  readonly length: number;
  /** The parameters, and a further tensor beside them. Views of what is given. */
  encode(params: Float32Array, extra?: { readonly head: TensorHead; readonly data: Uint8Array }): readonly Uint8Array[];
  /** The parameters of a body. @throws HearsayError ERR_TRAINER for another layout, with both, and for values that are not finite. */
  decode(body: Uint8Array<ArrayBuffer>): Float32Array;
}

export function createBodies(tensors: readonly TensorSpec[]): Bodies {
  const slices = tensorSlices(tensors);
  const heads = slices.map(({ name, shape }): TensorHead => ({ name, shape, dtype: "F32" }));
  const header = safetensorsHeader(heads);
  const length = slices.reduce((sum, slice) => sum + slice.length, 0);
  return {
    length,
    encode(params, extra) {
      if (extra === undefined) return [header, bytesOf(params)];
      return [safetensorsHeader([...heads, extra.head]), bytesOf(params), extra.data];
    },
    decode(body) {
      const isUsual = equalBytes(body.subarray(0, header.length), header) && header.length % 4 === 0;
      const params =
        isUsual && body.length === header.length + 4 * length
          ? new Float32Array(body.buffer, body.byteOffset + header.length, length)
          : gather(body, slices, length);
      refuseNotFinite(params, slices);
      return params;
    },
  };
}

/** The one tensor of a body: the answer to `predict`. @throws HearsayError ERR_TRAINER for another shape, with both. */
export function decodeOutputs(body: Uint8Array, rows: number, width: number): Float32Array | Float64Array {
  const outputs = tensorsOf(body).get(OUTPUTS);
  const shape = JSON.stringify([rows, width]);
  if (outputs === undefined) throw fault(`answered \`predict\` without the tensor ${OUTPUTS} of shape ${shape}`);
  if (JSON.stringify(outputs.shape) !== shape)
    throw fault(
      `answered \`predict\` with shape [${outputs.shape}], where ${shape} was asked for: a row of numbers each`,
    );
  return tensorValues(outputs);
}

function gather(body: Uint8Array, slices: readonly TensorSlice[], length: number): Float32Array {
  const given = tensorsOf(body);
  const params = new Float32Array(length);
  for (const { name, shape, offset } of slices) {
    const tensor = given.get(name);
    if (tensor === undefined)
      throw fault(`gave no tensor ${name} [${shape}]; it gave ${[...given.keys()].slice(0, 8).join(", ") || "none"}`);
    if (tensor.dtype !== "F32" || JSON.stringify(tensor.shape) !== JSON.stringify(shape))
      throw fault(`gave ${name} as [${tensor.shape}] ${tensor.dtype}, where the task has [${shape}] F32`);
    params.set(tensorValues(tensor), offset);
  }
  const names = new Set(slices.map(({ name }) => name));
  const unknown = [...given.keys()].find((name) => !names.has(name));
  if (unknown !== undefined) throw fault(`gave a tensor ${unknown}, which the task does not have`);
  return params;
}

function tensorsOf(body: Uint8Array): ReadonlyMap<string, ReadTensor> {
  try {
    return new Map(decodeSafetensors(body).tensors.map((tensor) => [tensor.name, tensor]));
  } catch (error) {
    throw fault(`gave a body that cannot be read: ${(error as Error).message}`);
  }
}

/** A sum of products with 0 is 0 where all are finite: one pass without a branch, and of four sums none waits for the others. */
function areFinite(params: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = params.length - (params.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += 0 * (params[i] as number);
    b += 0 * (params[i + 1] as number);
    c += 0 * (params[i + 2] as number);
    d += 0 * (params[i + 3] as number);
  }
  for (let i = whole; i < params.length; i++) a += 0 * (params[i] as number);
  return a + b + c + d === 0;
}

function refuseNotFinite(params: Float32Array, slices: readonly TensorSlice[]): void {
  if (areFinite(params)) return;
  const index = params.findIndex((value) => !Number.isFinite(value));
  const slice = slices.find(({ offset, length }) => index < offset + length);
  throw fault(
    `gave ${params[index]} in tensor ${slice?.name}, at ${index - (slice?.offset ?? 0)}: its training was thrown away; ` +
      "look at its learning rate, and at its data",
  );
}

export function fault(what: string): HearsayError {
  return new HearsayError("ERR_TRAINER", `the trainer ${what}`);
}
