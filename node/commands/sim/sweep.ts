/** `hearsay sim sweep`: a scenario under every combination of some values and several seeds, over all cores. */

import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { counted } from "../../../protocol/base/counted.ts";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import { nodeCrypto } from "../../crypto.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { refuseUnwritable } from "../../disk/write-fault.ts";
import { onErrors } from "../../terminal/colours.ts";
import { printJson } from "../../terminal/print.ts";
import { createProgress } from "../../terminal/sim-progress.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { readRun, runPath } from "./files.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { withPlugins } from "./plugins.ts";
import { createSimPool } from "./pool.ts";
import { groupTable } from "./print.ts";
import { override, parseGridFlags, parseSeeds, readDocument } from "./scenario.ts";
import { writeTables } from "./tables.ts";
import { inlineFiles } from "./traces.ts";
import { workersOf } from "./workers.ts";

type SweepRun = import("../../../sim/compare/sweep.ts").SweepRun;

interface SweepOptions {
  readonly peers?: string;
  readonly set?: readonly string[];
  readonly plugin?: readonly string[];
  readonly grid?: readonly string[];
  readonly seeds?: string;
  readonly shard?: string;
  readonly workers?: string;
  readonly out?: string;
  readonly json?: boolean;
  /** Says nothing of the runs that are done: whoever called reads them. No flag sets it. */
  readonly quiet?: boolean;
}

interface Failure {
  readonly label: string;
  readonly hash: string;
  readonly seed: number;
  readonly code: string | undefined;
  readonly message: string;
}

const MAX_GROUPS_SHOWN = 60;

