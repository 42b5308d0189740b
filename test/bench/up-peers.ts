/** Peers of one task on loopback, the digits in as many shares, one process each as a user starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { StatusReport } from "../../node/api/api.ts";
import { askApi } from "../../node/api/ask.ts";
import type { Task } from "../../protocol/base/task.ts";
import { heapProbe, type Shares, sharesOfPeer } from "./memory-shares.ts";
import { sleep } from "./statistics.ts";

/** What the probes write is in memory, so that it is not counted as written by the peers. */
const MEMORY_FILES = "/dev/shm";
const START_TIMEOUT_MS = 60_000;
const CLI = fileURLToPath(new URL("../../dist/cli/cli.js", import.meta.url));

export interface UpOptions {
  /** Of the scratch directory. */
  readonly name: string;
  readonly task: Task;
  readonly peers: number;
  /** More options of `hearsay up`, such as its engine. */
  readonly settings: readonly string[];
  /** What stands before the command of a peer; it runs under the same process id. @param scratch a folder that is removed in the end. */
  readonly through?: (peer: number, scratch: string) => readonly string[];
  /** Called when they have ended, before their folders go. */
  readonly beforeRemoval?: () => void;
  /** No peer lives longer. */
  readonly seconds: number;
}

export interface UpPeers {
  readonly pids: readonly number[];
  stateOf(peer: number): string;
  statusOf(peer: number): Promise<StatusReport>;
  sharesOf(peer: number): Promise<Shares>;
  /** Ends them, and removes what they left. */
  close(): Promise<void>;
}

/** Starts them; each but the first knows the first. They end with this process, too. */
export async function startUpPeers(options: UpOptions): Promise<UpPeers> {
  const scratch = await mkdtemp(join(tmpdir(), `hearsay-${options.name}-`));
  const heaps = await mkdtemp(join(existsSync(MEMORY_FILES) ? MEMORY_FILES : scratch, "hearsay-heaps-"));
  const children: ChildProcess[] = [];
  const kill = () => {
    for (const child of children) child.kill("SIGKILL");
  };
  process.on("exit", kill);
  const stateOf = (peer: number) => join(scratch, String(peer));
  const statusOf = async (peer: number): Promise<StatusReport> => {
    for (const endMs = performance.now() + START_TIMEOUT_MS; performance.now() < endMs; await sleep(250)) {
      if (children[peer]?.exitCode !== null) throw new Error(`peer ${peer} ended: is it built? npm run build`);
      const answer = await askApi(stateOf(peer), "/status").catch(() => undefined);
      if (answer !== undefined) return (await answer.json()) as StatusReport;
    }
    throw new Error(`peer ${peer} does not answer`);
  };
  const task = join(scratch, "task.yaml");
  await writeFile(task, stringify(options.task));
  let bootstrap: string | undefined;
  for (let i = 0; i < options.peers; i++) {
    const args = argumentsOf(options, { task, state: stateOf(i), share: `${i + 1}/${options.peers}`, bootstrap });
    const before = options.through?.(i, scratch) ?? [];
    const [program = "", ...rest] = [...before, process.execPath, ...heapProbe(heaps), CLI, ...args];
    children.push(spawn(program, rest, { stdio: "ignore" }));
    bootstrap ??= (await statusOf(0)).addresses[0];
  }
  const pids = children.map(({ pid = -1 }) => pid);
  return {
    pids,
    stateOf,
    statusOf,
    sharesOf: (peer) => sharesOfPeer(pids[peer] ?? -1, heaps),
    async close() {
      kill();
      process.off("exit", kill);
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
      options.beforeRemoval?.();
      await rm(heaps, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function argumentsOf(
  { settings, seconds }: UpOptions,
  one: { task: string; state: string; share: string; bootstrap: string | undefined },
): string[] {
  return [
    ...["up", "--state", one.state, "--task", one.task, "--dataset", "digits", "--share", one.share],
    ...["--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", ...settings],
    ...["--budget", "unlimited"],
    ...["--seconds", String(seconds), "--log-level", "silent"],
    ...(one.bootstrap === undefined ? [] : ["--bootstrap", one.bootstrap]),
  ];
}
