/**
 * One process of test/e2e/simulated.test.ts: a real peer (libp2p, LevelDB, an engine in a thread) whose trainings take a given time,
 * as those of simulated devices do. It reports after every cycle. Its first training waits for TRAIN, so that all peers begin together, however long their
 * processes take to start.
 */
import { wallClock } from "../../node/clock.ts";
import { loadPeerData } from "../../node/data/share.ts";
import type { DataConfig } from "../../node/settings/table.ts";
import { startPeer } from "../../node/start.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import { parseTask } from "../../protocol/task/manifest.ts";

export interface PacedAssignment {
  readonly stateDir: string;
  /** The manifest as people write it. */
  readonly task: unknown;
  readonly data: DataConfig;
  readonly bootstrap: readonly string[];
  /** Duration of one local training. */
  readonly trainMs: number;
}

/** `accuracy`: of the model that it predicts with after so many cycles, on the hold-out. */
export type PacedReport =
  | { readonly kind: "listening"; readonly address: string; readonly rows: number; readonly accuracy: number }
  | { readonly kind: "cycle"; readonly cycles: number; readonly merges: number; readonly accuracy: number };

/** What a process is told once all of them listen. */
export const TRAIN = "train";

const mayTrain = Promise.withResolvers<void>();

async function live({ stateDir, task: source, data, bootstrap, trainMs }: PacedAssignment): Promise<void> {
  const task = parseTask(source);
  const { train, holdout } = await loadPeerData(data, task);
  const wrapTrainer = (trainer: Trainer): Trainer => ({
    ...trainer,
    async fit(request) {
      await mayTrain.promise;
      await new Promise<void>((resolve) => wallClock.after(trainMs, resolve));
      return trainer.fit(request);
    },
  });
  const { peer, addresses, done } = await startPeer({
    stateDir,
    task,
    train,
    ...(holdout && { holdout }),
    engine: "auto",
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap,
    mdns: false,
    minCycleMs: 1,
    maxOutbound: 32,
    wrapTrainer,
    observe(event) {
      if (event.kind === "trained") void tell(event.cycle - 1); // it still predicts with the model of the cycle before
    },
  });

  async function evaluate(): Promise<number> {
    return (await peer.evaluate("holdout")).accuracy ?? 0;
  }

  async function tell(cycles: number): Promise<void> {
    const { merges } = peer.status().counters;
    say({ kind: "cycle", cycles, merges, accuracy: await evaluate() });
  }

  say({ kind: "listening", address: addresses()[0] ?? "", rows: train.length, accuracy: await evaluate() });
  await done;
}

function say(report: PacedReport): void {
  if (process.connected) process.send?.(report);
}

process.on("message", (message: PacedAssignment | typeof TRAIN) => {
  if (message === TRAIN) return mayTrain.resolve();
  live(message).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    process.exit(1);
  });
});
process.on("disconnect", () => process.exit(0)); // no peer outlives the test
