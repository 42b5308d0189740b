/** The models that a log names, as far as an audit can have them: what comes from others is checked by its hash. */
import { putNewest } from "../base/bounded.ts";
import { bytesOf, equalBytes, floatsIn, keyOf } from "../base/bytes.ts";
import { isHearsayError } from "../base/errors.ts";
import type { Crypto } from "../base/seams.ts";
import type { BodyCodec } from "../codec/codec.ts";

/** Vectors that are kept from one entry to the next: base, own, aggregate. */
const VECTORS_KEPT = 4;

export interface Models {
  /** Remembers a vector for the next entries; its hash. */
  keep(params: Float32Array): Uint8Array;
  /** A vector by the hash of its bytes: known from an entry before, or found. */
  vector(hash: Uint8Array): Promise<Float32Array | undefined>;
  /** The parameters in a body by its hash; "unusable" where those bytes are no model that an honest peer lets in. */
  body(hash: Uint8Array): Promise<Float32Array | "unusable" | undefined>;
}

/** @param length of a parameter vector. @param find bytes by SHA-256, or undefined. */
export function createModels(
  codec: BodyCodec,
  length: number,
  { sha256 }: Pick<Crypto, "sha256">,
  find: (hash: Uint8Array) => Promise<Uint8Array | undefined>,
): Models {
  const vectors = new Map<string, Float32Array>();

  async function findChecked(hash: Uint8Array): Promise<Uint8Array | undefined> {
    const bytes = await find(hash);
    return bytes !== undefined && equalBytes(sha256(bytes), hash) ? bytes : undefined;
  }

  function keep(params: Float32Array): Uint8Array {
    const hash = sha256(bytesOf(params));
    putNewest(vectors, keyOf(hash), params, VECTORS_KEPT);
    return hash;
  }

  async function vector(hash: Uint8Array): Promise<Float32Array | undefined> {
    const known = vectors.get(keyOf(hash));
    if (known !== undefined) return known;
    const bytes = await findChecked(hash);
    return bytes?.length === 4 * length ? floatsIn(bytes) : undefined;
  }

  async function body(hash: Uint8Array): Promise<Float32Array | "unusable" | undefined> {
    const bytes = await findChecked(hash);
    if (bytes === undefined) return undefined;
    try {
      const params = codec.decode(bytes);
      return params.every(Number.isFinite) ? params : "unusable";
    } catch (error) {
      if (isHearsayError(error)) return "unusable";
      throw error;
    }
  }

  return { keep, vector, body };
}
