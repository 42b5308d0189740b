/** What peers do, hold and write over a time, from outside: /proc, their directories, and their local interface. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { memoryOf } from "../../support/process-memory.ts";
import { median, percentile, sleep, sum } from "../statistics.ts";
import type { UpPeers } from "../up-peers.ts";

/** Medians over the peers where nothing else is said. */
export interface Observed {
  readonly seconds: number;
  /** MiB at the end, median of the last samples of each peer. */
  readonly residentMiB: readonly number[];
  /** The most that a peer held. */
  readonly mostMiB: number;
  readonly cyclesPerMinute: number;
  readonly mergesPerMinute: number;
  /** Models of others that were used in merges. */
  readonly usedPerMinute: number;
  /** Shares of a core, of all peers together. */
  readonly cpu: number;
  /** KiB a minute: growth of the state directory, and what was written. */
  readonly grownKiB: number;
  readonly writtenKiB: number;
  /** Time in which the local interface answers, ms. */
  readonly answerMs: number;
  readonly answerP99Ms: number;
}

const SAMPLE_EVERY_MS = 1000;
/** Samples at the end of a time from which its memory is taken. */
const LAST = 20;
const MIB = 2 ** 20;
/** Of Linux: USER_HZ. */
const TICKS_PER_SECOND = 100;

interface Totals {
  readonly atMs: number;
  readonly cycles: readonly number[];
  readonly merges: readonly number[];
  readonly used: readonly number[];
  readonly cpuSeconds: number;
  readonly bytes: readonly number[];
  readonly written: readonly number[];
}

export async function watch(peers: UpPeers, seconds: number): Promise<Observed> {
  const resident: number[][] = peers.pids.map(() => []);
  const answersMs: number[] = [];
  const before = await totals(peers);
  for (let i = 1; i <= seconds; i++) {
    await sleep(before.atMs + i * SAMPLE_EVERY_MS - performance.now());
    const found = await Promise.all(peers.pids.map(memoryOf));
    for (const [peer, memory] of found.entries()) resident[peer]?.push(memory.resident / MIB);
    const askedMs = performance.now();
    await peers.statusOf(i % peers.pids.length);
    answersMs.push(performance.now() - askedMs);
  }
  const after = await totals(peers);
  const minutes = (after.atMs - before.atMs) / 60_000;
  const rate = (of: (all: Totals) => readonly number[]) =>
    median(of(after).map((value, peer) => value - (of(before)[peer] ?? 0))) / minutes;
  return {
    seconds: 60 * minutes,
    residentMiB: resident.map((samples) => median(samples.slice(-LAST))),
    mostMiB: Math.max(...resident.flat()),
    cyclesPerMinute: rate(({ cycles }) => cycles),
    mergesPerMinute: rate(({ merges }) => merges),
    usedPerMinute: rate(({ used }) => used),
    cpu: (after.cpuSeconds - before.cpuSeconds) / (60 * minutes),
    grownKiB: rate(({ bytes }) => bytes) / 1024,
    writtenKiB: rate(({ written }) => written) / 1024,
    answerMs: median(answersMs),
    answerP99Ms: percentile(answersMs, 0.99),
  };
}

async function totals(peers: UpPeers): Promise<Totals> {
  const all = await Promise.all(peers.pids.map((_, peer) => peers.statusOf(peer)));
  const cpu = await Promise.all(peers.pids.map(cpuSecondsOf));
  return {
    atMs: performance.now(),
    cycles: all.map(({ cycle }) => cycle),
    merges: all.map(({ counters }) => counters.merges),
    used: all.map(({ counters }) => counters.used + counters.clipped),
    cpuSeconds: sum(cpu),
    bytes: await Promise.all(peers.pids.map((_, peer) => bytesIn(peers.stateOf(peer)))),
    written: await Promise.all(peers.pids.map(writtenBy)),
  };
}

/** CPU time of a process so far, all its threads. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

async function writtenBy(pid: number): Promise<number> {
  return Number(/^write_bytes: (\d+)$/m.exec(await readFile(`/proc/${pid}/io`, "utf8"))?.[1]);
}

async function bytesIn(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true });
  const sizes = files.map((file) =>
    stat(join(directory, file)).then(
      ({ size }) => size,
      () => 0,
    ),
  ); // gone meanwhile
  return sum(await Promise.all(sizes));
}
