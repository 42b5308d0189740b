/** Calls to a worker thread as promises. Knows nothing of training: what crosses is `ToWorker` and `FromWorker`. */
import type { Worker } from "node:worker_threads";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { type EngineCall, type EngineFacts, errorFromPlain, type FromWorker, type ToWorker } from "./messages.ts";

export interface Caller {
  /** Settles when the worker says that it is ready, or that it cannot be. */
  readonly ready: Promise<EngineFacts>;
  /** The answer to one call; `arrays` are the arrays of the call, whose buffers are transferred. */
  call(call: EngineCall, arrays: readonly Numbers<ArrayBuffer>[]): Promise<unknown>;
  /** Ends the worker at once; pending calls reject with ERR_ENGINE. */
  close(): Promise<void>;
}

/** Takes over a worker that has just been made. It keeps the process alive while a call is pending, and only then. */
export function createCaller(worker: Worker): Caller {
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let ended: HearsayError | undefined;
  let next = 0;

  function wait(id: number): Promise<unknown> {
    worker.ref();
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  }

  function end(why: string, cause?: unknown): void {
    ended ??= new HearsayError("ERR_ENGINE", why, {}, cause);
    for (const { reject } of pending.values()) reject(ended);
    pending.clear();
  }

  worker.on("message", (message: FromWorker) => {
    const waiting = pending.get(message.id);
    pending.delete(message.id);
    if (pending.size === 0) worker.unref();
    if ("error" in message) waiting?.reject(errorFromPlain(message.error));
    else waiting?.resolve(message.value);
  });
  worker.on("error", (error) => end(`the worker of the training engine failed: ${error.message}; restart`, error));
  worker.on("exit", (code) => end(`the worker of the training engine ended with status ${code}; restart`));

  return {
    ready: wait(next++) as Promise<EngineFacts>,
    async call(call, arrays) {
      if (ended !== undefined) throw ended;
      const id = next++;
      worker.postMessage({ id, call } satisfies ToWorker, [...arrays.map(({ buffer }) => buffer)]);
      return await wait(id);
    },
    async close() {
      end("the training engine is closed");
      await worker.terminate();
    },
  };
}
