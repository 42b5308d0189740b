/** What a cycle costs the machine: CPU time of all threads, and energy where the owner says what a core at work draws. */

export interface Effort {
  /** Mean since the start: all that the process does, whatever it is for. Null before the first cycle ends. */
  readonly cpuSecondsPerCycle: number | null;
  /** An estimate: CPU seconds times the watts of the setting; radio, memory and idling are not in it. Left out where no watts are set. */
  readonly joulesPerCycle?: number | null;
}

export interface EffortOptions {
  /** CPU time that the process has taken, seconds. */
  readonly cpuSeconds: () => number;
  /** When it began to count. */
  readonly startCycle: number;
  /** Of a core at work, beside an idle one. */
  readonly watts?: number | undefined;
}

/** Counts from now on, so that the start is no part of it. */
export function createEffort({ cpuSeconds, startCycle, watts }: EffortOptions): (cycle: number) => Effort {
  const startSeconds = cpuSeconds();
  return (cycle) => {
    const cycles = cycle - startCycle;
    const seconds = cycles > 0 ? (cpuSeconds() - startSeconds) / cycles : null;
    return {
      cpuSecondsPerCycle: seconds,
      ...(watts !== undefined && { joulesPerCycle: seconds === null ? null : seconds * watts }),
    };
  };
}

/** Of this process, all threads. */
export function processCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** For people. */
export function effortText({ cpuSecondsPerCycle, joulesPerCycle }: Effort): string {
  if (cpuSecondsPerCycle === null) return "no cycle has ended since the start";
  const energy = typeof joulesPerCycle === "number" ? `, about ${Number(joulesPerCycle.toPrecision(2))} J` : "";
  return `${Number(cpuSecondsPerCycle.toPrecision(2))} s of CPU time a cycle${energy}`;
}
