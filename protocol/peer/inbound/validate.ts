/** Checks of a model body that was pulled and whose hash holds: cheapest first, each with its code. */

import { HearsayError } from "../../base/errors.ts";
import { euclideanNorm } from "../../base/norm.ts";
import type { BodyCodec } from "../../codec/codec.ts";

/**
 * The parameters in a body.
 * @param maxNorm largest Euclidean norm that is let in; robust rules bound the rest.
 * @throws HearsayError ERR_MODEL_SIZE | ERR_MODEL_SHAPE | ERR_MODEL_NOT_FINITE | ERR_MODEL_NORM.
 */
export function validateBody(body: Uint8Array, codec: BodyCodec, maxNorm: number): Float32Array {
  // [REJECT] Another length, other tensors, another task.
  const params = codec.decode(body);
  // [REJECT] NaN or an infinity: one of them would spread through every sum. [REJECT] Absurdly large.
  const norm = euclideanNorm(params);
  if (!Number.isFinite(norm))
    throw new HearsayError("ERR_MODEL_NOT_FINITE", "the model has a NaN or infinite parameter");
  if (norm > maxNorm) throw new HearsayError("ERR_MODEL_NORM", `the model's norm ${norm} is above ${maxNorm}`);
  return params;
}
