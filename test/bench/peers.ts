/** A network of real peers on loopback, each in a process of its own that reports what it saw. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Task } from "../../protocol/base/task.ts";
import { FINISH, type PeerAssignment, type PeerMessage, type PeerReport } from "./peer-process.ts";
import { sleep } from "./statistics.ts";

/** Each peer's cycle is longer than the one before by this share: equal cycles would keep the phases that chance gave them. */
const PHASE_DRIFT = 0.07;

export interface NetworkOptions {
  readonly task: Task;
  readonly peers: number;
  /** Of the first peer. */
  readonly minCycleMs: number;
  /** How long they learn, once all have started. */
  readonly seconds: number;
  /** An empty directory for their states. */
  readonly directory: string;
}

/** Lets peers learn together for a while, and returns what each of them saw. Rejects if one fails. */
export async function observePeers({
  task,
  peers,
  minCycleMs,
  seconds,
  directory,
}: NetworkOptions): Promise<PeerReport[]> {
  const running: PeerProcess[] = [];
  try {
    const bootstrap: string[] = [];
    for (let i = 0; i < peers; i++) {
      const share = `${i + 1}/${peers}`;
      const cycle = { minCycleMs: Math.round(minCycleMs * (1 + i * PHASE_DRIFT)) };
      running.push(spawnPeer({ stateDir: join(directory, String(i)), task, share, bootstrap, ...cycle }));
      if (bootstrap.length === 0) bootstrap.push(await (running[0] as PeerProcess).listening);
    }
    await Promise.all(running.map(({ listening }) => listening));
    await sleep(1000 * seconds);
    const reports = running.map(({ report }) => report);
    for (const { child } of running) child.send(FINISH);
    const found = await Promise.all(reports);
    await Promise.all(running.map(({ ended }) => ended));
    return found;
  } finally {
    for (const { child } of running) child.kill("SIGKILL");
  }
}

interface PeerProcess {
  readonly child: ChildProcess;
  readonly listening: Promise<string>;
  readonly report: Promise<PeerReport>;
  readonly ended: Promise<unknown>;
}

function spawnPeer(assignment: PeerAssignment): PeerProcess {
  const child = fork(fileURLToPath(new URL("./peer-process.ts", import.meta.url)), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
    execArgv: [],
  });
  const listening = Promise.withResolvers<string>();
  const report = Promise.withResolvers<PeerReport>();
  for (const { promise } of [listening, report]) promise.catch(() => {}); // whoever waits hears of it
  const failed = (message: string) => {
    listening.reject(new Error(message));
    report.reject(new Error(message));
  };
  child.on("message", (message: PeerMessage) => {
    if (message.kind === "listening") listening.resolve(message.address);
    else if (message.kind === "report") report.resolve(message.report);
    else failed(message.message);
  });
  child.on("exit", (code, signal) => failed(`a peer ended with ${code ?? signal}`));
  child.send(assignment);
  return { child, listening: listening.promise, report: report.promise, ended: once(child, "exit") };
}
