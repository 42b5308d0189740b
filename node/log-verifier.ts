/**
 * Signatures of a log on other threads: nearly all of the work of verifying it, and nothing that needs the log.
 *
 *     const checker = startSignatureChecker();              as many threads as there are cores
 *     try {
 *       await verifyStoredLog(store, { crypto: nodeCrypto, signatures: checker });      or verifyLog(source, { ... })
 *     } finally {
 *       await checker.close();
 *     }
 *
 * Threads take about 40 ms to start, which pays from some 500 entries on.
 */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Piscina } from "piscina";
import type { SignatureBatch, SignatureChecker } from "../protocol/log/signatures.ts";

/** What a thread is asked. */
export interface SignatureTask extends SignatureBatch {
  readonly publicKey: Uint8Array;
}

export function startSignatureChecker(
  threads: number = availableParallelism(),
): SignatureChecker & { close(): Promise<void> } {
  const filename = new URL(`./log-verifier-thread${extname(import.meta.url)}`, import.meta.url).href;
  const pool = new Piscina<SignatureTask, number | undefined>({ filename, minThreads: threads, maxThreads: threads });
  return {
    parallel: threads,
    firstForged: (publicKey, batch) => pool.run({ publicKey, ...batch }),
    close: () => pool.destroy(),
  };
}
