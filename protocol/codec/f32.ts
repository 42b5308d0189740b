import { bytesOf, concatBytes, equalBytes, floatsIn } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { numParams } from "../base/task.ts";
import type { BodyLayout, Codec } from "./codec.ts";
import { requireBody, requireParams } from "./lengths.ts";
import { safetensorsHeader } from "./safetensors.ts";

/**
 * `f32`: the parameters as they are, in a safetensors file.
 *
 *     body = header(tensors, task) | params_0 .. params_(d-1), float32, little-endian
 *
 * where the header is a function of the layout alone, so that a receiver compares bytes and parses nothing that a stranger wrote. Lossless.
 * O(d) time; `decode` gives a view of the body where its floats are aligned.
 *
 * @throws RangeError from `encode` for a vector of another length; HearsayError from `decode`: ERR_MODEL_SIZE for a body of another length,
 *   ERR_MODEL_SHAPE for another header.
 * @see The format: https://github.com/huggingface/safetensors#format
 * @example
 * import { f32 } from "hearsay/protocol/codec/f32";
 * const codec = f32.forLayout({ tensors: [["weights", [2, 1]], ["bias", [1]]], task: "00" });
 * const body = codec.encode(Float32Array.of(1, 2, 3));
 * body.length === codec.maxBytes; // -> true
 * codec.decode(body); // -> [1, 2, 3]
 * codec.decode(body.subarray(1)); // throws ERR_MODEL_SIZE
 */
export const f32: Codec = {
  name: "f32",
  forLayout(layout) {
    const header = headerOf(layout);
    const count = numParams(layout);
    const bodyBytes = header.length + 4 * count;
    return {
      isLossless: true,
      minBytes: bodyBytes,
      maxBytes: bodyBytes,
      encode(params) {
        requireParams(params, count);
        return concatBytes(header, bytesOf(params));
      },
      decode(body) {
        requireBody(body, bodyBytes);
        if (!equalBytes(body.subarray(0, header.length), header)) {
          throw new HearsayError("ERR_MODEL_SHAPE", "the body's header names other tensors or another task");
        }
        return floatsIn(body.subarray(header.length));
      },
    };
  },
};

function headerOf(layout: BodyLayout): Uint8Array {
  const tensors = layout.tensors.map(([name, shape]) => ({ name, shape, dtype: "F32" as const }));
  return safetensorsHeader(tensors, { format: "hearsay/1", task: layout.task });
}
