/** A network of real peers, one process each, on loopback; the parent only starts them, listens to them, and ends them. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { littleMemoryEnvironment, littleMemoryFlags } from "../../little-memory.ts";
import { FINISH, type PeerAssignment, type PeerMessage, type PeerReport } from "./messages.ts";

export interface DemoNetwork {
  /** Newest report of each peer; undefined before its first. */
  reports(): readonly (PeerReport | undefined)[];
  /** Asks every peer for its last report, and ends it. */
  finish(): Promise<PeerReport[]>;
  /** Ends all processes at once. */
  kill(): void;
}

const START_TIMEOUT_MS = 60_000;
const FINISH_TIMEOUT_MS = 15_000;

/**
 * Starts the peers: the first alone, then the others, which know only the first one's address.
 * @throws HearsayError ERR_UNREACHABLE where one does not start.
 */
export async function startNetwork(assignments: readonly PeerAssignment[]): Promise<DemoNetwork> {
  const peers: DemoPeer[] = [];
  const kill = () => {
    for (const { child } of peers) child.kill("SIGKILL");
  };
  try {
    const bootstrap: string[] = [];
    for (const assignment of assignments) {
      const peer = spawnPeer({ ...assignment, bootstrap });
      peers.push(peer);
      if (bootstrap.length === 0) bootstrap.push(await peer.listening);
    }
    await Promise.all(peers.map((peer) => peer.listening));
  } catch (error) {
    kill();
    throw error;
  }
  return {
    reports: () => peers.map((peer) => peer.newest()),
    finish: () => Promise.all(peers.map((peer) => peer.finish())),
    kill,
  };
}

interface DemoPeer {
  readonly child: ChildProcess;
  /** Its address. */
  readonly listening: Promise<string>;
  newest(): PeerReport | undefined;
  finish(): Promise<PeerReport>;
}

function spawnPeer(assignment: PeerAssignment): DemoPeer {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const child = fork(fileURLToPath(new URL(`./peer-process.${extension}`, import.meta.url)), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
    execArgv: littleMemoryFlags(), // eight peers share a laptop
    env: littleMemoryEnvironment(),
  });
  const listening = Promise.withResolvers<string>();
  const final = Promise.withResolvers<PeerReport>();
  let newest: PeerReport | undefined;
  for (const { promise } of [listening, final]) promise.catch(() => {}); // whoever waits hears of it
  const failed = (message: string) => {
    const error = new HearsayError("ERR_UNREACHABLE", `a peer of the demo ended: ${message}`);
    listening.reject(error);
    final.reject(error);
  };
  child.on("message", (message: PeerMessage) => {
    if (message.kind === "listening") listening.resolve(message.address);
    else if (message.kind === "failed") failed(message.message);
    else newest = message.report;
    if (message.kind === "final") final.resolve(message.report);
  });
  child.on("exit", (code, signal) => failed(`exit status ${code ?? signal}`));
  child.send(assignment);

  return {
    child,
    listening: within(listening.promise, START_TIMEOUT_MS, "it did not start"),
    newest: () => newest,
    async finish() {
      child.send(FINISH);
      const report = await within(final.promise, FINISH_TIMEOUT_MS, "it did not report");
      await within(new Promise<void>((resolve) => exited(child, resolve)), FINISH_TIMEOUT_MS, "it did not end");
      return report;
    },
  };
}

function exited(child: ChildProcess, callback: () => void): void {
  if (child.exitCode !== null || child.signalCode !== null) callback();
  else child.once("exit", callback);
}

function within<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new HearsayError("ERR_TIMEOUT", `a peer of the demo: ${message}`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
