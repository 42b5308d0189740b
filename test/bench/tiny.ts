/**
 * `npm run bench:tiny`: what a peer takes under the preset `tiny`, beside the same peers without it. Five peers on loopback share the digits. Their
 * memory, CPU time and bytes written are those of the second half, so that a start is no part of them. With `--core` and `--memory` one of the
 * tiny ones is in a cgroup, beside four that are not.
 */
import { join } from "node:path";
import { Command } from "commander";
import { table } from "../../node/terminal/print.ts";
import { type Card, mountCard } from "../support/card.ts";
import { type Confinement, type Limits, openConfinement } from "../support/confinement.ts";
import type { Shares } from "./memory-shares.ts";
import { type Spent, spentBy } from "./process-spent.ts";
import { median, sleep } from "./statistics.ts";
import { digitsTask } from "./tasks.ts";
import { startUpPeers, type UpPeers } from "./up-peers.ts";

const SPARE_SECONDS = 120;
const SQUEEZED_AFTER_MS = 30_000;
/** Room for a copy of Node. */
const CARD_MEGABYTES = 300;
const DAY_SECONDS = 86_400;

const program = new Command("bench:tiny")
  .description("Memory, CPU time and bytes written of peers under the preset tiny, beside the same without it.")
  .option("--minutes <n>", "how long each of the two runs", "3")
  .option("--peers <n>", "how many, 2 to 8", "5")
  .option("--min-cycle <ms>", "in place of each one's own pace: what a cycle costs is seen in fewer minutes")
  .option("--core <share>", "only tiny ones, and the last of them in a cgroup that has so much of a core, such as 0.25")
  .option("--memory <MB>", "and has so much memory, such as 128")
  .option(
    "--squeeze <MB>",
    "of which the kernel once takes pages, after half a minute, until so much is left, such as 64",
  )
  .option("--hold <MB>", "to which the kernel keeps it from half a minute after the start on, such as 64")
  .option("--read-ahead <kB>", "that the disk with its program reads with a page that is missing, such as 128")
  .parse();
const options = program.opts<{
  minutes: string;
  peers: string;
  minCycle?: string;
  core?: string;
  memory?: string;
  squeeze?: string;
  hold?: string;
  readAhead?: string;
}>();
const limits: Limits = {
  ...(options.core !== undefined && { coreShare: Number(options.core) }),
  ...(options.memory !== undefined && { memoryBytes: 1e6 * Number(options.memory) }),
};
const isConfined = Object.keys(limits).length > 0;
const numPeers = Number(options.peers);
const seconds = 60 * Number(options.minutes);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const pace = options.minCycle === undefined ? [] : ["--min-cycle", options.minCycle];
const rows = [...(isConfined ? [] : await measured("default", [])), ...(await measured("tiny", ["--preset", "tiny"]))];
process.stdout.write(
  `${table(["preset", "RSS MiB", "asked", "own", "files", "V8 heaps", "malloc", "rest", "CPU %", "read faults a s", "MB a day", "kB a cycle", "cycles", "hold-out"], rows)}\n`,
);

async function measured(name: string, preset: readonly string[]): Promise<string[][]> {
  const confined = isConfined ? await openConfinement(`hearsay-${process.pid}`, limits) : undefined;
  let card: Card | undefined;
  const diskIn = (scratch: string) => {
    if (options.readAhead === undefined) return scratch;
    card = mountCard(join(scratch, "card"), { megabytes: CARD_MEGABYTES, readAheadKb: Number(options.readAhead) });
    return card.path;
  };
  const peers = await startUpPeers({
    ...{ name: "tiny", peers: numPeers, seconds: seconds + SPARE_SECONDS, settings: [...preset, ...pace] },
    task: await digitsTask({ inboxSize: numPeers - 1, quorum: Math.min(3, numPeers - 1) }),
    through: (peer, scratch) => (peer === numPeers - 1 && confined?.through(join(diskIn(scratch), "node"))) || [],
    beforeRemoval: () => card?.close(),
  });
  try {
    if (options.squeeze !== undefined || options.hold !== undefined) await sleep(SQUEEZED_AFTER_MS);
    if (options.squeeze !== undefined) await confined?.squeeze(1e6 * Number(options.squeeze));
    if (options.hold !== undefined) await confined?.hold(1e6 * Number(options.hold));
    await sleep(500 * seconds);
    const before = await Promise.all(peers.pids.map((_, peer) => lookAt(peers, peer)));
    await sleep(500 * seconds);
    const after = await Promise.all(peers.pids.map((_, peer) => lookAt(peers, peer)));
    const lines = after.map((look, peer) => figures(before[peer] as Look, look));
    if (confined === undefined) return [[name, ...medians(lines)]];
    await tellConfinement(confined);
    const outside = medians(lines.slice(0, -1));
    return [
      [`${name}, outside`, ...outside],
      [`${name}, confined`, ...medians(lines.slice(-1))],
    ];
  } finally {
    await peers.close();
    await confined?.close();
  }
}

interface Look extends Spent {
  readonly atMs: number;
  readonly shares: Shares;
  readonly cycle: number;
  /** Share of the hold-out that the serving model gets right. */
  readonly accuracy: number;
}

async function lookAt(peers: UpPeers, peer: number): Promise<Look> {
  const shares = await peers.sharesOf(peer); // before it is asked, since that loads what answers
  const { cycle, holdout } = await peers.statusOf(peer);
  const spent = await spentBy(peers.pids[peer] ?? -1); // after, since that loading is no part of what an idle peer spends
  const { accuracy = Number.NaN } = { ...holdout } as { readonly accuracy?: number };
  return { ...spent, atMs: performance.now(), shares, cycle, accuracy };
}

/** In the order of the columns: memory is that of before anybody asked, but for the first peer, and with all that answers loaded. */
function figures({ shares, ...before }: Look, after: Look): number[] {
  const span = (after.atMs - before.atMs) / 1000;
  const written = after.writtenBytes - before.writtenBytes;
  const cycles = after.cycle - before.cycle;
  return [
    ...[
      shares.resident,
      after.shares.resident,
      shares.own,
      shares.files,
      shares.mainHeap + shares.engineHeap,
      shares.malloc,
      shares.rest,
    ],
    (100 * (after.cpuSeconds - before.cpuSeconds)) / span,
    (after.majorFaults - before.majorFaults) / span,
    (written / span) * (DAY_SECONDS / 1e6),
    written / 1e3 / cycles, // none: Infinity, or not a number
    after.cycle,
    after.accuracy,
  ];
}

function medians(lines: readonly (readonly number[])[]): string[] {
  return (lines[0] ?? []).map((_, column) => {
    const value = median(lines.map((line) => line[column] ?? Number.NaN));
    return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "-";
  });
}

/** What the kernel says of the group, where it counts memory. */
async function tellConfinement(confined: Confinement): Promise<void> {
  const { killed, heldBytes } = await confined.report();
  process.stdout.write(
    `confined: ${killed} killed for memory; the group holds ${(heldBytes / 1e6).toFixed(0)} MB, pages of files included\n`,
  );
}
