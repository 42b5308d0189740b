/**
 * The thread that runs experiments, one at a time; `pool.ts` starts it. Experiments run here and not in the main thread, which
 * so stays free to show progress and to hear Ctrl-C. Datasets stay in memory between runs.
 */
import { parentPort } from "node:worker_threads";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { identityFromSeed, nodeCrypto } from "../../crypto.ts";
import { nodeSecrecy } from "../../secrecy.ts";
import { createDataLoader } from "./data.ts";
import { growInSmallSteps } from "./large-heap.ts";
import { writeModels } from "./model-files.ts";
import { explainFault, type Installed, installPlugins } from "./plugins.ts";
import { openParts, type PartPorts } from "./thread-parts.ts";
import { trainersFor } from "./trainers.ts";

export interface SimTask {
  readonly id: number;
  readonly scenario: import("../../../sim/run/scenario.ts").Scenario;
  /** Where the scenario's files are. */
  readonly folder: string;
  /** Where the models at the end are written; nowhere where left out. */
  readonly modelsFolder?: string;
  /** Left out: this thread runs it all. */
  readonly parts?: PartPorts;
}

/** Posted while a task runs. */
export interface SimProgress {
  readonly id: number;
  /** Of its virtual time, 0 to 1. */
  readonly share: number;
}

/** An error loses its class between threads, so a failure is a value. */
export type SimOutcome =
  /** Without a text where another part has it; `cut` where one thread has to run it all. */
  | { readonly ok: true; readonly text: string | undefined; readonly cut?: true }
  | { readonly ok: false; readonly code: string | undefined; readonly message: string };

const PROGRESS_EVERY_MS = 200;

const loadData = createDataLoader();

/** The report as JSON, and a line feed: the very bytes of its file. */
export default async function runTask({
  id,
  scenario,
  folder,
  modelsFolder,
  parts: ports,
}: SimTask): Promise<SimOutcome> {
  const { runPart } = await import("../../../sim/run/experiment.ts");
  const { LinkCut } = await import("../../../sim/run/parts.ts");
  const { withSortedKeys } = await import("../../../sim/compare/sweep-paths.ts");
  const parts = ports && openParts(ports);
  growInSmallSteps(scenario.peers);
  let saidMs = performance.now();
  let installed: Installed | undefined;
  try {
    installed = await installPlugins(scenario.plugins ?? [], folder);
    const modules = {
      crypto: nodeCrypto,
      secrecy: nodeSecrecy,
      identityFromSeed,
      trainersFor,
      loadData: loadData(folder),
      ...(modelsFolder !== undefined && { keepModels: writeModels(modelsFolder) }),
      onProgress(share: number) {
        if ((parts?.part ?? 0) > 0 || performance.now() - saidMs < PROGRESS_EVERY_MS) return;
        saidMs = performance.now();
        parentPort?.postMessage({ id, share } satisfies SimProgress);
      },
    };
    const report = await runPart(scenario, modules, parts);
    if (report === undefined) return { ok: true, text: undefined };
    const { summary, series, peers, curves } = report;
    const whole = { summary, series, peers, curves, scenario: withSortedKeys(scenario) };
    return { ok: true, text: `${JSON.stringify(whole)}\n` };
  } catch (thrown) {
    if (thrown instanceof LinkCut) return { ok: true, text: undefined, cut: true };
    const error = explainFault(thrown, scenario.plugins ?? [], folder) ?? thrown;
    if (isHearsayError(error)) return { ok: false, code: error.code, message: error.message };
    return {
      ok: false,
      code: undefined,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  } finally {
    parts?.close();
    installed?.remove();
  }
}
