/**
 * `npm run bench:sim`: what the simulator costs on this machine. The runs are those of `sim-scenarios.ts`, each in a process of its
 * own, so that CPU time and memory are its own, one after the other.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { table } from "../../node/terminal/print.ts";
import type { SimFigures, SimMessage } from "./sim-process.ts";
import { HEAD, resultOf, rowOf, TARGETS } from "./sim-result.ts";
import { SIM_RUNS, type SimRunName, simRuns } from "./sim-scenarios.ts";

/** A measurement that takes longer than this hangs. */
const TIMEOUT_MS = 1_800_000;
const EXIT_USAGE = 2;

const program = new Command("bench:sim")
  .description("Benchmarks of the simulator. Progress goes to standard error; takes about ten minutes.")
  .addOption(new Option("--only <name...>", "some of the runs").choices(SIM_RUNS))
  .option("--quick", "everything cut to about a minute: to try it out, the figures mean little")
  .option("--json", "print the JSON object of the last line only, no table")
  .addHelpText(
    "after",
    `
JSON: {node, cpu, cores, load, quick, failed: [name], digits: {updatesPerCpuSecond, accuracy, ...},
digitsPeer, mnist, mnistPeer: {the same},
peers1000: {seconds, ...}, peers1000Shared: {the same}, peers10000: {rssBytes, ...}, peers100: {...}, growth}. What they mean: test/bench/README.md.

Examples:
  $ npm run bench:sim -- --quick
  $ npm run bench:sim -- --only peers-100 peers-10000
  $ npm run --silent bench:sim -- --json | tail -1 > bench-sim.json
`,
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT_USAGE))
  .parse();
const options = program.opts<{ only?: SimRunName[]; quick?: boolean; json?: boolean }>();
const quick = options.quick === true;

const load = loadavg()[0];
const runs = simRuns(quick);
const measured: Partial<Record<SimRunName, SimFigures>> = {};
const failed: string[] = [];
for (const name of options.only ?? SIM_RUNS) {
  process.stderr.write(`${name} ...`);
  try {
    const figures = await measure(name);
    measured[name] = figures;
    process.stderr.write(` ${figures.wallSeconds.toFixed(1)} s\n`);
  } catch (error) {
    failed.push(name);
    process.stderr.write(` failed: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
const result = resultOf(measured, runs);
if (!options.json) {
  const done = SIM_RUNS.flatMap((name) => (measured[name] === undefined ? [] : [rowOf(name, measured[name])]));
  process.stdout.write(`${table(HEAD, done)}\n`);
  for (const name of SIM_RUNS)
    if (measured[name] !== undefined) process.stdout.write(`  ${name}: ${runs[name].about}\n`);
  process.stdout.write(
    `growth ${result.growth ?? "-"} (at most ${TARGETS.growth}); peers-1000-shared in at most ${TARGETS.peers1000Seconds} s; ` +
      `peers-10000 in at most ${TARGETS.peers10000RssBytes / 1e6} MB\n`,
  );
  if (failed.length > 0) process.stdout.write(`failed: ${failed.join(", ")}\n`);
}
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? "unknown",
  cores: availableParallelism(),
  load,
  quick,
};
process.stdout.write(`${JSON.stringify({ ...machine, failed, ...result })}\n`);
if (failed.length > 0) process.exitCode = 1;

/** One run in its process. Rejects where it fails or takes too long. */
async function measure(name: SimRunName): Promise<SimFigures> {
  const child = fork(fileURLToPath(new URL("./sim-process.ts", import.meta.url)), [name, ...(quick ? ["quick"] : [])], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    execArgv: [...process.execArgv, "--max-semi-space-size=16"], // as the threads of the command have it (node/commands/sim/pool.ts)
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  let figures: SimFigures | undefined;
  child.on("message", (message: SimMessage) => {
    if (message.kind === "figures") figures = message.figures;
    else if (process.stderr.isTTY) process.stderr.write(`\r${name} ... ${Math.round(100 * message.share)} %`);
  });
  try {
    const [code, signal] = await once(child, "exit");
    if (code !== 0) throw new Error(`its process ended with ${code ?? signal}`);
    if (figures === undefined) throw new Error("it said nothing");
    return figures;
  } finally {
    clearTimeout(timer);
  }
}
