/** `int4`: half a byte for each parameter, and a scale for each 128 of a tensor: about an eighth of `f32` (quantised.ts). */
import type { Codec } from "./codec.ts";
import { quantisedCodec } from "./quantised.ts";

export const int4: Codec = quantisedCodec({ name: "int4", bits: 4, blockLength: 128 });
