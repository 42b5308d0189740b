/** Threads that run experiments side by side. Which thread runs which, and how many there are, changes no result. */
import { fileURLToPath } from "node:url";
import { Piscina } from "piscina";
import { ERROR_CODES, type ErrorCode, HearsayError } from "../../../protocol/base/errors.ts";
import { explainFault } from "./plugins.ts";
import type { SimOutcome, SimProgress, SimTask } from "./sim-worker.ts";
import { connectParts } from "./thread-parts.ts";

export interface SimPool {
  /**
   * The text of the run's file.
   * @throws HearsayError as the experiment threw it; any other Error for a fault of ours, or a thread out of memory.
   */
  run(task: Omit<SimTask, "id" | "parts">, onProgress?: (share: number) => void): Promise<string>;
  /** As `run`, by all threads together. Where they cannot share the run, one thread makes it. Nothing else may run meanwhile. */
  runTogether(task: Omit<SimTask, "id" | "parts">, onProgress?: (share: number) => void): Promise<string>;
  /** Ends all threads at once, whatever they do. */
  close(): Promise<void>;
}

/** Three times 16 MB for young objects of a thread, where Node takes up to 192: as fast, and less memory (test/bench/README.md). */
const YOUNG_MB = 48;

export function createSimPool(workers: number): SimPool {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const pool = new Piscina<SimTask, SimOutcome>({
    filename: fileURLToPath(new URL(`./sim-worker.${extension}`, import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const listeners = new Map<number, (share: number) => void>();
  let tasks = 0;
  pool.on("message", ({ id, share }: SimProgress) => listeners.get(id)?.(share));

  type Work = (id: number) => Promise<SimOutcome>;

  type Asked = Pick<SimTask, "scenario" | "folder">;

  async function textOf(
    { scenario, folder }: Asked,
    work: Work,
    onProgress?: (share: number) => void,
  ): Promise<string | undefined> {
    const id = tasks++;
    if (onProgress !== undefined) listeners.set(id, onProgress);
    try {
      const outcome = await work(id);
      if (outcome.ok) return outcome.text;
      if (isCode(outcome.code)) throw new HearsayError(outcome.code, outcome.message);
      throw Object.assign(new Error(outcome.message), { stack: outcome.message }); // it is the stack of the thread
    } catch (error) {
      throw explainFault(error, scenario.plugins ?? [], folder) ?? faultOfTheUser(error) ?? error; // a peer of it failed, and with it the thread
    } finally {
      listeners.delete(id);
    }
  }

  const run: SimPool["run"] = async (task, onProgress) =>
    (await textOf(task, (id) => pool.run({ ...task, id }), onProgress)) as string;
  return {
    run,
    runTogether: async (task, onProgress) =>
      (await textOf(task, (id) => runParts(pool, { ...task, id }, workers), onProgress)) ?? run(task, onProgress),
    close: () => pool.destroy(),
  };
}

/** The outcome of part 0, or of a part that failed; then the others are ended, which would wait for it. Without a text where a link was cut. */
async function runParts(pool: Piscina<SimTask, SimOutcome>, task: SimTask, count: number): Promise<SimOutcome> {
  const ending = new AbortController();
  const outcomes = connectParts(count).map(async (parts): Promise<SimOutcome> => {
    const transferList = parts.ports.filter((port) => port !== undefined);
    const outcome = await pool.run({ ...task, parts }, { transferList, signal: ending.signal });
    if (!outcome.ok) throw new PartFailed(outcome);
    return outcome;
  });
  try {
    return (await Promise.all(outcomes))[0] as SimOutcome;
  } catch (error) {
    ending.abort();
    await Promise.allSettled(outcomes);
    if (error instanceof PartFailed) return error.outcome;
    throw error;
  }
}

/** What a peer met that its user can mend, such as a plugin's answer of another shape: an error that a thread ends with has lost its class. */
function faultOfTheUser(error: unknown): HearsayError | undefined {
  const { code, message } = error as Partial<HearsayError>;
  return code === "ERR_CONFIG" && message !== undefined ? new HearsayError(code, message) : undefined;
}

class PartFailed extends Error {
  readonly outcome: SimOutcome;

  constructor(outcome: SimOutcome) {
    super();
    this.outcome = outcome;
  }
}

function isCode(code: string | undefined): code is ErrorCode {
  return (ERROR_CODES as readonly (string | undefined)[]).includes(code);
}
