/** Threads that run experiments side by side. Which thread runs which, and how many there are, changes no result. */
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { ERROR_CODES, type ErrorCode, HearsayError } from "../../../protocol/base/errors.ts";
import type { SimOutcome, SimProgress, SimTask } from "./sim-worker.ts";

export interface SimPool {
  /**
   * The text of the run's file.
   * @throws HearsayError as the experiment threw it; any other Error for a fault of ours, or a thread out of memory.
   */
  run(task: Omit<SimTask, "id">, onProgress?: (share: number) => void): Promise<string>;
  /** Ends all threads at once, whatever they do. */
  close(): Promise<void>;
}

export function createSimPool(workers: number): SimPool {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = new Piscina<SimTask, SimOutcome>({
    filename: fileURLToPath(new URL(`./sim-worker.${extension}`, import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
  });
  const listeners = new Map<number, (share: number) => void>();
  let tasks = 0;
  pool.on("message", ({ id, share }: SimProgress) => listeners.get(id)?.(share));

  return {
    async run(task, onProgress) {
      const id = tasks++;
      if (onProgress !== undefined) listeners.set(id, onProgress);
      try {
        const outcome = await pool.run({ ...task, id });
        if (outcome.ok) return outcome.text;
        if (isCode(outcome.code)) throw new HearsayError(outcome.code, outcome.message);
        throw Object.assign(new Error(outcome.message), { stack: outcome.message }); // it is the stack of the thread
      } finally {
        listeners.delete(id);
      }
    },
    close: () => pool.destroy(),
  };
}

function isCode(code: string | undefined): code is ErrorCode {
  return (ERROR_CODES as readonly (string | undefined)[]).includes(code);
}
