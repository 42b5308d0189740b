/** HMAC-SHA-256 (RFC 2104), on the hash of the Crypto seam. */
import { concatBytes } from "../base/bytes.ts";
import type { Crypto } from "../base/seams.ts";

const BLOCK_BYTES = 64;

/** 32 bytes. */
export function hmacSha256(key: Uint8Array, message: Uint8Array, { sha256 }: Pick<Crypto, "sha256">): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const padded = (byte: number) => block.map((one) => one ^ byte);
  return sha256(concatBytes(padded(0x5c), sha256(concatBytes(padded(0x36), message))));
}
