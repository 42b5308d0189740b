/** node:crypto with `hash`, which Node has from 20.12 on. */
// biome-ignore lint/style/useNodejsImportProtocol: the name with the protocol leads here
import { type BinaryToTextEncoding, createHash } from "crypto";

// biome-ignore lint/style/useNodejsImportProtocol: the name with the protocol leads here
export * from "crypto";

export function hash(algorithm: string, data: string | NodeJS.ArrayBufferView, form: BinaryToTextEncoding | "buffer") {
  const made = createHash(algorithm).update(data);
  return form === "buffer" ? made.digest() : made.digest(form);
}
