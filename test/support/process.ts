/**
 * Real processes of the command line for end-to-end tests, on loopback only.
 *
 * A lab owns a temporary directory and every process that it started; `close` ends the processes by their ids and removes the
 * directory. Should the test process itself be killed, each peer still ends by itself: `up` runs with a time limit.
 * Conditions are waited for with a generous deadline, so that no test depends on how fast the machine is.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { askApi } from "../../node/api/ask.ts";
import { bundledCli } from "./bundled-cli.ts";

export const CLI: string = fileURLToPath(new URL("../../node/cli.ts", import.meta.url));

/**
 * Where processes of tests keep what Node made of the sources. Half of the CPU time of a command is that of reading them: of `hearsay up` 0.9 s
 * in place of 1.7. Node takes a file from here only while the source is the same.
 */
const COMPILED = fileURLToPath(new URL("../../node_modules/.cache/hearsay-tests", import.meta.url));

/** A bundle lies at another place each time: what was kept of it would serve nobody. */
const BUNDLED = { NODE_COMPILE_CACHE: undefined };

/**
 * The environment of processes that run the sources. The developer's own HEARSAY_* settings would change what is tested, and the test runner's
 * NODE_* the processes.
 */
export function sourceEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !/^(HEARSAY_|NODE_|FORCE_COLOR$|NO_COLOR$)/.test(name));
  return { ...Object.fromEntries(others), NODE_COMPILE_CACHE: COMPILED };
}

/** A condition that does not come true within this time fails the test. */
export const DEADLINE_MS = 90_000;

const POLL_MS = 100;
/** A status that a stopped or busy process does not give in this time is asked again. */
const ASK_TIMEOUT_MS = 20_000;
/** A peer that SIGTERM does not end is killed. */
const STOP_TIMEOUT_MS = 30_000;
/** No peer outlives its test by more than this, whatever happens. */
const PEER_LIFETIME_SECONDS = 600;
/** Bound of what is kept of one output. */
const MAX_OUTPUT_LENGTH = 64 * 2 ** 20;

/** What tests need of a line of `hearsay log export`. */
export interface LogLine {
  readonly seq: number;
  readonly hash: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Finished extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

export interface PeerOptions {
  /** Name of its state directory, the same again to continue on it. */
  readonly name: string;
  /** Task file; left out where the state directory has its task. */
  readonly task?: string;
  readonly bootstrap?: readonly string[];
  readonly minCycleMs?: number;
  readonly mdns?: boolean;
  /** Further arguments of `up`: data, share, ... */
  readonly args?: readonly string[];
  /** Bound of its address space, as `ulimit -v` sets it. */
  readonly addressesKiB?: number;
  /** A command that runs it, e.g. in another network namespace: its status cannot be asked for from here then. */
  readonly through?: readonly string[];
  /** What runs in place of the command line of the lab: a peer that misbehaves. */
  readonly cli?: string;
}

/** A process that runs `hearsay up`. */
export interface PeerProcess {
  readonly pid: number;
  readonly stateDir: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As `hearsay status --json` prints it; rejects where the peer does not answer. */
  status(): Promise<StatusReport>;
  /** The first status for which `holds`; rejects at the deadline with `what` and the last status, or if the process ends. */
  waitFor(what: string, holds: (status: StatusReport) => boolean, deadlineMs?: number): Promise<StatusReport>;
  /** Once it learns: its first address, with peer id. */
  address(): Promise<string>;
  /** The log as the running peer gives it. */
  log(): Promise<LogLine[]>;
  /** SIGSTOP, and on again. */
  pause(): void;
  resume(): void;
  /** SIGKILL, waited for. */
  kill(): Promise<void>;
  /** SIGTERM, waited for. */
  stop(): Promise<Ended>;
  readonly ended: Promise<Ended>;
}

export interface Lab {
  readonly directory: string;
  path(name: string): string;
  /** Writes a file into the lab's directory; its path. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Writes a task file; its path. */
  writeTask(name: string, task: Readonly<Record<string, unknown>>): Promise<string>;
  startPeer(options: PeerOptions): PeerProcess;
  /** Begins `hearsay <args>`, whose output is read while it runs. */
  begin(args: readonly string[]): BegunProcess;
  /** Runs `hearsay <args>` to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>;
  /** Kills what still runs, and removes the directory. */
  close(): Promise<void>;
}

export interface BegunProcess {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Finished>;
  /** SIGKILL. */
  kill(): void;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly deadlineMs?: number;
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

/** What the labs that were not closed have left. */
function cleanUp(): void {
  for (const child of running) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

process.on("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cleanUp();
    process.kill(process.pid, signal);
  });
}

/** @param options.cli the command line to run; the bundle of the sources if not given. */
export async function createLab(name: string, options: { readonly cli?: string } = {}): Promise<Lab> {
  const cli = options.cli ?? (await bundledCli());
  const directory = await mkdtemp(join(tmpdir(), `hearsay-e2e-${name}-`));
  directories.add(directory);
  const children: Spawned[] = [];
  const path = (file: string) => join(directory, file);

  function start(
    args: readonly string[],
    env: RunOptions["env"] = {},
    { addressesKiB, through = [], cli: own = cli }: Pick<PeerOptions, "addressesKiB" | "through" | "cli"> = {},
  ): Spawned {
    const node = [...through, process.execPath, own, ...args];
    const command = addressesKiB === undefined ? node : limited(node, addressesKiB);
    const spawned = spawnIn(directory, command, options.cli === undefined ? env : { ...BUNDLED, ...env });
    children.push(spawned);
    return spawned;
  }

  async function write(file: string, content: string | Uint8Array): Promise<string> {
    await writeFile(path(file), content);
    return path(file);
  }

  return {
    directory,
    path,
    write,
    writeTask: (file, task) => write(file, stringify(task)),
    startPeer(options) {
      const state = path(options.name);
      return peerProcess(start(upArguments(state, options), UNLIMITED, options), state);
    },
    begin(args) {
      const { child, stdout, stderr, ended } = start(args);
      const finished = ended.then((how) => ({ ...how, stdout: stdout(), stderr: stderr() }));
      return { stdout, stderr, ended: finished, kill: () => void child.kill("SIGKILL") };
    },
    async run(args, { env, deadlineMs = DEADLINE_MS } = {}) {
      const spawned = start(args, env);
      const timer = setTimeout(() => spawned.child.kill("SIGKILL"), deadlineMs);
      const ended = await spawned.ended;
      clearTimeout(timer);
      return { ...ended, stdout: spawned.stdout(), stderr: spawned.stderr() };
    },
    async close() {
      for (const { child } of children) child.kill("SIGKILL");
      await Promise.all(children.map(({ ended }) => ended));
      await rm(directory, { recursive: true, force: true });
      directories.delete(directory);
    },
  };
}

/** Polls until `probe` gives a value; rejects at the deadline with what was waited for, as it is told then. */
export async function until<T>(
  what: string | (() => string),
  probe: () => Promise<T | undefined> | T | undefined,
  deadlineMs: number = DEADLINE_MS,
): Promise<T> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() >= endMs)
      throw new Error(`not within ${deadlineMs / 1000} s: ${typeof what === "string" ? what : what()}`);
    await sleep(POLL_MS);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** For a race: gives up waiting, and keeps no process alive. After `sleep` in its place a file of tests would go on for as long, with nothing to do. */
