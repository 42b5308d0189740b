/** `hearsay sim run`: one experiment, its figures on the screen and its report in a directory. */

import { dirname, join } from "node:path";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatBytes, formatNumber, isNumber, sparkline } from "../../../protocol/base/figures.ts";
import { nodeCrypto } from "../../crypto.ts";
import { refuseUnwritable } from "../../disk/write-fault.ts";
import { onErrors, onOutput } from "../../terminal/colours.ts";
import { facts, percent, printJson } from "../../terminal/print.ts";
import { createProgress } from "../../terminal/sim-progress.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { type Report, refuseOtherRun, writeRunDirectory } from "./files.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { plotsIfInstalled, writeFigures } from "./plots.ts";
import { createSimPool } from "./pool.ts";
import { loadScenario } from "./scenario.ts";
import { workersOfRun } from "./workers.ts";

interface RunOptions {
  readonly peers?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
  /** A directory; left out: one by the name of the run; false: none. */
  readonly out?: string | false;
  readonly workers?: string;
  /** Whether the models at the end are written. */
  readonly models?: boolean;
  readonly json?: boolean;
}

export async function run(file: string, options: RunOptions): Promise<void> {
  const { scenarioHash } = await import("../../../sim/run/scenario.ts");
  const scenario = await loadScenario(file, options);
  const hash = scenarioHash(scenario, nodeCrypto);
  const byName = options.json ? undefined : `${scenario.name}-${hash.slice(0, 8)}-s${scenario.seed}`;
  const directory = options.out === undefined ? byName : options.out || undefined;
  if (directory !== undefined) {
    await refuseOtherRun(directory, hash, scenario.seed);
    await refuseUnwritable(directory, "--out");
  }
  if (options.models && directory === undefined)
    throw new HearsayError("ERR_CONFIG", "--models: there is no directory to write them to; give one with --out");

  const page =
    directory === undefined ? undefined : await plotsIfInstalled(() => import("../../../sim/report/report-page.ts"));

  const startedMs = performance.now();
  const startedCpu = process.cpuUsage();
  const workers = await workersOfRun(scenario, options.workers);
  const pool = createSimPool(workers);
  const interrupt = onInterrupt();
  const progress = createProgress(scenario.name);
  let text: string;
  try {
    const seconds = scenario.cycles * scenario.devices.cycleSeconds;
    const modelsFolder = options.models && directory !== undefined ? join(directory, "models") : undefined;
    const task = { scenario, folder: dirname(file), ...(modelsFolder !== undefined && { modelsFolder }) };
    const show = (share: number) =>
      progress.update(share, `${(share * seconds).toFixed(0)} of ${seconds} virtual seconds`);
    const result = workers === 1 ? pool.run(task, show) : pool.runTogether(task, show);
    text = await Promise.race([result, interrupt.asked]);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    progress.stop();
    tell(`${onErrors.yellow(error.message)}; nothing is written\n`);
    process.exitCode = error.exitStatus;
    return;
  } finally {
    progress.stop();
    interrupt.dispose();
    await pool.close();
  }
  const report = JSON.parse(text) as Report;
  const { user, system } = process.cpuUsage(startedCpu);
  const cost = { wallSeconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6 };

  if (directory !== undefined && page !== undefined)
    await writeFigures(join(directory, "figures"), page.reportFigures(report), "--out");
  if (directory !== undefined) await writeRunDirectory(directory, report, page?.renderReport(report));
  if (options.json) printJson({ ...report.summary, ...cost, ...(directory !== undefined && { out: directory }) });
  else
    print(
      `${await describe(report, cost)}${directory === undefined ? "" : `\n\n${page === undefined ? directory : `${directory}/report.html`}`}\n`,
    );
}

/** Peers that never merge learn as if they were alone, and their figures do not show it. */
function mergesText({ scenario, summary: { merges, algorithm, honest } }: Report): string {
  if (merges > 0 || algorithm !== "hearsay" || honest === 1) return counted(merges, "merge");
  const budget = scenario.network.budget === undefined ? "" : "; does network.budget pay for models in this time?";
  return onOutput.yellow(`0 merges (have all peers as many neighbours as task.aggregation.quorum?${budget})`);
}

function fairnessText({ jain, honestShare, rare }: NonNullable<Report["summary"]["fairness"]>): string {
  const ofRare = rare === undefined ? "" : `, peers with rare data move ${percent(rare)} of what others move`;
  return `Jain's index ${percent(jain)}, ${percent(honestShare)} of merged models honest${ofRare}`;
}

/** JSON has no number beyond all others: a lie, or steps that are too long, may drive models there. */
function finite(value: number | null | undefined, text: (known: number) => string): string {
  return isNumber(value) ? text(value) : "not finite";
}

async function describe(report: Report, cost: { wallSeconds: number; cpuSeconds: number }): Promise<string> {
  const { SCORE_NAMES, scoreOf } = await import("../../../sim/run/score.ts");
  const { scenario, summary, series } = report;
  const { final, reached } = summary;
  const score = scoreOf(report);
  const means = series.map(({ accuracy }) => accuracy.mean).filter(isNumber);
  const shown = (value?: number) =>
    score === "r2" ? finite(value, (known) => known.toFixed(3)) : finite(value, percent);
  const spread = ({ mean, worst }: typeof final.accuracy) => `${shown(mean)} mean, ${shown(worst)} worst peer`;
  const rows: [string, string][] = [
    ["scenario", `${summary.name}  hash ${summary.hash.slice(0, 16)}  seed ${summary.seed}`],
    ["algorithm", summary.algorithm],
    [
      "peers",
      `${summary.honest} honest${summary.liars === 0 ? "" : `, ${summary.liars} ${summary.liars === 1 ? "liar" : "liars"} (${summary.attack})`}`,
    ],
    [SCORE_NAMES[score], spread(final.accuracy)],
    ["  over time", `${sparkline(means)}  from ${shown(means[0])}, best ${shown(Math.max(...means))}`],
  ];
  const { models, fineTuned } = summary;
  if (models !== undefined)
    rows.push(["  newest models", spread(models.raw)], ["  running means", spread(models.averaged)]);
  if (fineTuned !== undefined) rows.push(["  fine-tuned", spread(fineTuned.accuracy)]);
  if (final.attackSuccess !== undefined) rows.push(["attack success", percent(final.attackSuccess)]);
  for (const [name, { mean, worst }] of Object.entries(final.metrics ?? {}))
    rows.push([name, `${finite(mean, formatNumber)} mean, ${finite(worst, formatNumber)} worst peer`]);
  if (summary.fairness !== undefined) rows.push(["fairness", fairnessText(summary.fairness)]);
  if (reached !== undefined)
    rows.push([
      `${shown(scenario.metrics.target)} reached`,
      `after ${reached.seconds} s, ${formatBytes(reached.bytesPerPeer)} per peer`,
    ]);
  rows.push(
    ["disagreement", finite(final.disagreement, (known) => String(Number(known.toPrecision(3))))],
    [
      "sent",
      `${formatBytes(final.bytesPerPeer)} per peer${summary.signatures ? "" : ", signatures neither made nor checked"}`,
    ],
    [
      "updates",
      `${counted(summary.updates, "training")}, ${mergesText(report)}, ${final.cycles.toFixed(1)} cycles per peer`,
    ],
    ["time", `${final.seconds} virtual s in ${cost.wallSeconds.toFixed(1)} s, ${cost.cpuSeconds.toFixed(1)} CPU s`],
  );
  return facts(rows);
}
