/** A real systemd for tests: PID 1 of a namespace of its own, which is started with nothing but the units of the test. */
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "./process.ts";

const SYSTEMD = "/usr/lib/systemd/systemd";
/** What has to be there for a start and a stop. */
const TARGETS = [
  "sysinit",
  "basic",
  "shutdown",
  "umount",
  "final",
  "exit",
  "network-online",
  "time-sync",
  "multi-user",
];
/** No process of the namespace outlives this one: unshare kills its PID 1 when it ends. */
const UNSHARE = ["unshare", "--mount", "--pid", "--cgroup", "--fork", "--mount-proc", "--kill-child"];
/** Commands of the checkout are not found there. */
const IN_NAMESPACE = {
  encoding: "utf8",
  timeout: 60_000,
  env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: "/root" },
} as const;

const boot = (prepare: string) => `
mount --make-rprivate /
${prepare}
mount -t tmpfs tmpfs /run && mkdir /run/systemd && mount -t cgroup2 none /sys/fs/cgroup
export container=hearsay-test
exec ${SYSTEMD} --system --log-target=console --log-level=warning --show-status=no
`;

export interface BootedSystemd {
  /** What it and its services said last. */
  readonly said: () => string;
  /** Runs a command in its namespace. */
  run(...command: readonly string[]): SpawnSyncReturns<string>;
  /** The process of `hearsay up` that it runs, as this side of the namespace sees it. */
  peerPid(): Promise<number | undefined>;
  end(): void;
}

/** A folder with empty targets and the units of a test: all that a systemd of tests may know. `wanted` is started at once. */
export async function writeUnits(
  folder: string,
  units: Readonly<Record<string, string>>,
  wanted?: string,
): Promise<void> {
  await mkdir(folder);
  const empty = "[Unit]\nDefaultDependencies=no\n";
  for (const name of TARGETS) await writeFile(join(folder, `${name}.target`), empty);
  for (const [name, text] of Object.entries(units)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "default.target"), wanted === undefined ? empty : `${empty}Wants=${wanted}\n`);
}

/**
 * Resolves once it takes commands.
 * @param prepare shell that runs before systemd in its namespace: has it find the units of the test, and no others, since those of the machine change the machine.
 */
export async function bootSystemd(prepare: string): Promise<BootedSystemd> {
  const [command = "", ...rest] = [...UNSHARE, "sh", "-ec", boot(prepare)];
  const child: ChildProcess = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const end = () => void child.kill("SIGKILL");
  process.once("exit", end);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      said = `${said}${data}`.slice(-20_000);
    });
  const init = await until(
    () => `systemd runs; it said:\n${said}`,
    () => {
      if (child.exitCode !== null) throw new Error(`systemd was not started: ${said}`);
      // until then it is the shell that prepares, in the root of the machine
      return childrenOf(child.pid ?? 0).find((pid) => existsSync(`/proc/${pid}/root/run/systemd/private`));
    },
  );
  const inside = ["--target", String(init), "--mount", "--pid"];
  return {
    said: () => said,
    run: (...words) => spawnSync("/usr/bin/nsenter", [...inside, ...words], IN_NAMESPACE),
    async peerPid() {
      for (const pid of childrenOf(init))
        if ((await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes("\0up\0")) return pid;
      return undefined;
    },
    end,
  };
}

/** Why systemd cannot be started here; false where it can. */
export function withoutSystemd(): string | false {
  if (!existsSync(SYSTEMD)) return `there is no ${SYSTEMD} on this machine`;
  const [command = "", ...rest] = [...UNSHARE, "sh", "-ec", "mount --make-rprivate / && mount -t tmpfs tmpfs /run"];
  const { status, stderr } = spawnSync(command, rest, { encoding: "utf8" });
  return status === 0 ? false : `needs leave to make namespaces: ${stderr.trim()}`;
}

function childrenOf(pid: number): number[] {
  try {
    const words = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return words.filter((word) => word !== "").map(Number);
  } catch {
    return []; // it has ended
  }
}
