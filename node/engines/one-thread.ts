/**
 * Training and merging on the thread of the network: what a machine of little memory has in place of `client.ts`. A second thread has a heap
 * and a stack of its own, and the code of the engine once more. Meanwhile nobody is answered, so only engines whose trainings are brief do this.
 */
import { setImmediate } from "node:timers/promises";
import { plainAggregator } from "../../protocol/aggregate/registry.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import { createNodeDraws } from "../secret-rng.ts";
import { type LearningThread, startEngine } from "./client.ts";
import type { EngineOptions } from "./messages.ts";
import { engineFor } from "./registry.ts";

/**
 * As `startEngine`, without a thread. An engine that needs a thread gets one even so, and `warning` says it.
 * @throws HearsayError as `startEngine`.
 */
export async function startOnThisThread(options: EngineOptions): Promise<LearningThread> {
  const engine = engineFor(options.engine, options.task);
  if (engine.isBrief !== true) {
    const warning = `the engine ${engine.name} trains in a thread of its own all the same (engineThread): its steps would keep neighbours waiting`;
    return { warning, ...(await startEngine(options)) };
  }
  const trainer = await engine.createTrainer({ ...options, draws: createNodeDraws() });
  return {
    trainer: trainedOtherwise(trainer, async (request) => {
      await setImmediate(); // the network has its turn before
      return trainer.fit(request);
    }),
    aggregator: {
      async aggregate(rule, parameters, input) {
        await setImmediate();
        return plainAggregator.aggregate(rule, parameters, input);
      },
    },
    ...(trainer.warning !== undefined && { warning: trainer.warning }),
    close: async () => trainer.close(),
  };
}
