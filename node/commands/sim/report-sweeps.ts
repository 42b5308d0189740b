/** The sweeps of sim/scenarios that the tables of sim/results are made of; their runs lie in `.results`, which git ignores. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { numParams } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { nodeCrypto } from "../../crypto.ts";
import { isSetName } from "../../data/shipped/registry.ts";
import { TEMPLATES } from "../../data/templates.ts";
import { tell } from "../../terminal/terminal.ts";
import { readRun, runPath } from "./files.ts";
import { readDocument, type Scenario } from "./scenario.ts";
import { run as runSweep } from "./sweep.ts";
import { inlineFiles } from "./traces.ts";

export type SweepCells = import("../../../sim/paper/cells.ts").SweepCells;
type Outcome = import("../../../sim/paper/cells.ts").Outcome;

/** Relative to the top of the checkout. */
export const RESULTS = ".results";

/** Exit statuses of a sweep that a signal stopped begin here. */
const STOPPED = 128;

function fileOf(name: string): string {
  return `sim/scenarios/${name}.yaml`;
}

/** One after the other; what is there is not run again. False where the user stopped one. A run that fails stops nothing. */
export async function runSweeps(
  names: readonly string[],
  { workers, json }: { readonly workers?: string; readonly json?: boolean },
): Promise<boolean> {
  for (const name of names) {
    tell(`${fileOf(name)}\n`);
    await runSweep(fileOf(name), {
      out: join(RESULTS, name),
      ...(workers !== undefined && { workers }),
      ...(json && { json }),
    });
    if (stoppedSweep()) return false;
  }
  return true;
}

/** Whether the user stopped the sweep that ended last. */
export function stoppedSweep(): boolean {
  return Number(process.exitCode ?? 0) >= STOPPED;
}

/** The cells that a sweep of sim/scenarios asks for, with the runs that are there. */
export function readCells(name: string): Promise<SweepCells> {
  return cellsIn(fileOf(name), join(RESULTS, name));
}

/** The cells that a sweep asks for, with the runs that are in the directory. */
export async function cellsIn(file: string, directory: string): Promise<SweepCells> {
  const { combinations, parseSweep, runsOf } = await import("../../../sim/compare/sweep.ts");
  const { cellsOf } = await import("../../../sim/paper/cells.ts");
  const document = parseSweep(await readDocument(file));
  const found = await Promise.all(
    combinations(document).map(async ({ source, label }) => ({
      label,
      source: await inlineFiles(source, dirname(file)),
    })),
  );
  const wanted = runsOf(found, document.seeds, nodeCrypto);
  const outcomes: Outcome[] = [];
  for (const { hash, scenario } of wanted) {
    const path = runPath(directory, { hash, seed: scenario.seed });
    if (!existsSync(path)) continue;
    // A broken one is as good as none: a sweep runs it again.
    const report = await readRun(path).catch(() => undefined);
    if (report?.summary.hash === hash) outcomes.push(report);
  }
  return { cells: cellsOf(wanted, outcomes), file, dimension };
}

/** Length of the model; undefined where only the data could tell. */
function dimension({ data, task }: Scenario): number | undefined {
  const base = isSetName(data.set) ? (parse(TEMPLATES[data.set].yaml) as Record<string, unknown>) : {};
  const { name = "any", input, output, model } = { ...base, ...task } as Record<string, unknown>;
  try {
    return numParams(parseTask({ name, input, output, model }));
  } catch (error) {
    if (isHearsayError(error)) return undefined;
    throw error;
  }
}
