/** A cgroup for one process: so much memory and no swap, and so much of a core. Of version 2 where the system has it, else of version 1. */
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep } from "./statistics.ts";

/** What is left out is not bounded. */
export interface Limits {
  readonly memoryBytes?: number;
  /** 0.25: a quarter. */
  readonly coreShare?: number;
}

export interface Confinement {
  /** Undefined where memory is not bounded. */
  report(): Promise<{ readonly killed: number; readonly mostBytes: number } | undefined>;
  /** Removes the groups, once the process has ended. */
  close(): Promise<void>;
}

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;

/** A group that is to be made, and what is written into it. */
interface Group {
  readonly path: string;
  readonly files: Readonly<Record<string, string | number>>;
}

/** @throws Error where this user may make no such cgroups here. */
export async function confine(pid: number, limits: Limits): Promise<Confinement> {
  const own = await readFile("/proc/self/cgroup", "utf8");
  const isVersion2 = (await readFile(join(ROOT, "cgroup.controllers"), "utf8").catch(() => undefined)) !== undefined;
  const groups = isVersion2 ? groupsOfVersion2(own, pid, limits) : groupsOfVersion1(own, pid, limits);
  try {
    for (const { path, files } of groups) {
      await mkdir(path);
      for (const [file, value] of Object.entries(files)) await writeFile(join(path, file), String(value));
      await writeFile(join(path, "cgroup.procs"), String(pid));
    }
  } catch (cause) {
    throw new Error(`no cgroup can be made here (${(cause as Error).message}): be root, outside of a container`, {
      cause,
    });
  }
  const memory = groups.find(({ files }) => Object.keys(files).some((file) => file.startsWith("memory.")));
  return {
    report: async () => memory && memoryReport(memory.path, isVersion2),
    close: () => remove(groups),
  };
}

function groupsOfVersion2(own: string, pid: number, { memoryBytes, coreShare }: Limits): Group[] {
  const files = {
    ...(memoryBytes !== undefined && { "memory.max": memoryBytes, "memory.swap.max": 0 }),
    ...(coreShare !== undefined && { "cpu.max": `${coreShare * PERIOD_US} ${PERIOD_US}` }),
  };
  return [{ path: join(ROOT, /^0::(.*)$/m.exec(own)?.[1] ?? "", `hearsay-${pid}`), files }];
}

/** A tree for each controller. Of these kernels few count swap. */
function groupsOfVersion1(own: string, pid: number, { memoryBytes, coreShare }: Limits): Group[] {
  const pathOf = (controller: string) => {
    const place = own.split("\n").find((line) => line.split(":")[1]?.split(",").includes(controller));
    return join(ROOT, controller, place?.replace(/^[^:]*:[^:]*:/, "") ?? "", `hearsay-${pid}`);
  };
  const quota = { "cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": PERIOD_US * (coreShare ?? 1) };
  return [
    ...(memoryBytes === undefined ? [] : [{ path: pathOf("memory"), files: { "memory.limit_in_bytes": memoryBytes } }]),
    ...(coreShare === undefined ? [] : [{ path: pathOf("cpu"), files: quota }]),
  ];
}

async function memoryReport(path: string, isVersion2: boolean): Promise<{ killed: number; mostBytes: number }> {
  const [events, most] = isVersion2
    ? ["memory.events", "memory.peak"]
    : ["memory.oom_control", "memory.max_usage_in_bytes"];
  const killed = /^oom_kill (\d+)$/m.exec(await readFile(join(path, events), "utf8"))?.[1];
  const mostBytes = await readFile(join(path, most), "utf8").catch(() => "NaN"); // older kernels do not keep it
  return { killed: Number(killed), mostBytes: Number(mostBytes) };
}

/** A group is empty a moment after its process has ended. */
async function remove(groups: readonly Group[]): Promise<void> {
  for (const { path } of groups) {
    for (let tries = 20; tries > 0; tries--) {
      const removed = await rmdir(path).then(
        () => true,
        () => false,
      );
      if (removed) break;
      await sleep(100);
    }
  }
}
