/** One process of the demo: a real peer that takes its assignment from its parent and reports to it. */

import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import type { MergedParent } from "../../../protocol/peer/reports.ts";
import { wallClock } from "../../clock.ts";
import { nodeCrypto } from "../../crypto.ts";
import { loadPeerData } from "../../data/share.ts";
import { keepHeapSmall } from "../../little-memory.ts";
import { siteUnder } from "../../policy/site.ts";
import { type RunningPeer, startPeer } from "../../start.ts";
import { drawing } from "../../terminal/terminal.ts";
import { FINISH, type MergedFrom, type PeerAssignment, type PeerMessage, type PeerReport } from "./messages.ts";

const REPORT_EVERY_MS = 1_000;

function say(message: PeerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function live(assignment: PeerAssignment): Promise<void> {
  const { stateDir, task, bootstrap, minCycleMs } = assignment;
  const { train, holdout } = await loadPeerData(assignment.data, task);
  const wrapTrainer = await attackOn(assignment.attack, task);
  const merged = new Map<PeerId, MergedFrom>();
  const running = await startPeer({
    stateDir,
    task,
    site: siteUnder([]), // the rows are Hearsay's own
    train,
    ...(holdout && { holdout }),
    engine: "auto",
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap,
    mdns: false,
    minCycleMs,
    maxOutbound: 32,
    observe: (event) => event.kind === "merged" && count(merged, event.parents),
    ...(wrapTrainer && { wrapTrainer }),
  });
  const report = () => reportOf(running, merged);
  await say({ kind: "listening", address: running.addresses()[0] ?? "" });
  const timer = setInterval(() => void report().then((made) => say({ kind: "report", report: made })), REPORT_EVERY_MS);
  process.on("message", (message) => {
    if (message === FINISH) void finish(running, report, timer);
  });
  running.done.catch((error: unknown) => say({ kind: "failed", message: String(error) }));
}

/** The attack's wrapper; liars are made in sim/, a peer has no flag for it. */
async function attackOn(name: string | undefined, task: Task): Promise<((trainer: Trainer) => Trainer) | undefined> {
  if (name === undefined) return undefined;
  const { ATTACKS } = await import("../../../sim/attacks/registry.ts");
  const { loneTrainer } = await import("../../../sim/attacks/coalition.ts");
  const attack = ATTACKS.get(name);
  return attack && loneTrainer(attack, { task, clock: wallClock, crypto: nodeCrypto, rng: createRng(name) });
}

function count(merged: Map<PeerId, MergedFrom>, parents: readonly MergedParent[]): void {
  for (const { peer, explanation } of parents) {
    const { models, influence } = merged.get(peer) ?? { models: 0, influence: 0 };
    merged.set(peer, { peer, models: models + 1, influence: influence + (explanation?.influence ?? 0) });
  }
}

async function reportOf({ peer }: RunningPeer, merged: ReadonlyMap<PeerId, MergedFrom>): Promise<PeerReport> {
  const { accuracy = 0 } = await peer.evaluate("holdout");
  return { status: peer.status(), accuracy, merged: [...merged.values()] };
}

async function finish(running: RunningPeer, report: () => Promise<PeerReport>, timer: NodeJS.Timeout): Promise<void> {
  clearInterval(timer);
  await say({ kind: "final", report: await report() });
  await running.stop();
  process.disconnect();
}

keepHeapSmall();
process.once("message", (assignment: PeerAssignment) => {
  live(assignment).catch((error: unknown) => {
    void say({ kind: "failed", message: String((error as Error)?.stack ?? error) }).then(() => process.exit(1));
  });
});
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {}); // they reach the whole group; the parent decides
drawing.on("error", () => {}); // the parent's, which may be gone
process.on("disconnect", () => process.exit(0)); // no peer outlives the demo