export function timeout(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), ms).unref());
}

/** JSON lines, such as a log export or pino's output; lines that are no JSON are skipped. */
export function jsonLines<T = Record<string, unknown>>(text: string): T[] {
  return text
    .split("\n")
    .flatMap((line) => (line.startsWith("{") && line.endsWith("}") ? [JSON.parse(line) as T] : []));
}

interface Spawned {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

/** The command by way of a shell, which becomes it. */
function limited(command: readonly string[], addressesKiB: number): string[] {
  return ["sh", "-c", `ulimit -v ${addressesKiB} && exec "$@"`, "sh", ...command];
}

function spawnIn(cwd: string, [program = "", ...args]: readonly string[], env: RunOptions["env"]): Spawned {
  const child = spawn(program, args, {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...sourceEnvironment(), ...env },
  });
  running.add(child);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = new Promise<Ended>((resolve) => {
    child.once("error", () => resolve({ code: null, signal: null }));
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  void ended.then(() => running.delete(child));
  return { child, stdout, stderr, ended };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8");
  stream?.on("data", (chunk: string) => {
    if (text.length < MAX_OUTPUT_LENGTH) text += chunk;
  });
  return () => text;
}

/** No option, since peers of older versions know none of that name. */
const UNLIMITED = { HEARSAY_BUDGET: "unlimited" };

function upArguments(state: string, options: PeerOptions): string[] {
  const { task, bootstrap = [], minCycleMs = 300, mdns = false, args = [] } = options;
  return [
    ...["up", "--state", state, "--listen", "/ip4/127.0.0.1/tcp/0", "--min-cycle", String(minCycleMs)],
    ...["--seconds", String(PEER_LIFETIME_SECONDS)],
    ...(task === undefined ? [] : ["--task", task]),
    ...(bootstrap.length === 0 ? [] : ["--bootstrap", bootstrap.join(",")]),
    ...(mdns ? [] : ["--no-mdns"]),
    ...args,
  ];
}

function peerProcess({ child, stdout, stderr, ended }: Spawned, stateDir: string): PeerProcess {
  let end: Ended | undefined;
  void ended.then((how) => {
    end = how;
  });

  /** Undefined before the peer answers. */
  async function ask(path: string): Promise<Response | undefined> {
    if (end !== undefined)
      throw new Error(`${stateDir}: the process ended with ${end.code ?? end.signal}\n${stderr()}`);
    const response = askApi(stateDir, path).catch(() => undefined);
    return Promise.race([response, timeout(ASK_TIMEOUT_MS)]);
  }

  async function tryStatus(): Promise<StatusReport | undefined> {
    return (await (await ask("/status"))?.json().catch(() => undefined)) as StatusReport | undefined;
  }

  const waitFor: PeerProcess["waitFor"] = async (what, holds, deadlineMs) => {
    let last: StatusReport | undefined;
    const probe = async () => {
      last = (await tryStatus()) ?? last;
      return last !== undefined && holds(last) ? last : undefined;
    };
    return until(what, probe, deadlineMs).catch((error: Error) => {
      throw new Error(`${error.message}\n${stateDir}: ${JSON.stringify(last)}\n${stderr().slice(-2000)}`);
    });
  };

  return {
    get pid() {
      return child.pid ?? -1;
    },
    stateDir,
    stdout,
    stderr,
    ended,
    async status() {
      const status = await tryStatus();
      if (status === undefined) throw new Error(`${stateDir}: no answer`);
      return status;
    },
    waitFor,
    async address() {
      const { addresses } = await waitFor("it starts", ({ addresses }) => addresses.length > 0);
      return addresses[0] as string;
    },
    async log() {
      const text = await (await ask("/log"))?.text();
      if (text === undefined) throw new Error(`${stateDir}: no answer`);
      return jsonLines<LogLine>(text).filter(({ seq }) => seq !== undefined); // without the header
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    async stop() {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS); // shows in the signal
      const how = await ended;
      clearTimeout(timer);
      return how;
    },
  };
}
