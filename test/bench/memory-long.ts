/**
 * `npm run bench:memory`: what peers hold that learn for long, and whether it grows. Peers of one task on loopback, the digits in as many
 * shares, one process each as a user starts it; their resident memory every ten seconds, and of what kind it is.
 *
 * The slope of a kind is that of the second half, a line of least squares for each peer; its interval (95 %, Student) is that of the mean over the
 * peers, since what one peer holds now depends on what it held before, and only peers are independent.
 */
import { Command } from "commander";
import { table } from "../../node/terminal/print.ts";
import type { Shares } from "./memory-shares.ts";
import { median, sleep, sum } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";
import { startUpPeers } from "./up-peers.ts";

const SAMPLE_EVERY_MS = 10_000;
const SPARE_SECONDS = 120;
/** Student's t, 95 %, of 1 degree of freedom and more. */
const STUDENT = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36] as const;

interface Sample {
  readonly seconds: number;
  /** Of each peer. */
  readonly peers: readonly Shares[];
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
  settings: ["--engine", options.engine, "--min-cycle", options.minCycle],
  seconds: 60 * Number(options.minutes) + SPARE_SECONDS,
});
try {
  const samples = await watch(60 * Number(options.minutes));
  const cycles = await Promise.all(peers.pids.map(async (_, i) => (await peers.statusOf(i)).cycle));
  print(samples, cycles);
} finally {
  await peers.close();
}

async function watch(seconds: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const begunMs = performance.now();
  for (;;) {
    await sleep(SAMPLE_EVERY_MS);
    const now = Math.round((performance.now() - begunMs) / 1000);
    samples.push({ seconds: now, peers: await Promise.all(peers.pids.map((_, i) => peers.sharesOf(i))) });
    if (process.stderr.isTTY) process.stderr.write(`\r${now} of ${seconds} s, ${numPeers} peers`);
    if (now >= seconds) return samples;
  }
}

/** MiB an hour of one peer. */
function slopeOf(samples: readonly Sample[], peer: number, kind: keyof Shares): number {
  const points = samples.map(({ seconds, peers }) => [seconds / 3600, peers[peer]?.[kind] ?? Number.NaN] as const);
  const mean = (k: 0 | 1) => sum(points.map((point) => point[k])) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return sum(points.map((point) => (point[0] - x) * (point[1] - y))) / sum(points.map((point) => (point[0] - x) ** 2));
}

/** Mean of the peers, and half of its interval. */
function slopeOfAll(slopes: readonly number[]): { mibPerHour: number; plusMinus: number } {
  const mean = sum(slopes) / slopes.length;
  const spread = Math.sqrt(sum(slopes.map((slope) => (slope - mean) ** 2)) / (slopes.length - 1) / slopes.length);
  return { mibPerHour: round(mean), plusMinus: round(spread * (STUDENT[slopes.length - 2] ?? Number.NaN)) };
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function print(samples: readonly Sample[], cycles: readonly number[]): void {
  const later = samples.slice(Math.floor(samples.length / 2));
  const last = later.at(-1)?.peers ?? [];
  const kinds = Object.keys(last[0] ?? {}) as (keyof Shares)[];
  const rows = kinds.map((kind) => {
    const slopes = peers.pids.map((_, peer) => slopeOf(later, peer, kind));
    return {
      kind,
      medianMiB: round(median(last.map((of) => of[kind]))),
      slopes: slopes.map(round),
      ...slopeOfAll(slopes),
    };
  });
  const mostMiB = round(Math.max(...samples.flatMap(({ peers }) => peers.map(({ resident }) => resident))));
  if (options.json) process.stdout.write(`${JSON.stringify({ ...options, cycles, mostMiB, rows })}\n`);
  else {
    const cells = rows.map((row) => [row.kind, String(row.medianMiB), `${row.mibPerHour} +- ${row.plusMinus}`]);
    process.stdout.write(
      `\n${table(["MiB", "median of the peers", "slope over the second half, an hour (95 %)"], cells)}\n`,
    );
    process.stdout.write(`most that a peer ever held: ${mostMiB} MiB; cycles: ${cycles.join(", ")}\n`);
  }
}
