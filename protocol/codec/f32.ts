/**
 * `f32`: the parameters as they are, in a safetensors file (https://github.com/huggingface/safetensors#format).
 *
 * The header is a function of the layout, so a receiver compares bytes and parses nothing that a stranger wrote. Lossless.
 */
import { bytesOf, concatBytes, equalBytes, floatsIn } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { BodyLayout, Codec } from "./codec.ts";
import { safetensorsHeader } from "./safetensors.ts";

export const f32: Codec = {
  name: "f32",
  forLayout(layout) {
    const header = headerOf(layout);
    const numParams = layout.tensors.reduce((sum, [, shape]) => sum + shape.reduce((product, n) => product * n, 1), 0);
    const bodyBytes = header.length + 4 * numParams;
    return {
      isLossless: true,
      minBytes: bodyBytes,
      maxBytes: bodyBytes,
      encode(params) {
        if (params.length !== numParams) throw new RangeError(`${params.length} parameters, the task has ${numParams}`);
        return concatBytes(header, bytesOf(params));
      },
      decode(body) {
        if (body.length !== bodyBytes) {
          throw new HearsayError("ERR_MODEL_SIZE", `a body of ${body.length} bytes, the task's have ${bodyBytes}`);
        }
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
