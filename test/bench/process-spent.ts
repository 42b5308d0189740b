/** What Linux says that a process has spent: /proc/<pid>/stat and /proc/<pid>/io. */
import { readFile } from "node:fs/promises";

export interface Spent {
  readonly cpuSeconds: number;
  /** Sent to the storage layer: whole pages, those of the file system's own journal not among them. */
  readonly writtenBytes: number;
  /** Pages that it had to wait for, since they were not in memory. */
  readonly majorFaults: number;
}

/** USER_HZ: 100 on every architecture that Linux has for Node. */
const TICKS_A_SECOND = 100;

export async function spentBy(pid: number): Promise<Spent> {
  const [stat, io] = await Promise.all([readFile(`/proc/${pid}/stat`, "utf8"), readFile(`/proc/${pid}/io`, "utf8")]);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // a name may have spaces
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return {
    cpuSeconds: (user + system) / TICKS_A_SECOND,
    majorFaults: Number(fields[9]),
    writtenBytes: Number(/^write_bytes: (\d+)$/m.exec(io)?.[1]),
  };
}