export async function run(file: string, options: SweepOptions): Promise<void> {
  const { listFailed, shardOf } = await import("../../../sim/compare/sweep.ts");
  const all = await readSweep(file, options);
  const runs = options.shard === undefined ? all : shardOf(all, options.shard);
  const directory = options.out ?? `${all[0]?.scenario.name}-sweep`;
  const workers = workersOf(options.workers);

  await refuseUnwritable(directory, "--out");
  const missing = await withoutDone(directory, runs);
  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  let failures: Failure[];
  try {
    failures = await runAll(missing, {
      directory,
      folder: dirname(file),
      workers,
      skipped: runs.length - missing.length,
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    const left = (await withoutDone(directory, runs)).length;
    const message = `${runs.length - left} of ${counted(runs.length, "run")} are in ${directory}; the same command goes on from there`;
    tell(`${onErrors.yellow(error.message)}; ${message}\n`);
    process.exitCode = error.exitStatus;
    return;
  }
  const { user, system } = process.cpuUsage(startedCpu);
  const { groups, files } = await writeTables(directory);

  const counts = { runs: runs.length, done: missing.length - failures.length, skipped: runs.length - missing.length };
  if (failures.length > 0) {
    process.exitCode = 1;
    const heading = `${onErrors.red("error:")} ${failures.length} of ${counted(runs.length, "run")} failed:`;
    tell(`${heading}\n${listFailed(failures)}\n`);
  }
  if (options.quiet) return;
  if (options.json) {
    const wallSeconds = (performance.now() - startedMs) / 1000;
    return printJson({ out: directory, ...counts, failed: failures, wallSeconds, cpuSeconds: (user + system) / 1e6 });
  }
  if (groups.length === 0) return;
  const shown =
    groups.length > MAX_GROUPS_SHOWN ? `${groups.length} groups: see the table in the directory` : groupTable(groups);
  const note = groups.some(({ group }) => group.reports.length === 1)
    ? "one seed: no interval"
    : "mean ± 95 % interval over seeds";
  print(
    `${shown}\n${note}; ${counted(counts.done, "run")} done, ${counts.skipped} were there\n\n${files.join("\n")}\n`,
  );
}

/** Every run of the sweep, the same list on every machine. @throws HearsayError ERR_CONFIG with all faults. */
async function readSweep(file: string, options: SweepOptions): Promise<SweepRun[]> {
  const { combinations, parseSweep, runsOf } = await import("../../../sim/compare/sweep.ts");
  const document = parseSweep(await readDocument(file));
  const overridden = await override(document.scenario, options);
  const scenario = await withPlugins(overridden, options.plugin ?? [], dirname(file));
  const found = combinations({ ...document, scenario }, parseGridFlags(options.grid ?? []));
  const complete = await Promise.all(
    found.map(async ({ source, label }) => ({ label, source: await inlineFiles(source, dirname(file)) })),
  );
  return runsOf(complete, options.seeds === undefined ? document.seeds : parseSeeds(options.seeds), nodeCrypto);
}

/** The runs of which there is no file. One that does not read, after a crash of the machine, is as good as none. */
async function withoutDone(directory: string, runs: readonly SweepRun[]): Promise<SweepRun[]> {
  const missing: SweepRun[] = [];
  for (const run of runs) {
    const path = runPath(directory, nameOf(run));
    const done = existsSync(path) && (await readRun(path).catch(() => undefined))?.summary.hash === run.hash;
    if (!done) missing.push(run);
  }
  return missing;
}

/** What names the file of a run. */
function nameOf({ hash, scenario }: SweepRun): { readonly hash: string; readonly seed: number } {
  return { hash, seed: scenario.seed };
}

interface Setting {
  readonly directory: string;
  readonly folder: string;
  readonly workers: number;
  readonly skipped: number;
}

/** Runs them, the longest first, and writes each when it ends. A run that fails stops no other. @throws Interrupted. */
async function runAll(
  missing: readonly SweepRun[],
  { directory, folder, workers, skipped }: Setting,
): Promise<Failure[]> {
  if (missing.length === 0) return [];
  const { guessedCost } = await import("../../../sim/compare/sweep.ts");
  const costs = new Map(missing.map((run) => [run, guessedCost(run.scenario)]));
  const costOf = (run: SweepRun) => costs.get(run) ?? 0;
  const waiting = [...missing].sort((a, b) => costOf(b) - costOf(a)).values();
  const total = [...costs.values()].reduce((sum, cost) => sum + cost, 0);
  const shares = new Map<SweepRun, number>();
  const failures: Failure[] = [];
  let ended = 0;

  const pool = createSimPool(Math.min(workers, missing.length));
  const interrupt = onInterrupt();
  const progress = createProgress("sweep");
  let stopped = false;

  function show(): void {
    const done = [...shares].reduce((sum, [run, share]) => sum + share * costOf(run), 0);
    const failed = failures.length === 0 ? "" : `, ${failures.length} failed`;
    progress.update(done / total, `${skipped + ended} of ${counted(skipped + missing.length, "run")}${failed}`);
  }

  function placeOf({ label }: Failure): number {
    return missing.findIndex((run) => run.label === label);
  }

  /** What a run has made; undefined where it failed. */
  async function outcomeOf(run: SweepRun): Promise<string | undefined> {
    try {
      return await pool.run({ scenario: run.scenario, folder }, (share) => {
        shares.set(run, share);
        show();
      });
    } catch (error) {
      if (stopped) return undefined;
      const failure = failureOf(run, error);
      progress.say(failedLine(failure, failures));
      failures.push(failure);
      return undefined;
    }
  }

  /** Takes one run after the other, so that no more scenarios than workers are on their way. */
  async function work(): Promise<void> {
    for (const run of waiting) {
      const text = await outcomeOf(run);
      if (stopped) return;
      // what cannot be written ends the sweep: the runs to come could not be written either
      if (text !== undefined) await writeOutput(runPath(directory, nameOf(run)), text, "--out");
      ended++;
      shares.set(run, 1);
      show();
    }
  }

  show();
  try {
    await Promise.race([Promise.all(Array.from({ length: workers }, work)), interrupt.asked]);
    return failures.sort((a, b) => placeOf(a) - placeOf(b));
  } finally {
    stopped = true;
    progress.stop();
    interrupt.dispose();
    await pool.close();
  }
}

/** Says at once why a run failed, so that nobody waits for the end of the sweep in vain; a reason that others before it had is not said again. */
function failedLine({ label, message }: Failure, before: readonly Failure[]): string {
  const isNew = before.every((other) => other.message !== message);
  return `${onErrors.red("failed:")} ${label}${isNew ? `: ${message}` : ""}`;
}

/** With the sentence that a user can mend, or the stack of what is a fault of ours. */
function failureOf({ label, hash, scenario }: SweepRun, error: unknown): Failure {
  const run = { label, hash, seed: scenario.seed };
  if (isHearsayError(error)) return { ...run, code: error.code, message: error.message };
  return { ...run, code: undefined, message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
