/** Stage Encoded: a released model as the bytes that others pull. */

import type { Crypto } from "../../base/seams.ts";
import type { BodyCodec } from "../../codec/codec.ts";
import { type Encoded, encoded, type Released } from "../stages.ts";

/** @param name of the codec, as the task has it. */
export function encode(
  released: Released,
  name: string,
  codec: BodyCodec,
  { sha256 }: Pick<Crypto, "sha256">,
): Encoded {
  const body = codec.encode(released.params);
  const received = codec.decode(body);
  return encoded(released, { codec: name, body, hash: sha256(body), received, isExact: codec.isLossless });
}
