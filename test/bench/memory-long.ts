/**
 * `npm run bench:memory`: what peers hold that learn for long, and whether it grows. Peers of one task on loopback, the digits in as many
 * shares, one process each as a user starts it; their resident memory every ten seconds.
 *
 * The slope is that of the second half, a line of least squares for each peer; its interval (95 %, Student) is that of the mean over the
 * peers, since what one peer holds now depends on what it held before, and only peers are independent.
 */
import { Command } from "commander";
import { table } from "../../node/terminal/print.ts";
import { memoryOf } from "../support/process-memory.ts";
import type { Shares } from "./memory-shares.ts";
import { median, sleep, sum } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";
import { startUpPeers } from "./up-peers.ts";

const SAMPLE_EVERY_MS = 10_000;
const SPARE_SECONDS = 120;
const MIB = 2 ** 20;
/** Student's t, 95 %, of 1 degree of freedom and more. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36] as const;

interface Sample {
  readonly seconds: number;
  /** MiB, of each peer. */
  readonly resident: readonly number[];
}

const program = new Command("bench:memory")
  .description("Resident memory of peers that learn on the digits, its shares, and its slope over the second half.")
  .option("--minutes <n>", "how long", "60")
  .option("--peers <n>", "how many, 2 to 8", "5")
  .option("--engine <name>", "auto, dense or tensorflow", "auto")
  .option("--min-cycle <ms>", "shortest time between two trainings", "1000")
  .option("--json", "print JSON")
  .parse();
const options = program.opts<{ minutes: string; peers: string; engine: string; minCycle: string; json?: boolean }>();

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const numPeers = Number(options.peers);
const peers = await startUpPeers({
  name: "memory",
  task: await digitsTask({ inboxSize: numPeers - 1, quorum: Math.min(3, numPeers - 1) }),
  peers: numPeers,
  engine: options.engine,
  minCycleMs: Number(options.minCycle),
  seconds: 60 * Number(options.minutes) + SPARE_SECONDS,
});
try {
  const samples = await watch(60 * Number(options.minutes));
  const shares = await Promise.all(peers.pids.map((_, i) => peers.sharesOf(i)));
  const cycles = await Promise.all(peers.pids.map(async (_, i) => (await peers.statusOf(i)).cycle));
  print(samples, shares, cycles);
} finally {
  await peers.close();
}

async function watch(seconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const begunMs = performance.now();
  for (;;) {
    await sleep(SAMPLE_EVERY_MS);
    const now = Math.round((performance.now() - begunMs) / 1000);
    const found = await Promise.all(peers.pids.map(memoryOf));
    samples.push({ seconds: now, resident: found.map(({ resident }) => resident / MIB) });
    if (process.stderr.isTTY) process.stderr.write(`\r${now} of ${seconds} s, ${found.length} peers`);
    if (now >= seconds) return samples;
  }
}

/** MiB an hour of one peer. */
function slopeOf(samples: readonly Sample[], peer: number): number {
  const points = samples.map(({ seconds, resident }) => [seconds / 3600, resident[peer] ?? Number.NaN] as const);
  const mean = (k: 0 | 1) => sum(points.map((point) => point[k])) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return sum(points.map((point) => (point[0] - x) * (point[1] - y))) / sum(points.map((point) => (point[0] - x) ** 2));
}

function print(samples: readonly Sample[], shares: readonly Shares[], cycles: readonly number[]): void {
  const later = samples.slice(Math.floor(samples.length / 2));
  const slopes = peers.pids.map((_, peer) => slopeOf(later, peer));
  const mean = sum(slopes) / slopes.length;
  const spread = Math.sqrt(sum(slopes.map((slope) => (slope - mean) ** 2)) / (slopes.length - 1) / slopes.length);
  const half = spread * (STUDENT[slopes.length - 2] ?? Number.NaN);
  const most = Math.max(...samples.flatMap(({ resident }) => resident));
  const round = (value: number) => Number(value.toFixed(1));
  const kinds = Object.keys(shares[0] ?? {}) as (keyof Shares)[];
  const medians = Object.fromEntries(kinds.map((kind) => [kind, round(median(shares.map((of) => of[kind])))]));
  const slope = { mibPerHour: round(mean), plusMinus: round(half) };
  const result = { ...options, cycles, mostMiB: round(most), mediansMiB: medians, slope, slopes: slopes.map(round) };
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else {
    process.stdout.write(
      `\n${table(
        ["MiB", "median of the peers"],
        Object.entries(medians).map(([k, v]) => [k, String(v)]),
      )}\n`,
    );
    process.stdout.write(`most that a peer ever held: ${round(most)} MiB; cycles: ${cycles.join(", ")}\n`);
    process.stdout.write(`slope over the second half: ${slope.mibPerHour} +- ${slope.plusMinus} MiB an hour (95 %)\n`);
  }
}
