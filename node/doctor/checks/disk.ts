/** Check `disk`: room, how fast it syncs, and how long it lasts at the pace of the task. */
import { mkdtemp, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { formatBytes } from "../../../protocol/base/figures.ts";
import { costOf } from "../../task-cost.ts";
import { type DoctorCheck, type DoctorFinding, failure, ok, type QuickCheck, warning } from "../doctor-check.ts";
import type { AtHand } from "../surroundings.ts";

/** A peer writes batches of some kB, and waits for each. */
const FILES = 8;
const FILE_BYTES = 4096;
/** A merge a second would spend a tenth of its time in waiting. */
const SLOW_MS = 100;
/** Flash of the cheap kind. */
const REWRITINGS = 1_000;
const FEW_YEARS = 5;
/** Of the log: a disk that is full within this time wants a look. */
const DAYS_AHEAD = 30;
const LEAST_FREE_BYTES = 50e6;

export const disk: DoctorCheck = {
  name: "disk",
  about: "room, time to sync a small file, and years until flash memory is worn out at this task's size",
  withinMs: 10_000,
  async run(around) {
    const space = await spaceOf(around);
    const [room, syncing] = [roomFindings(around, space), await syncFindings(around.directory)];
    return [...room, ...syncing, ...wearFindings(around, space)];
  },
};

/** Check `room`: the part of it that takes no time. */
export const room: QuickCheck = {
  name: "room",
  about: "room on the disk",
  withinMs: 1_000,
  run: async (around) => roomFindings(around, await spaceOf(around)),
};

export interface Space {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

async function spaceOf({ directory }: AtHand): Promise<Space> {
  const { bavail, blocks, bsize } = await statfs(directory);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export function roomFindings({ directory, task, config }: AtHand, { freeBytes }: Space): DoctorFinding[] {
  const free = `${formatBytes(freeBytes)} free in ${directory}`;
  const cost = task && costOf(task.task, costSettings(config));
  const archive = cost?.archiveBytes ?? 0;
  const wanted = LEAST_FREE_BYTES + archive + DAYS_AHEAD * (cost?.logBytesPerDay ?? 0);
  if (freeBytes >= wanted) return [ok(free)];
  const needed = `a month of this peer may need ${formatBytes(wanted)} (${formatBytes(archive)} for audits)`;
  const remedy = "free some, keep less for audits (retention.megabytes), or merge more rarely (--min-cycle)";
  return [warning(`${free}; ${needed}`, remedy)];
}

/** Of the configuration, for `costOf`. */
function costSettings({ minCycleMs, retention }: AtHand["config"]) {
  return {
    minCycleMs: Math.max(1, minCycleMs),
    archiveBytes: 1e6 * retention.megabytes,
    archiveBytesPerMinute: 1e6 * retention.megabytesPerMinute,
  };
}

async function syncFindings(directory: string): Promise<DoctorFinding[]> {
  let folder: string;
  try {
    folder = await mkdtemp(join(directory, ".hearsay-doctor-"));
  } catch (error) {
    const remedy = "give the directory to the user of the peer, mount it for writing, or name another --state";
    return [failure(`nothing can be written in ${directory}: ${(error as Error).message}`, remedy)];
  }
  try {
    const times = await syncTimes(folder);
    const median = times.toSorted((a, b) => a - b)[FILES >> 1] as number;
    const text = `a small file is synced in ${median.toFixed(1)} ms`;
    if (median <= SLOW_MS) return [ok(text)];
    return [warning(text, "merge more rarely (--min-cycle 10000), or keep the state directory on a faster disk")];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function syncTimes(folder: string): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < FILES; i++) {
    const startedMs = performance.now();
    const file = await open(join(folder, String(i)), "wx", 0o600);
    try {
      await file.writeFile(new Uint8Array(FILE_BYTES));
      await file.sync();
    } finally {
      await file.close();
    }
    times.push(performance.now() - startedMs);
  }
  return times;
}

export function wearFindings({ task, config }: AtHand, { totalBytes }: Space): DoctorFinding[] {
  if (task === undefined) return [];
  const perDay = costOf(task.task, costSettings(config)).diskBytesPerDay;
  const years = (REWRITINGS * totalBytes) / (365 * perDay);
  const text = `at most ${formatBytes(365 * perDay)} a year are written: flash of ${formatBytes(totalBytes)} that stands ${REWRITINGS} rewritings lasts ${years >= 100 ? "100 years and more" : `${years.toFixed(1)} years`}`;
  if (years >= FEW_YEARS) return [ok(text)];
  return [
    warning(text, "lower retention.megabytesPerMinute, or merge more rarely (--min-cycle), or use a larger disk"),
  ];
}
