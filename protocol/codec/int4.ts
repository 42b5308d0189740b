import type { Codec } from "./codec.ts";
import { quantisedCodec } from "./quantised.ts";

/**
 * `int4`: 4 bits for each parameter and a scale for each 128 of a tensor, about an eighth of `f32`.
 *
 *     level = floor(x / scale + u),  scale = max |x| / 7 over the block,  u in [0, 1) by chance that the vector gives (rounding.ts)
 *     x     = level * scale
 *
 * Unbiased, the error of a parameter is less than its scale. O(d) time.
 *
 * @throws RangeError from `encode` for a vector of another length; HearsayError from `decode`: ERR_MODEL_SIZE for a body of another length,
 *   ERR_MODEL_SHAPE for a scale or level that is never written.
 * @see Alistarh, Grubic, Li, Tomioka, Vojnovic, "QSGD", NeurIPS 2017: stochastic rounding to levels of a norm; here of the largest of a block.
 * @example
 * import { int4 } from "hearsay/protocol/codec/int4";
 * const codec = int4.forLayout({ tensors: [["weights", [3]]], task: "00" });
 * const body = codec.encode(Float32Array.of(7, -3, 0)); // one scale, three levels in two bytes
 * body.length; // -> 6
 * codec.decode(body); // -> [7, -3, 0]
 * codec.decode(body.subarray(1)); // throws ERR_MODEL_SIZE
 */
export const int4: Codec = quantisedCodec({ name: "int4", bits: 4, blockLength: 128 });
