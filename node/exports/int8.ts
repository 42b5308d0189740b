/** A model whose weights are int8: safetensors with tensors I8, and the scale of each in the metadata as `scale.<name>`. Biases are F32. */
import { floatsToBytes } from "../../protocol/base/bytes.ts";
import type { Task } from "../../protocol/base/task.ts";
import { encodeSafetensors, type Tensor } from "../../protocol/codec/safetensors.ts";
import { quantise } from "../../protocol/learn/smaller.ts";
import { tensorSlices } from "../../protocol/learn/tensors.ts";
import { scaleName } from "../disk/model-file.ts";

const BITS = 8;

export function encodeInt8(
  params: Float32Array,
  { tensors }: Task,
  facts: Readonly<Record<string, string>>,
): Uint8Array {
  const scales: Record<string, string> = {};
  const encoded = tensorSlices(tensors).map(({ name, shape, offset, length }): Tensor => {
    const values = params.subarray(offset, offset + length);
    if (shape.length < 2) return { name, shape, dtype: "F32", data: floatsToBytes(values) };
    const { whole, scale } = quantise(values, BITS);
    scales[scaleName(name)] = String(scale);
    return { name, shape, dtype: "I8", data: new Uint8Array(whole.buffer) };
  });
  return encodeSafetensors(encoded, { ...facts, ...scales });
}
