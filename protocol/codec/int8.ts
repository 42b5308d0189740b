/** `int8`: 1 byte for each parameter, and a scale for each 1,024 of a tensor: a quarter of `f32` (quantised.ts). */
import type { Codec } from "./codec.ts";
import { quantisedCodec } from "./quantised.ts";

export const int8: Codec = quantisedCodec({ name: "int8", bits: 8, blockLength: 1024 });
