/** Memory of a process and of those that it started, where the system tells (Linux). */
import { readFileSync } from "node:fs";

/** More would be no trainer. */
const MOST_PROCESSES = 256;

/** Resident bytes; undefined where nothing tells. */
export function residentBytes(pid: number): number | undefined {
  let sum: number | undefined;
  const pids = [pid];
  for (let i = 0; i < pids.length && i < MOST_PROCESSES; i++) {
    const at = `/proc/${pids[i]}`;
    const kilobytes = /^VmRSS:\s*(\d+) kB/m.exec(textOf(`${at}/status`))?.[1];
    if (kilobytes !== undefined) sum = (sum ?? 0) + 1024 * Number(kilobytes);
    const children = textOf(`${at}/task/${pids[i]}/children`).split(" ");
    pids.push(...children.filter((child) => child !== "").map(Number));
  }
  return sum;
}

/** Empty for a process that has ended meanwhile. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
