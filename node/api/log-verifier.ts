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
 * Threads start when there is work for them, in about 40 ms, and end by themselves when they are told to. A pool that terminates its threads
 * aborts the whole process now and then (SIGABRT in 2 of 700 runs), where a log is found damaged while a thread still loads its modules.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { SignatureBatch, SignatureChecker } from "../../protocol/log/verify/signatures.ts";

/** What a thread is asked; null ends it. */
export type SignatureTask = (SignatureBatch & { readonly publicKey: Uint8Array }) | null;

interface Thread {
  /** Answers that are waited for. */
  waiting(): number;
  ask(task: SignatureTask): Promise<number | undefined>;
  end(): Promise<void>;
}

export function startSignatureChecker(
  parallel: number = availableParallelism(),
): SignatureChecker & { close(): Promise<void> } {
  const threads: Thread[] = [];
  let closed = false;
  return {
    parallel,
    async firstForged(publicKey, batch) {
      if (closed) throw new Error("the signature checker has ended");
      let [thread] = threads.toSorted((a, b) => a.waiting() - b.waiting());
      if (thread === undefined || (thread.waiting() > 0 && threads.length < parallel)) {
        thread = startThread();
        threads.push(thread);
      }
      return thread.ask({ publicKey, ...batch });
    },
    async close() {
      closed = true;
      await Promise.all(threads.map((thread) => thread.end()));
    },
  };
}

function startThread(): Thread {
  const worker = new Worker(new URL(`./log-verifier-thread${extname(import.meta.url)}`, import.meta.url));
  const waiting: { resolve(place: number | undefined): void; reject(error: unknown): void }[] = [];
  let failure: { readonly cause: unknown } | undefined;
  const fail = (cause: unknown) => {
    failure = { cause };
    for (const { reject } of waiting.splice(0)) reject(cause);
  };
  worker.on("message", (place: number | undefined) => waiting.shift()?.resolve(place)); // answered in the order of the questions
  worker.on("error", fail);
  const ended = once(worker, "exit");
  ended.then(() => fail(new Error("the thread that checks signatures has ended")), fail);
  return {
    waiting: () => waiting.length,
    ask(task) {
      if (failure !== undefined) return Promise.reject(failure.cause);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        worker.postMessage(task);
      });
    },
    async end() {
      worker.postMessage(null);
      await ended.catch(() => {}); // whoever asked it has the error
    },
  };
}
