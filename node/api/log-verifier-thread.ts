/** The body of a thread of `log-verifier.ts`. */
import { parentPort } from "node:worker_threads";
import { firstForgedIn } from "../../protocol/log/verify/signatures.ts";
import { nodeCrypto } from "../crypto.ts";
import type { SignatureTask } from "./log-verifier.ts";

parentPort?.on("message", (task: SignatureTask) => {
  if (task === null) parentPort?.close();
  else parentPort?.postMessage(firstForgedIn(task, task.publicKey, nodeCrypto));
});
