/**
 * Runs on disk. A sweep holds one file a run, `runs/<hash, 16 digits>-s<seed>.json`; `hearsay sim run` writes a directory of its own
 * with the same content in files for people and plots.
 */

import { existsSync } from "node:fs";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { parse, stringify } from "yaml";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { writeOutput } from "../../disk/whole-file.ts";

export type Report = import("../../../sim/run/report.ts").Report;

const RUN_FILE = /^[0-9a-f]{16}-s\d+\.json$/;

export function runPath(directory: string, { hash, seed }: { readonly hash: string; readonly seed: number }): string {
  return join(directory, "runs", `${hash.slice(0, 16)}-s${seed}.json`);
}

/** Paths of the run files of a sweep, by name; none where there is no such directory. */
export async function runFiles(directory: string): Promise<string[]> {
  const runs = join(directory, "runs");
  const names = existsSync(runs) ? await readdir(runs) : [];
  return names
    .filter((name) => RUN_FILE.test(name))
    .sort()
    .map((name) => join(runs, name));
}

/** @throws HearsayError ERR_DATA where the file holds no run. */
export async function readRun(path: string): Promise<Report> {
  const text = await readFile(path, "utf8").catch((cause: Error) => {
    throw new HearsayError("ERR_DATA", `${path}: ${cause.message}`, { path }, cause);
  });
  return checked(path, () => JSON.parse(text));
}

/**
 * The runs at a path that a user names: a run file, the directory of one run, or that of a sweep.
 * @throws HearsayError ERR_DATA where there are none.
 */
export async function readRuns(path: string): Promise<Report[]> {
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) throw new HearsayError("ERR_DATA", `${path}: there is no such file or directory`, { path });
  if (kind.isFile()) return [await readRun(path)];
  if (existsSync(join(path, "summary.json"))) return [await readRunDirectory(path)];
  const files = await runFiles(path);
  if (files.length > 0) return Promise.all(files.map(readRun));
  const message = "no runs: name a run file, a directory of hearsay sim run, or one of hearsay sim sweep";
  throw new HearsayError("ERR_DATA", `${path}: ${message}`, { path });
}

/** What names the directory of a run. */
const OUT = "--out";

/** The directory of one run, with a page where there is one. Its summary is written last, so that with one it is whole. */
export async function writeRunDirectory(directory: string, report: Report, html: string | undefined): Promise<void> {
  const { scenario, summary, series, peers, curves } = report;
  const { hash, seed } = summary;
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify({ hash, seed, ...row })}\n`).join("");
  for (const name of ["summary.json", "report.html", "curves.jsonl", "curves.csv"])
    await rm(join(directory, name), { force: true });
  await writeOutput(
    join(directory, "scenario.yaml"),
    `# hash ${hash}\n${stringify(scenario, { lineWidth: 120 })}`,
    OUT,
  );
  await writeOutput(join(directory, "series.jsonl"), lines(series), OUT);
  await writeOutput(join(directory, "peers.jsonl"), lines(peers), OUT);
  if (curves !== undefined) await writeOutput(join(directory, "curves.jsonl"), lines(curves), OUT);
  await writeTidyFiles(directory, report);
  if (html !== undefined) await writeOutput(join(directory, "report.html"), html, OUT);
  await writeOutput(join(directory, "summary.json"), `${JSON.stringify(summary, undefined, 2)}\n`, OUT);
}

/** The same as tables for other programs. */
async function writeTidyFiles(directory: string, report: Report): Promise<void> {
  const { curvesTable, peersTable, seriesTable } = await import("../../../sim/compare/tidy.ts");
  const { csvOf } = await import("../../../sim/compare/sweep-table.ts");
  await writeOutput(join(directory, "series.csv"), csvOf(seriesTable([report])), OUT);
  await writeOutput(join(directory, "peers.csv"), csvOf(peersTable([report])), OUT);
  if (report.curves !== undefined) await writeOutput(join(directory, "curves.csv"), csvOf(curvesTable([report])), OUT);
}

/** @throws HearsayError ERR_CONFIG where another run than this one is in the directory. */
export async function refuseOtherRun(directory: string, hash: string, seed: number): Promise<void> {
  const path = join(directory, "summary.json");
  if (!existsSync(path)) return;
  const { summary } = await readRunDirectory(directory);
  if (summary.hash === hash && summary.seed === seed) return;
  const message = `${directory} holds another run (hash ${summary.hash.slice(0, 8)}, seed ${summary.seed})`;
  throw new HearsayError("ERR_CONFIG", `${message}: name another directory with --out`, { directory });
}

async function readRunDirectory(directory: string): Promise<Report> {
  const read = (name: string) =>
    readFile(join(directory, name), "utf8").catch((cause: Error) => {
      throw new HearsayError("ERR_DATA", `${directory}: ${basename(name)} cannot be read: ${cause.message}`, {}, cause);
    });
  const [scenario, series, peers, summary] = await Promise.all(
    ["scenario.yaml", "series.jsonl", "peers.jsonl", "summary.json"].map(read),
  );
  return checked(directory, () => ({
    summary: JSON.parse(summary ?? ""),
    series: jsonLines(series ?? ""),
    peers: jsonLines(peers ?? ""),
    scenario: parse(scenario ?? ""),
  }));
}

/** Rows without the hash and seed that name their run. */
function jsonLines(text: string): unknown[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    const { hash: _hash, seed: _seed, ...row } = JSON.parse(line);
    return [row];
  });
}

/** Files of our own making: enough is checked to tell them from others, and from those of a crash. */
function checked(path: string, read: () => unknown): Report {
  let run: Partial<Report> | undefined;
  try {
    run = read() as Partial<Report>;
  } catch {
    // no JSON: as good as none
  }
  const { summary, series, peers, scenario } = run ?? {};
  if (typeof summary?.hash === "string" && summary.final && Array.isArray(series) && Array.isArray(peers) && scenario)
    return run as Report;
  throw new HearsayError("ERR_DATA", `${path}: no run of hearsay sim, or a broken one`, { path });
}
