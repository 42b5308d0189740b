/**
 * Training and aggregation in a worker thread. An event loop that also trained would answer other peers up to 0.8 s
 * late; this way it is 2 to 4 ms. The trainer comes from an engine (`registry.ts`), the aggregator from none.
 */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Aggregator, Trainer } from "../../protocol/base/learning-seams.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { createCaller } from "./caller.ts";
import type { EngineFacts, EngineOptions } from "./messages.ts";
import { createRemoteAggregator } from "./remote-aggregator.ts";
import { createRemoteTrainer } from "./remote-trainer.ts";
import { withSpareAggregator } from "./spare-aggregator.ts";

export type { EngineOptions } from "./messages.ts";

/** A worker thread and the two that live in it. */
export interface LearningThread {
  readonly trainer: Trainer;
  readonly aggregator: Aggregator;
  /** For the log: why training will be slow. */
  readonly warning?: string;
  /** Ends the thread, and both with it; pending and later calls reject with ERR_ENGINE. */
  close(): Promise<void>;
}

/** By default. More would wait for memory. */
const MOST_THREADS = 4;

/**
 * Starts the worker and waits until its trainer is ready. Arrays handed over, here and at every call, are copied, never
 * detached. An idle thread does not keep the process alive; a pending call does. After `close`, or if the worker dies,
 * pending and later calls reject with ERR_ENGINE.
 * @throws HearsayError ERR_CONFIG for an engine that there is not, ERR_ENGINE where the engine cannot train this model or does not load,
 * ERR_TASK, ERR_DATA.
 */
export async function startEngine(options: EngineOptions): Promise<LearningThread> {
  const { threads = Math.min(availableParallelism(), MOST_THREADS) } = options;
  const caller = createCaller(startWorker({ ...options, threads }));
  const { close } = caller;
  let facts: EngineFacts;
  try {
    facts = await caller.ready;
  } catch (error) {
    await close();
    throw error;
  }
  const { warning } = facts;
  const spared = withSpareAggregator(createRemoteTrainer(caller, facts), createRemoteAggregator(caller, threads));
  return {
    trainer: spared.trainer,
    aggregator: spared.aggregator,
    ...(warning !== undefined && { warning }),
    async close() {
      await Promise.all([close(), spared.close()]);
    },
  };
}

function startWorker({ train, holdout, ...rest }: EngineOptions): Worker {
  const data = { train: copyDataset(train), ...(holdout !== undefined && { holdout: copyDataset(holdout) }) };
  return new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url), {
    name: "hearsay-engine",
    workerData: { ...rest, ...data } satisfies EngineOptions,
    transferList: Object.values(data).flatMap(({ inputs, targets }) => [inputs.buffer, targets.buffer]),
    env: SHARE_ENV, // the native libraries of an engine read the environment of the process
  });
}

function copyDataset({ inputs, targets, length }: Dataset) {
  return { inputs: inputs.slice(), targets: targets.slice(), length };
}
