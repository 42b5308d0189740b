/**
 * `npm run bench`: measures a Hearsay peer on this machine, everything on loopback.
 *
 * The machine may be shared and noisy, so that a figure alone says little: each benchmark repeats what it measures, reports medians,
 * and measures something to compare with in the same run. Trust the ratios. Each runs in a process of its own, one after the other.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { table } from "../../node/terminal/print.ts";
import { BENCHMARKS, type Outcome, type Row } from "./benchmark.ts";
import type { Measured } from "./measure.ts";

/** A benchmark that takes longer than this hangs. */
const TIMEOUT_MS = 600_000;
const EXIT_USAGE = 2;

interface Report {
  readonly title: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

const program = new Command("bench")
  .description(
    "Benchmarks of a Hearsay peer, on loopback only. Progress goes to standard error; takes about ten minutes.",
  )
  .addOption(new Option("--only <name>", "a single benchmark").choices([...BENCHMARKS.keys()]))
  .option("--json", "print the JSON object of the last line only, no tables")
  .addHelpText(
    "after",
    `
JSON: {node, cpu, cores, seconds, failed: [name], results: {name: {title, seconds, rows: [{...}], notes: [text]}}};
units are part of the names in a row. What each figure means: test/bench/README.md.

Examples:
  $ npm run bench
  $ npm run bench -- --only pull
  $ npm run --silent bench -- --json | tail -1 > bench.json
`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parse();
const { only, json } = program.opts<{ only?: string; json?: boolean }>();

const startedMs = performance.now();
const results: Record<string, Report> = {};
const failed: string[] = [];
for (const name of only === undefined ? BENCHMARKS.keys() : [only]) {
  process.stderr.write(`${name} ...`);
  const begunMs = performance.now();
  try {
    const measured = await measure(name);
    const seconds = Math.round((performance.now() - begunMs) / 100) / 10;
    results[name] = { title: measured.title, seconds, ...measured.outcome };
    process.stderr.write(` ${seconds} s\n`);
    if (!json) print(name, measured.title, measured.outcome);
  } catch (error) {
    failed.push(name);
    process.stderr.write(` failed: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  seconds: Math.round((performance.now() - startedMs) / 1000),
};
if (!json) {
  process.stdout.write(`\nNode ${machine.node}, ${machine.cores} cores (${machine.cpu}), ${machine.seconds} s\n`);
  if (failed.length > 0) process.stdout.write(`failed: ${failed.join(", ")}\n`);
}
process.stdout.write(`${JSON.stringify({ ...machine, failed, results })}\n`);
if (failed.length > 0) process.exitCode = 1;

/** Runs one benchmark in its process. Rejects where it fails or takes too long. */
async function measure(name: string): Promise<{ title: string; outcome: Outcome }> {
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-bench-"));
  const child = fork(fileURLToPath(new URL("./measure.ts", import.meta.url)), [name, scratch], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [],
  });
  const interrupted = () => {
    child.kill("SIGTERM");
    rmSync(scratch, { recursive: true, force: true });
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  try {
    let measured: Measured = { error: "it said nothing" };
    child.on("message", (message: Measured) => {
      measured = message;
    });
    const [code, signal] = await once(child, "exit");
    if (code !== 0) throw new Error(`its process ended with ${code ?? signal}`);
    if ("error" in measured) throw new Error(measured.error);
    return measured;
  } finally {
    clearTimeout(timer);
    process.off("SIGINT", interrupted);
    process.off("SIGTERM", interrupted);
    await rm(scratch, { recursive: true, force: true });
  }
}

function print(name: string, title: string, { rows, notes }: Outcome): void {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? "-")));
  process.stdout.write(`\n${name}: ${title}\n${table(columns, cells)}\n`);
  for (const note of notes) process.stdout.write(`  ${note}\n`);
}
