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
  const values = { codec: name, body, hash: sha256(body), isExact: codec.isLossless };
  return encoded(released, values, () => codec.decode(body));
}
