/** The body of a thread of `log-verifier.ts`. */
import { firstForgedIn } from "../protocol/log/signatures.ts";
import { nodeCrypto } from "./crypto.ts";
import type { SignatureTask } from "./log-verifier.ts";

export default function firstForged({ publicKey, ...batch }: SignatureTask): number | undefined {
  return firstForgedIn(batch, publicKey, nodeCrypto);
}
