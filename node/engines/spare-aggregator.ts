/**
 * Aggregation while the thread of the engine trains: a peer merges meanwhile where a training takes long (protocol/peer/loop/meanwhile.ts), and calls of one
 * thread are done one after another. The first such merge starts a second thread, which stays.
 */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Aggregator, Trainer } from "../../protocol/base/learning-seams.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import { type Caller, createCaller } from "./caller.ts";
import { createRemoteAggregator } from "./remote-aggregator.ts";

export interface Spared {
  readonly trainer: Trainer;
  readonly aggregator: Aggregator;
  /** Ends the second thread, where there is one. */
  close(): Promise<void>;
}

/** The trainer and the aggregator of one thread, so that a training does not hold up a merge. */
export function withSpareAggregator(trainer: Trainer, aggregator: Aggregator): Spared {
  let trainings = 0;
  let spare: Merges | undefined;
  return {
    trainer: trainedOtherwise(trainer, async (request) => {
      trainings++;
      try {
        return await trainer.fit(request);
      } finally {
        trainings--;
      }
    }),
    aggregator: {
      async aggregate(rule, parameters, input) {
        if (trainings === 0) return aggregator.aggregate(rule, parameters, input);
        spare ??= startMerges();
        await spare.caller.ready;
        return spare.aggregator.aggregate(rule, parameters, input);
      },
    },
    async close() {
      await spare?.caller.close();
    },
  };
}

export interface Merges {
  readonly caller: Caller;
  readonly aggregator: Aggregator;
}

/** A thread that merges, and does nothing else. */
export function startMerges(): Merges {
  const body = new URL(`./merge-worker${extname(import.meta.url)}`, import.meta.url);
  const caller = createCaller(new Worker(body, { name: "hearsay-merges" }));
  return { caller, aggregator: createRemoteAggregator(caller, 1) };
}
