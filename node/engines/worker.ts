/**
 * The worker thread of `client.ts`: holds the data and the trainer, and beside them the aggregator, so that neither delays
 * the event loop on which the network lives.
 */
import { parentPort, workerData } from "node:worker_threads";
import { collectInTime } from "../little-memory.ts";
import { createNodeDraws } from "../secret-rng.ts";
import { type Answer, aggregation, answerCalls } from "./answering.ts";
import { type EngineCall, type EngineFacts, type EngineOptions, owned } from "./messages.ts";
import { engineFor } from "./registry.ts";
import { replaceRows } from "./remote-trainer.ts";
import { createWorkerAggregator } from "./worker-aggregator.ts";

if (parentPort === null) throw new TypeError("this module is the body of a worker thread; start it with client.ts");
const port = parentPort;
const { engine: choice, threads = 1, ...options } = workerData as EngineOptions;
const trainer = (async () => engineFor(choice, options.task).createTrainer({ ...options, draws: createNodeDraws() }))();
const aggregator = createWorkerAggregator(threads);
collectInTime();
answerCalls(
  port,
  async () => {
    const { engine, numExamples, warning } = await trainer;
    return { value: { engine, numExamples, ...(warning !== undefined && { warning }) } satisfies EngineFacts };
  },
  perform,
);

async function perform(call: EngineCall): Promise<Answer> {
  switch (call.method) {
    case "fit": {
      const result = await (await trainer).fit(call.request);
      const mine = owned(result.params);
      return { value: { ...result, params: mine }, transfer: [mine] };
    }
    case "evaluate":
      return { value: await (await trainer).evaluate(call.params, call.split) };
    case "outputMoments":
      return { value: await (await trainer).outputMoments?.(call.params) };
    case "rowMoments":
      return { value: await (await trainer).rowMoments?.() };
    case "predict": {
      const mine = owned(await (await trainer).predict(call.params, call.inputs));
      return { value: mine, transfer: [mine] };
    }
    case "replace":
      await replaceRows(await trainer, call.data);
      return { value: undefined };
    case "share":
    case "aggregate":
      return aggregation(aggregator, call);
  }
}
