import type { Codec } from "./codec.ts";
import { quantisedCodec } from "./quantised.ts";

/**
 * `int8`: 8 bits for each parameter and a scale for each 1,024 of a tensor, a quarter of `f32`.
 *
 *     level = floor(x / scale + u),  scale = max |x| / 127 over the block,  u in [0, 1) by chance that the vector gives (rounding.ts)
 *     x     = level * scale
 *
 * Unbiased, the error of a parameter is less than its scale. O(d) time.
 *
 * @throws RangeError from `encode` for a vector of another length; HearsayError from `decode`: ERR_MODEL_SIZE for a body of another length,
 *   ERR_MODEL_SHAPE for a scale or level that is never written.
 * @see Alistarh, Grubic, Li, Tomioka, Vojnovic, "QSGD", NeurIPS 2017: stochastic rounding to levels of a norm; here of the largest of a block.
 * @example
 * import { int8 } from "hearsay/protocol/codec/int8";
 * const codec = int8.forLayout({ tensors: [["weights", [3]]], task: "00" });
 * const body = codec.encode(Float32Array.of(127, -64, 0)); // one scale, three levels
 * body.length; // -> 7
 * codec.decode(body); // -> [127, -64, 0]
 * codec.decode(codec.encode(Float32Array.of(1, 0, -1)))[2]; // -> -1
 * codec.decode(body.subarray(1)); // throws ERR_MODEL_SIZE
 */
export const int8: Codec = quantisedCodec({ name: "int8", bits: 8, blockLength: 1024 });
