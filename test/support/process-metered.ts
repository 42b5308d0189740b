/**
 * One process of metered.ts: a real peer with a budget, and beside it a count of all bytes of all sockets of the process, by Node's own
 * counters of each socket: nothing of the peer takes part in it.
 */
import { subscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { loadPeerData } from "../../node/data/share.ts";
import { linkBudgets } from "../../node/settings/budget.ts";
import type { DataConfig } from "../../node/settings/table.ts";
import { startPeer } from "../../node/start.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

export interface MeteredAssignment {
  readonly stateDir: string;
  /** The manifest as people write it. */
  readonly task: unknown;
  readonly data: DataConfig;
  readonly bootstrap: readonly string[];
  readonly budget: string;
  readonly minCycleMs: number;
}

export interface Sample {
  /** Since the epoch. */
  readonly atMs: number;
  /** Of all sockets since the start of the process, read and written. */
  readonly socketBytes: number;
  /** As the budget has it, packets' headers included. */
  readonly spentBytes: number;
  readonly leftBytes: number;
  readonly merges: number;
  readonly cycles: number;
  /** Where it listens. */
  readonly addresses: readonly string[];
  /** On the held-out examples; in the answer to EVALUATE only. */
  readonly accuracy?: number;
}

/** Asks a process for a sample with the accuracy. */
export const EVALUATE = "evaluate";

const SAMPLE_EVERY_MS = 100;

const sockets = new Set<Socket>();
for (const channel of ["net.client.socket", "net.server.socket"])
  subscribe(channel, (message) => void sockets.add((message as { readonly socket: Socket }).socket));

/** What is queued in Node counts as written. */
function socketBytes(): number {
  return [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
}

async function live({ stateDir, task: source, data, budget, ...options }: MeteredAssignment): Promise<void> {
  const task = parseTask(source);
  const { train, holdout } = await loadPeerData(data, task);
  const running = await startPeer({
    ...{ stateDir, task, train, ...(holdout && { holdout }), engine: "auto", mdns: false, maxOutbound: 8 },
    ...{ listen: ["/ip4/127.0.0.1/tcp/0"], budget: linkBudgets(budget), ...options },
  });
  const sample = (evaluated: { readonly accuracy?: number } = {}) => {
    const { cycle, counters } = running.peer.status();
    const [{ spentBytes, leftBytes } = { spentBytes: 0, leftBytes: 0 }] = running.budget();
    const counted = { atMs: Date.now(), socketBytes: socketBytes(), spentBytes, leftBytes };
    process.send?.({
      ...counted,
      merges: counters.merges,
      cycles: cycle,
      addresses: running.addresses(),
      ...evaluated,
    } satisfies Sample);
  };
  setInterval(sample, SAMPLE_EVERY_MS);
  process.on("message", (message) => {
    if (message === EVALUATE) void running.peer.evaluate("holdout").then(({ accuracy = 0 }) => sample({ accuracy }));
  });
  await running.done;
}

process.once("message", (assignment: MeteredAssignment) => {
  live(assignment).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0)); // no peer outlives the test
