/** What the kernel counts of a network namespace, of all its processes together; nothing where the system is no Linux. */
import { readFileSync } from "node:fs";

export interface KernelCounters {
  /** Segments of TCP that were sent, acknowledgements among them. */
  readonly segments: number;
  /** Bytes that were sent, with headers of IP and TCP. */
  readonly ipBytes: number;
}

export function kernelCounters(): KernelCounters | undefined {
  try {
    return {
      segments: counter("/proc/net/snmp", "Tcp", "OutSegs"),
      ipBytes: counter("/proc/net/netstat", "IpExt", "OutOctets"),
    };
  } catch {
    return undefined;
  }
}

/** The files have two lines for each group: `Tcp: OutSegs ...`, and `Tcp: 42 ...`. */
function counter(file: string, group: string, name: string): number {
  const [names = [], values = []] = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${group}:`))
    .map((line) => line.split(" "));
  const value = Number(values[names.indexOf(name)]);
  if (!Number.isFinite(value)) throw new RangeError(`${file} has no ${name}`);
  return value;
}
