/**
 * A control group in which one process starts: so much memory and no swap, and so much of a core. Of version 2 where the system has it, else of version 1.
 * Pages count in the group of the process that reads them first, and what was read before it came there is not counted: so the process starts in the
 * group, from a copy of its program of which no page is in memory.
 */
import { mkdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What is left out is not bounded. */
export interface Limits {
  readonly memoryBytes?: number;
  /** 0.25: a quarter. */
  readonly coreShare?: number;
}

export interface Confinement {
  /** What stands before a command that is to run in the group; its process id is that of the shell. @param copy where its program is copied to. */
  through(copy: string): readonly string[];
  /** How many processes were ended for memory, and what the group holds, pages of files included. */
  report(): Promise<{ readonly killed: number; readonly heldBytes: number }>;
  /** Once, has the kernel take pages from the group until it holds so much, or no more can be taken: pages of files above all, which can be read again. */
  squeeze(toBytes: number): Promise<void>;
  /** From now on, has the kernel keep the group to so many bytes. What cannot be taken stays under version 2, and ends the process under version 1. */
  hold(toBytes: number): Promise<void>;
  /** Removes the groups, once the process has ended. */
  close(): Promise<void>;
}

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;
/** Has the system write a file to the disk and drop its pages, so that whoever reads them next has them in its group. */
const FORGET = 'dd of="$0" oflag=nocache conv=notrunc,fdatasync count=0 2>/dev/null';

/** A group that is to be made, and what is written into it. */
interface Group {
  readonly path: string;
  readonly files: Readonly<Record<string, string | number>>;
}

/** @throws Error where this user may make no such groups here. */
export async function openConfinement(name: string, limits: Limits): Promise<Confinement> {
  const own = await readFile("/proc/self/cgroup", "utf8");
  const isVersion2 = (await readFile(join(ROOT, "cgroup.controllers"), "utf8").catch(() => undefined)) !== undefined;
  const groups = isVersion2 ? groupsOfVersion2(own, name, limits) : groupsOfVersion1(own, name, limits);
  try {
    for (const { path, files } of groups) {
      await mkdir(path);
      for (const [file, value] of Object.entries(files)) await writeFile(join(path, file), String(value));
    }
  } catch (cause) {
    await remove(groups);
    const why = (cause as Error).message;
    throw new Error(`no control group can be made here (${why}): be root, outside of a container`, { cause });
  }
  const memory = groups.find(({ files }) => Object.keys(files).some((file) => file.startsWith("memory.")));
  return {
    through(copy) {
      const enter = groups.map(({ path }) => `echo $$ > '${path}/cgroup.procs'`);
      return ["sh", "-c", ['cp "$1" "$0"', FORGET, ...enter, "shift", 'exec "$0" "$@"'].join(" && "), copy];
    },
    report: async () => (memory ? memoryReport(memory.path, isVersion2) : { killed: 0, heldBytes: Number.NaN }),
    squeeze: async (toBytes) => memory && squeeze(memory, isVersion2, toBytes),
    hold: async (toBytes) => memory && hold(memory, isVersion2, toBytes),
    close: () => remove(groups),
  };
}

async function squeeze({ path, files }: Group, isVersion2: boolean, toBytes: number): Promise<void> {
  const write = (file: string, bytes: number) => writeFile(join(path, file), String(bytes)).catch(() => {}); // not all could be taken
  const { heldBytes } = await memoryReport(path, isVersion2);
  if (isVersion2) return write("memory.reclaim", Math.max(0, heldBytes - toBytes));
  await write("memory.limit_in_bytes", toBytes);
  await write("memory.limit_in_bytes", Number(files["memory.limit_in_bytes"]));
}

/** Under version 1 a limit that is lower than what cannot be taken is refused. */
const hold = ({ path }: Group, isVersion2: boolean, toBytes: number) =>
  writeFile(join(path, isVersion2 ? "memory.high" : "memory.limit_in_bytes"), String(toBytes));

function groupsOfVersion2(own: string, name: string, { memoryBytes, coreShare }: Limits): Group[] {
  const files = {
    ...(memoryBytes !== undefined && { "memory.max": memoryBytes, "memory.swap.max": 0 }),
    ...(coreShare !== undefined && { "cpu.max": `${coreShare * PERIOD_US} ${PERIOD_US}` }),
  };
  return [{ path: join(ROOT, /^0::(.*)$/m.exec(own)?.[1] ?? "", name), files }];
}

/** A tree for each controller. Of these kernels few count swap. */
function groupsOfVersion1(own: string, name: string, { memoryBytes, coreShare }: Limits): Group[] {
  const pathOf = (controller: string) => {
    const place = own.split("\n").find((line) => line.split(":")[1]?.split(",").includes(controller));
    return join(ROOT, controller, place?.replace(/^[^:]*:[^:]*:/, "") ?? "", name);
  };
  const quota = { "cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": PERIOD_US * (coreShare ?? 1) };
  return [
    ...(memoryBytes === undefined ? [] : [{ path: pathOf("memory"), files: { "memory.limit_in_bytes": memoryBytes } }]),
    ...(coreShare === undefined ? [] : [{ path: pathOf("cpu"), files: quota }]),
  ];
}

async function memoryReport(path: string, isVersion2: boolean): Promise<{ killed: number; heldBytes: number }> {
  const [events, held] = isVersion2
    ? ["memory.events", "memory.current"]
    : ["memory.oom_control", "memory.usage_in_bytes"];
  const killed = /^oom_kill (\d+)$/m.exec(await readFile(join(path, events), "utf8"))?.[1];
  return { killed: Number(killed), heldBytes: Number(await readFile(join(path, held), "utf8")) };
}

/** A group is empty a moment after its process has ended. */
async function remove(groups: readonly Group[]): Promise<void> {
  for (const { path } of groups) {
    for (let tries = 20; tries > 0; tries--) {
      const removed = await rmdir(path).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === "ENOENT",
      );
      if (removed) break;
      await sleep(100);
    }
  }
}
