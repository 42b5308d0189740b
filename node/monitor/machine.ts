/** What the process takes of its machine: memory, time, files, space on the disk. Dear figures are kept for a while. */
import { constants } from "node:fs";
import { access, opendir, readdir, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { takenByProcess } from "../api/effort.ts";

/** Parts of a state directory: the database with the log, bodies for audits, and all other files. */
export const STATE_PARTS = ["database", "bodies", "other"] as const;
export type StatePart = (typeof STATE_PARTS)[number];

/** Shares of the waits for the event loop that are told. */
export const LAG_QUANTILES = ["0.5", "0.99", "1"] as const;

export interface MachineFigures {
  readonly residentBytes: number;
  readonly heapBytes: number;
  /** Time of all cores since the start. */
  readonly cpuSeconds: number;
  /** Sent to the disk since the start; undefined where the system does not count it. */
  readonly writtenBytes: number | undefined;
  /** Unix time. */
  readonly startedSeconds: number;
  /** Undefined where the system does not tell. */
  readonly openFiles: number | undefined;
  /** How late the event loop came to its timers within the last minutes, seconds, by quantile. */
  readonly lagSeconds: Readonly<Record<(typeof LAG_QUANTILES)[number], number>>;
  /** Of the state directory. */
  readonly stateBytes: Readonly<Record<StatePart, number>>;
  readonly disk: DiskFigures;
}

export interface DiskFigures {
  /** That this process may still take. */
  readonly freeBytes: number;
  readonly isWritable: boolean;
}

export interface Machine {
  figures(): Promise<MachineFigures>;
  disk(): Promise<DiskFigures>;
  stop(): void;
}

/** The event loop is looked at so often: ten short wakes a second. */
const LOOK_EVERY_MS = 100;
/** Waits are forgotten after this, at the next look. */
const FORGET_AFTER_MS = 60_000;
/** To walk through the state directory takes a while where it has 50,000 bodies. */
const WALK_EVERY_MS = 60_000;
const PART_OF: Readonly<Record<string, StatePart>> = { db: "database", bodies: "bodies" };

/** @param archivedBytes what the archive counts, in place of a walk through its files. */
export function createMachine(stateDir: string, archivedBytes: () => number | undefined): Machine {
  const lag = monitorEventLoopDelay({ resolution: LOOK_EVERY_MS });
  lag.enable();
  let sinceMs = performance.now();
  let walkedMs = Number.NEGATIVE_INFINITY;
  let walked: Promise<number> = Promise.resolve(0);
  let database: Promise<number> = Promise.resolve(0);

  function lags(): MachineFigures["lagSeconds"] {
    const late = (ns: number) => (Number.isFinite(ns) ? Math.max(0, ns / 1e9 - LOOK_EVERY_MS / 1000) : 0);
    const told = { "0.5": late(lag.percentile(50)), "0.99": late(lag.percentile(99)), "1": late(lag.max) };
    if (lag.count === 0) told["1"] = 0; // its maximum before the first look is no time
    if (performance.now() - sinceMs < FORGET_AFTER_MS) return told;
    sinceMs = performance.now();
    lag.reset();
    return told;
  }

  async function stateBytes(): Promise<MachineFigures["stateBytes"]> {
    if (performance.now() - walkedMs >= WALK_EVERY_MS) {
      walkedMs = performance.now();
      walked = bytesBeside(stateDir);
      database = bytesIn(join(stateDir, "db"));
    }
    return { database: await database, bodies: archivedBytes() ?? 0, other: await walked };
  }

  return {
    disk: () => diskOf(stateDir),
    async figures() {
      const [parts, disk, openFiles] = await Promise.all([stateBytes(), diskOf(stateDir), countOpenFiles()]);
      const { cpuSeconds, writtenBytes } = takenByProcess();
      const { rss: residentBytes, heapUsed: heapBytes } = process.memoryUsage();
      const startedSeconds = (performance.timeOrigin ?? 0) / 1000;
      const own = { residentBytes, heapBytes, cpuSeconds, writtenBytes, startedSeconds };
      return { ...own, openFiles, lagSeconds: lags(), stateBytes: parts, disk };
    },
    stop: () => void lag.disable(),
  };
}

async function diskOf(stateDir: string): Promise<DiskFigures> {
  const [space, isWritable] = await Promise.all([
    statfs(stateDir).catch(() => undefined),
    access(stateDir, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { freeBytes: space === undefined ? 0 : space.bavail * space.bsize, isWritable };
}

/** Files that come and go while they are counted count as nothing. */
async function bytesIn(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(names.map((name) => sizeOf(join(directory, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Of the files that lie in the state directory itself, and in folders that are none of the parts. */
async function bytesBeside(stateDir: string): Promise<number> {
  let sum = 0;
  const directory = await opendir(stateDir).catch(() => undefined);
  if (directory === undefined) return 0;
  for await (const entry of directory) {
    if (PART_OF[entry.name] !== undefined) continue;
    const path = join(stateDir, entry.name);
    sum += entry.isDirectory() ? await bytesIn(path) : await sizeOf(path);
  }
  return sum;
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ? found.size : 0;
}

async function countOpenFiles(): Promise<number | undefined> {
  if (process.platform !== "linux") return undefined;
  return (await readdir("/proc/self/fd").catch(() => undefined))?.length;
}
