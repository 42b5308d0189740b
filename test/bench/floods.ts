/**
 * `npm run bench:floods [-- ATTACK ...]`: what floods cost peers, with real processes on loopback. Peers that learn the digits, one process each as a
 * user starts it, and one attack after the other: calm, flood, calm again, and a control, in which a process burns the CPU time that the attacker took
 * and sends nothing: all share the cores of one machine, and so the cost of a flood is its difference from the control. Attacker and burner run on the last core only.
 */
import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { stringify } from "yaml";
import { table } from "../../node/terminal/print.ts";
import { ATTACKS } from "./floods/attacks.ts";
import { cpuSecondsOf, type Observed, watch } from "./floods/watch.ts";
import type { Shares } from "./memory-shares.ts";
import { median, sleep } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";
import { startUpPeers, type UpPeers } from "./up-peers.ts";

const AFTER_SECONDS = 75;
const SPARE_SECONDS = 300;

const program = new Command("bench:floods")
  .description("What floods cost peers that learn: memory, disk, merges, cycles.")
  .argument("[attacks...]", `of ${[...ATTACKS.keys()].join(", ")}; all if not given`)
  .option("--minutes <n>", "of each flood", "1")
  .option("--calm <seconds>", "before each flood, and of its control", "60")
  .option("--warm-up <seconds>", "before the first", "240")
  .option("--peers <n>", "how many, 2 to 8", "4")
  .option("--min-cycle <ms>", "shortest time between two trainings", "400")
  .option("--json", "print JSON")
  .parse();
const options = program.opts<
  Record<"minutes" | "calm" | "warmUp" | "peers" | "minCycle", string> & { json?: boolean }
>();
const asked = program.args.length > 0 ? program.args : [...ATTACKS.keys()];
for (const name of asked) if (!ATTACKS.has(name)) program.error(`there is no attack "${name}"`);

const numPeers = Number(options.peers);
const calmSeconds = Number(options.calm);
const floodSeconds = 60 * Number(options.minutes);
const task = await digitsTask({ inboxSize: numPeers - 1, quorum: Math.min(3, numPeers - 1) });

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const peers = await startUpPeers({
  name: "floods",
  task,
  peers: numPeers,
  settings: ["--min-cycle", options.minCycle],
  seconds:
    SPARE_SECONDS + Number(options.warmUp) + asked.length * (floodSeconds + AFTER_SECONDS + 2 * calmSeconds + 30),
});
try {
  say(`warm-up of ${options.warmUp} s`);
  await sleep(1000 * Number(options.warmUp));
  for (const name of asked) print(name, await measure(peers, name));
} finally {
  await peers.close();
}
process.exit();

interface Result {
  readonly calm: Observed;
  readonly flood: Observed;
  readonly after: Observed;
  readonly control: Observed;
  /** Shares of a core. */
  readonly attackerCpu: number;
  readonly counts: Readonly<Record<string, number>>;
  /** MiB, medians, after less before. */
  readonly growth: Readonly<Record<string, number>>;
}

async function measure(peers: UpPeers, name: string): Promise<Result> {
  say(`${name}: calm`);
  const calm = await watch(peers, calmSeconds);
  const sharesBefore = await sharesOf(peers);
  say(`${name}: flood`);
  const { flood, cpu, counts } = await flooded(peers, name);
  say(`${name}: after`);
  const after = await watch(peers, AFTER_SECONDS);
  const sharesAfter = await sharesOf(peers);
  say(`${name}: control`);
  const burner = pinned(fork(fileOf("burner.ts"), [String(cpu)]));
  const control = await watch(peers, calmSeconds);
  burner.kill();
  const growth = Object.fromEntries(
    Object.keys(sharesBefore[0] ?? {}).map((kind) => {
      const of = (all: readonly Shares[]) => median(all.map((shares) => shares[kind as keyof Shares]));
      return [kind, round(of(sharesAfter) - of(sharesBefore))];
    }),
  );
  return { calm, flood, after, control, attackerCpu: cpu, counts, growth };
}

async function flooded(peers: UpPeers, name: string) {
  const addresses = await Promise.all(peers.pids.map(async (_, i) => (await peers.statusOf(i)).addresses[0] as string));
  const file = join(peers.stateOf(0), "..", "flood.yaml");
  await writeFile(file, stringify(task));
  const attacker = pinned(fork(fileOf("attacker.ts"), [name, file, ...addresses]));
  await sleep(2000); // it starts
  const { pid = -1 } = attacker;
  const before = await cpuSecondsOf(pid);
  const flood = await watch(peers, floodSeconds);
  const cpu = ((await cpuSecondsOf(pid)) - before) / flood.seconds;
  attacker.kill("SIGTERM");
  const [counts] = (await once(attacker, "message", { signal: AbortSignal.timeout(60_000) })) as [
    Record<string, number>,
  ];
  return { flood, cpu, counts };
}

/** On the last core, all its threads, where there are several and `taskset` (util-linux): the others are left to the peers, as they would be if it ran elsewhere. */
function pinned(child: ChildProcess): ChildProcess {
  const cores = availableParallelism();
  if (cores > 1) spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(cores - 1), String(child.pid)]);
  return child;
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`./floods/${name}`, import.meta.url));
}

async function sharesOf(peers: UpPeers): Promise<Shares[]> {
  return Promise.all(peers.pids.map((_, i) => peers.sharesOf(i)));
}

function print(name: string, result: Result): void {
  const { calm, flood, after, control } = result;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ name, ...result })}\n`);
    return;
  }
  const phases = { calm, flood, after, control };
  const line = (label: string, of: (phase: Observed) => number) => [
    label,
    ...Object.values(phases).map((phase) => String(round(of(phase)))),
  ];
  const percent = (of: (phase: Observed) => number) =>
    `${Math.round((100 * of(flood)) / of(control))} % of control, ${Math.round((100 * of(flood)) / of(calm))} % of calm`;
  const rows = [
    line("resident MiB, median at the end", ({ residentMiB }) => median(residentMiB)),
    line("resident MiB, most", ({ mostMiB }) => mostMiB),
    line("cycles a minute", ({ cyclesPerMinute }) => cyclesPerMinute),
    line("merges a minute", ({ mergesPerMinute }) => mergesPerMinute),
    line("models used a minute", ({ usedPerMinute }) => usedPerMinute),
    line("CPU of all peers, cores", ({ cpu }) => cpu),
    line("state directory, KiB a minute", ({ grownKiB }) => grownKiB),
    line("written, KiB a minute", ({ writtenKiB }) => writtenKiB),
    line("local interface answers in ms", ({ answerMs }) => answerMs),
    line("the same, 99th percentile", ({ answerP99Ms }) => answerP99Ms),
  ];
  const deltas = after.residentMiB.map((mib, peer) => round(mib - (calm.residentMiB[peer] ?? 0)));
  process.stdout.write(
    `${ATTACKS.get(name)?.title} (${Math.round(flood.seconds)} s)\n${table(["", ...Object.keys(phases)], rows)}\n` +
      `the attacker took ${result.attackerCpu.toFixed(2)} cores: ${JSON.stringify(result.counts)}\n` +
      `merges ${percent(({ mergesPerMinute }) => mergesPerMinute)}; models used ${percent(({ usedPerMinute }) => usedPerMinute)}; ` +
      `cycles ${percent(({ cyclesPerMinute }) => cyclesPerMinute)}\n` +
      `resident after less before, MiB: ${deltas.join(", ")}; by kind: ${JSON.stringify(result.growth)}\n\n`,
  );
}

function round(value: number): number {
  return Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1));
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
}
