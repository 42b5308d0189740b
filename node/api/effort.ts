/** What a cycle costs the machine: CPU time of all threads, bytes on the disk, and energy where the owner says what a core at work draws. */
import { formatBytes } from "../../protocol/base/figures.ts";

export interface Effort {
  /** Mean since the start: all that the process does, whatever it is for. Null before the first cycle ends. */
  readonly cpuSecondsPerCycle: number | null;
  /** An estimate: CPU seconds times the watts of the setting; radio, memory and idling are not in it. Left out where no watts are set. */
  readonly joulesPerCycle?: number | null;
  /** What the process sent to the disk, mean since the start. Null before the first cycle ends. Left out where the system does not count it. */
  readonly writtenBytesPerCycle?: number | null;
}

/** What the process has taken so far. */
export interface Taken {
  /** CPU time of all threads. */
  readonly cpuSeconds: number;
  /** Sent to the disk, in whole pages; undefined where the system does not count it. */
  readonly writtenBytes?: number | undefined;
}

export interface EffortOptions {
  readonly taken: () => Taken;
  /** When it began to count. */
  readonly startCycle: number;
  /** Of a core at work, beside an idle one. */
  readonly watts?: number | undefined;
}

/** Counts from now on, so that the start is no part of it. */
export function createEffort({ taken, startCycle, watts }: EffortOptions): (cycle: number) => Effort {
  const start = taken();
  return (cycle) => {
    const now = taken();
    const mean = (total: number) => (cycle > startCycle ? total / (cycle - startCycle) : null);
    const seconds = mean(now.cpuSeconds - start.cpuSeconds);
    return {
      cpuSecondsPerCycle: seconds,
      ...(watts !== undefined && { joulesPerCycle: seconds === null ? null : seconds * watts }),
      ...(now.writtenBytes !== undefined && {
        writtenBytesPerCycle: mean(now.writtenBytes - (start.writtenBytes ?? 0)),
      }),
    };
  };
}

/** Of getrusage, on Linux. */
const BLOCK_BYTES = 512;

/** By this process, all threads. */
export function takenByProcess(): Taken {
  const { userCPUTime, systemCPUTime, fsWrite } = process.resourceUsage();
  const cpuSeconds = (userCPUTime + systemCPUTime) / 1e6;
  return { cpuSeconds, ...(process.platform === "linux" && { writtenBytes: BLOCK_BYTES * fsWrite }) };
}

/** For people. */
export function effortText({ cpuSecondsPerCycle, joulesPerCycle, writtenBytesPerCycle }: Effort): string {
  if (cpuSecondsPerCycle === null) return "no cycle has ended since the start";
  const energy = typeof joulesPerCycle === "number" ? `, about ${Number(joulesPerCycle.toPrecision(2))} J` : "";
  const written =
    typeof writtenBytesPerCycle === "number" ? `, ${formatBytes(Math.round(writtenBytesPerCycle))} written` : "";
  return `${Number(cpuSecondsPerCycle.toPrecision(2))} s of CPU time a cycle${energy}${written}`;
}
