/**
 * Machines for bench:outages: each a network namespace with one cable to one of two bridges, which a cable joins. What fails is a cable, an address or a
 * process, as in a building; nothing leaves this process's own namespace.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelPath } from "../../../node/disk/state-dir.ts";
import { sleep } from "../statistics.ts";
import { ENDED, type Order, type Seen } from "./orders.ts";

export interface NetworkOptions {
  readonly peers: number;
  /** An empty directory for states and logs. */
  readonly directory: string;
  /** Arguments of `up` for all. */
  readonly args: readonly string[];
}

export interface Network {
  readonly machines: readonly Machine[];
  /** The cable between the halves: of n machines, the first n / 2 and the others. */
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

export interface Machine {
  readonly stateDir: string;
  readonly modelFile: string;
  /** What its peer says, at level debug. */
  readonly logFile: string;
  /** Half-second samples while its peer answers, oldest first. */
  readonly seen: readonly Seen[];
  start(): void;
  /** SIGKILL or SIGTERM, waited for. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  unplug(): void;
  plug(): void;
  /** Takes another address in the same network, as DHCP might. */
  readdress(): void;
}

const HOST = fileURLToPath(new URL("./host.ts", import.meta.url));
const START_TIMEOUT_MS = 60_000;
const UNSHARE = ["unshare", ...(process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"]), "--net"] as const;

/** Why there can be no such namespaces here; undefined where there can. */
function obstacle(): string | undefined {
  const script = "ip link add one type bridge && ip link add near type veth peer name far && nsenter --help >/dev/null";
  const [program, ...args] = UNSHARE;
  const { status, error, stderr } = spawnSync(program, [...args, "sh", "-ec", script], { encoding: "utf8" });
  if (status === 0) return undefined;
  const reason = error?.message ?? stderr.trim();
  return `needs unshare and nsenter (util-linux), ip (iproute2) and leave to make network namespaces: ${reason}`;
}

/** Runs a bench again, with `--inside`, in a network namespace of its own, or says why that cannot be; its exit status is that of this process. */
export function runInNamespace(name: string, file: string): void {
  const reason = obstacle();
  if (reason !== undefined) {
    process.stderr.write(`${name} ${reason}\n`);
    process.exitCode = 1;
    return;
  }
  const [program = "", ...args] = [...UNSHARE, process.execPath, file, "--inside", ...process.argv.slice(2)];
  process.exitCode = spawnSync(program, args, { stdio: "inherit" }).status ?? 1;
}

/** Starts all peers; the first is the bootstrap peer of the others. Call it in a namespace of one's own. */
export async function openNetwork({ peers, directory, args }: NetworkOptions): Promise<Network> {
  must(
    "ip link set lo up; ip link add left type bridge; ip link add right type bridge; ip link set left up; ip link set right up",
  );
  must(
    "ip link add between type veth peer name other; ip link set between master left; ip link set other master right",
  );
  must("ip link set between up; ip link set other up");
  const machines: Machine[] = [];
  const children: ChildProcess[] = [];
  let bootstrap: string | undefined;
  for (let i = 0; i < peers; i++) {
    const child = await placeHost(i, i < peers / 2 ? "left" : "right");
    children.push(child);
    const own = [
      ...args,
      "--share",
      `${i + 1}/${peers}`,
      ...(bootstrap === undefined ? [] : ["--bootstrap", bootstrap]),
    ];
    const machine = machineOf(child, i, { stateDir: join(directory, `peer${i}`), args: own });
    machines.push(machine);
    await mkdir(machine.stateDir, { mode: 0o700 });
    machine.start();
    bootstrap ??= await addressOf(machine);
  }
  return {
    machines,
    cut: () => void must("ip link set between down"),
    heal: () => void must("ip link set between up"),
    async close() {
      await Promise.all(machines.map((machine) => machine.end("SIGTERM")));
      for (const child of children) child.kill();
    },
  };
}

/** The process of machine i, in a namespace of its own, with a cable to a bridge. */
export async function placeHost(i: number, bridge: string, lookEveryMs?: number): Promise<ChildProcess> {
  const more = lookEveryMs === undefined ? [] : [String(lookEveryMs)];
  const child = spawn("unshare", ["--net", process.execPath, HOST, ...more], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  await layCable(child.pid ?? -1, i, bridge);
  return child;
}

/** Waits until the process has its namespace, and lays its cable to a bridge. */
async function layCable(pid: number, i: number, bridge: string): Promise<void> {
  const own = spawnSync("readlink", ["/proc/self/ns/net"], { encoding: "utf8" }).stdout;
  while (spawnSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" }).stdout === own) await sleep(20);
  must(`ip link add port${i} type veth peer name eth0 netns ${pid}; ip link set port${i} master ${bridge} up`);
  within(pid, `ip link set lo up; ip address add ${addressNumber(i, 0)} dev eth0; ip link set eth0 up`);
}

/** The first address of machine i. */
export function hostOf(i: number): string {
  return `10.77.0.${i + 10}`;
}

function addressNumber(i: number, change: number): string {
  return `10.77.${change}.${i + 10}/16`;
}

/** What is done with machine i. @param given.cli the command line; that of the sources where left out. */
export function machineOf(
  child: ChildProcess,
  i: number,
  { stateDir, ...given }: { readonly stateDir: string; readonly args: readonly string[]; readonly cli?: string },
): Machine {
  const seen: Seen[] = [];
  let ended = () => {};
  let changes = 0;
  child.on("message", (message: Seen | typeof ENDED) => {
    if (message === ENDED) ended();
    else seen.push(message);
  });
  const give = (order: Order) => child.send(order);
  return {
    stateDir,
    modelFile: modelPath(stateDir),
    logFile: `${stateDir}.log`,
    seen,
    start: () => void give({ order: "start", stateDir, ...given, logFile: `${stateDir}.log` }),
    end(signal) {
      const done = new Promise<void>((resolve) => {
        ended = resolve;
      });
      give({ order: "end", signal });
      return done;
    },
    unplug: () => void must(`ip link set port${i} down`),
    plug: () => void must(`ip link set port${i} up`),
    readdress() {
      const [before, after] = [addressNumber(i, changes), addressNumber(i, changes + 1)];
      changes++;
      within(child.pid ?? -1, `ip address del ${before} dev eth0; ip address add ${after} dev eth0`);
    },
  };
}

async function addressOf({ seen }: Machine): Promise<string> {
  for (const endMs = Date.now() + START_TIMEOUT_MS; Date.now() < endMs; await sleep(100)) {
    const address = seen.at(-1)?.addresses.find((one) => one.startsWith("/ip4/10.77."));
    if (address !== undefined) return address;
  }
  throw new Error("the first peer does not start; look at what it says with --keep");
}

function within(pid: number, script: string): void {
  must(`nsenter --net=/proc/${pid}/ns/net -- sh -ec "${script}"`);
}

/** Runs a script of the shell. @throws Error where it fails. */
export function must(script: string): string {
  const { status, error, stdout, stderr } = spawnSync("sh", ["-ec", script], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script}: ${error?.message ?? stderr}`);
  return stdout;
}
