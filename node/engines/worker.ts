/**
 * The worker thread of `client.ts`: holds the data and the trainer, and beside them the aggregator, so that neither delays
 * the event loop on which the network lives. Calls are done one after another, in the order in which they came.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { collectInTime } from "../little-memory.ts";
import {
  type EngineCall,
  type EngineFacts,
  type EngineOptions,
  errorToPlain,
  type FromWorker,
  owned,
  type ToWorker,
} from "./messages.ts";
import { engineFor } from "./registry.ts";
import { createWorkerAggregator } from "./worker-aggregator.ts";

type Answer = { readonly value: unknown; readonly transfer?: readonly Numbers<ArrayBuffer>[] };

if (parentPort === null) throw new TypeError("this module is the body of a worker thread; start it with client.ts");
const port = parentPort;
const { engine: choice, threads = 1, ...options } = workerData as EngineOptions;
const trainer = (async () => engineFor(choice, options.task).createTrainer(options))();
const aggregator = createWorkerAggregator(threads);
collectInTime();
let last: Promise<void> = post(0, async () => {
  const { engine, numExamples, warning } = await trainer;
  return { value: { engine, numExamples, ...(warning !== undefined && { warning }) } satisfies EngineFacts };
});
port.on("message", ({ id, call }: ToWorker) => {
  last = last.then(() => post(id, () => perform(call)));
});

async function perform(call: EngineCall): Promise<Answer> {
  switch (call.method) {
    case "fit": {
      const { params, loss } = await (await trainer).fit(call.request);
      const mine = owned(params);
      return { value: { params: mine, loss }, transfer: [mine] };
    }
    case "evaluate":
      return { value: await (await trainer).evaluate(call.params, call.split) };
    case "predict": {
      const mine = owned(await (await trainer).predict(call.params, call.inputs));
      return { value: mine, transfer: [mine] };
    }
    case "share":
      aggregator.share(call.memory);
      return { value: undefined };
    case "aggregate": {
      const { params, ...rest } = aggregator.aggregate(call.rule, call.parameters, call.input);
      const mine = owned(params);
      return { value: { params: mine, ...rest }, transfer: [mine] };
    }
  }
}

async function post(id: number, work: () => Promise<Answer>): Promise<void> {
  try {
    const { value, transfer = [] } = await work();
    port.postMessage({ id, value } satisfies FromWorker, [...new Set(transfer.map(({ buffer }) => buffer))]);
  } catch (error) {
    port.postMessage({ id, error: errorToPlain(error) } satisfies FromWorker);
  }
}
