/** One real peer in a process of its own, and what it saw: the body of the processes that `peers.ts` forks. */
import { loadPeerData } from "../../node/data/share.ts";
import { type RunningPeer, startPeer } from "../../node/start.ts";
import { toHex } from "../../protocol/base/bytes.ts";
import type { Task } from "../../protocol/base/task.ts";
import type { PeerEvent } from "../../protocol/peer/reports.ts";
import { type LoopDelay, startLoopDelay } from "./loop-delay.ts";
import { monotonicMs } from "./statistics.ts";

/** Parent to child, once. */
export interface PeerAssignment {
  readonly stateDir: string;
  readonly task: Task;
  /** Its share of the digits, e.g. "2/8". */
  readonly share: string;
  readonly bootstrap: readonly string[];
  readonly minCycleMs: number;
}

/** Parent to child: report, and stop. */
export const FINISH = "finish";

/** Child to parent. */
export type PeerMessage =
  | { readonly kind: "listening"; readonly address: string }
  | { readonly kind: "report"; readonly report: PeerReport }
  | { readonly kind: "failed"; readonly message: string };

/** Times are those of `monotonicMs`, which all processes share. */
export interface PeerReport {
  readonly published: readonly { readonly model: string; readonly bytes: number; readonly atMs: number }[];
  readonly merges: readonly Merge[];
  /** When the inbox, empty before, was first seen to hold a model that was not merged yet: at most INBOX_POLL_MS late. */
  readonly arrivalsMs: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of its main thread, from the first merge on. */
  readonly delay: LoopDelay | undefined;
}

interface Merge {
  readonly atMs: number;
  /** Models that this peer had not merged before; it remembers others, which cost no bytes. */
  readonly fresh: readonly string[];
}

const INBOX_POLL_MS = 2;

async function live({ stateDir, task, share, bootstrap, minCycleMs }: PeerAssignment): Promise<void> {
  const { train } = await loadPeerData(
    { dataset: "digits", holdout: 0.2, holdoutBy: "chance", partition: "iid", share, seed: 1 },
    task,
  );
  const published: PeerReport["published"][number][] = [];
  const mergedMs: number[] = [];
  const arrivalsMs: number[] = [];
  let stopDelay: (() => LoopDelay) | undefined;
  const observe = (event: PeerEvent) => {
    const atMs = monotonicMs();
    if (event.kind === "published") published.push({ model: toHex(event.model), bytes: event.bytes, atMs });
    if (event.kind === "merged") mergedMs.push(atMs);
    if (mergedMs.length > 0) stopDelay ??= startLoopDelay();
  };
  const running = await startPeer({
    ...{ stateDir, task, train, bootstrap, minCycleMs, observe },
    ...{ engine: "dense", listen: ["/ip4/127.0.0.1/tcp/0"], mdns: false, maxOutbound: 32 },
  });
  running.done.catch((error: unknown) => say({ kind: "failed", message: String(error) }));

  let fresh = 0;
  const poll = setInterval(() => {
    const before = fresh;
    fresh = running.peer.status().fresh;
    if (before === 0 && fresh > 0) arrivalsMs.push(monotonicMs());
  }, INBOX_POLL_MS);
  process.on("message", async (message) => {
    if (message !== FINISH) return;
    clearInterval(poll);
    const { bytesIn, bytesOut } = running.peer.status();
    const delay = stopDelay?.();
    const merges = await readMerges(running, [...mergedMs]);
    await say({ kind: "report", report: { published, merges, arrivalsMs, bytesIn, bytesOut, delay } });
    await running.stop();
    process.disconnect();
  });
  await say({ kind: "listening", address: running.addresses()[0] ?? "" });
}

/** The log says what was merged; its aggregate entries come in the order of the `merged` events. */
async function readMerges({ peer }: RunningPeer, mergedMs: readonly number[]): Promise<Merge[]> {
  const seen = new Set<string>();
  const merges: Merge[] = [];
  for await (const entry of peer.log.entries()) {
    const atMs = mergedMs[merges.length];
    if (entry.type !== "aggregate" || atMs === undefined) continue;
    const models = entry.body.parents
      .filter(([, , , , status]) => status !== "invalid")
      .map(([, model]) => toHex(model))
      .filter((model) => !seen.has(model));
    for (const model of models) seen.add(model);
    merges.push({ atMs, fresh: models });
  }
  return merges;
}

function say(message: PeerMessage): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}

process.once("message", (assignment: PeerAssignment) => {
  live(assignment).catch((error: unknown) => {
    void say({ kind: "failed", message: String((error as Error)?.stack ?? error) }).then(() => process.exit(1));
  });
});
process.on("disconnect", () => process.exit(0)); // no peer outlives the benchmark
