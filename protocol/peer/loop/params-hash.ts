/** The hash of a parameter vector, as the log names it. */
import { bytesOf } from "../../base/bytes.ts";
import type { Crypto } from "../../base/seams.ts";

export type HashOf = (params: Float32Array) => Uint8Array;

/**
 * SHA-256 of the float32 parameters. Hashes each vector once: the aggregate of one cycle is what the next trains from, and no vector changes after
 * it was made (base/seams.ts).
 */
export function createParamsHash({ sha256 }: Pick<Crypto, "sha256">): HashOf {
  const known = new WeakMap<Float32Array, Uint8Array>();
  return (params) => {
    const hash = known.get(params) ?? sha256(bytesOf(params));
    known.set(params, hash);
    return hash;
  };
}
