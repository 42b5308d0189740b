/**
 * The worker thread of `client.ts`: holds the data and the trainer, and runs aggregation rules, so that neither delays
 * the event loop on which the network lives. Calls are done one after another, in the order in which they came.
 */
import { parentPort, workerData } from "node:worker_threads";
import { ruleNamed } from "../../protocol/aggregate/registry.ts";
import type { Trainer } from "../../protocol/base/seams.ts";
import type { Numbers } from "../../protocol/learn/data/dataset.ts";
import { createDenseTrainer } from "../../protocol/learn/dense/dense.ts";
import {
  type EngineCall,
  type EngineFacts,
  type EngineOptions,
  errorToPlain,
  type FromWorker,
  isDense,
  owned,
  replaceVectors,
  type ToWorker,
} from "./messages.ts";
import { isShared, type SharedMemory, vectorIn } from "./model-memory.ts";
import { createThreadedPasses, type ThreadedPasses } from "./threads.ts";

type Answer = { readonly value: unknown; readonly transfer?: readonly Numbers<ArrayBuffer>[] };

if (parentPort === null) throw new TypeError("this module is the body of a worker thread; start it with client.ts");
const port = parentPort;
const trainer = createTrainer(workerData as EngineOptions);
let models: (ThreadedPasses & { readonly memory: SharedMemory }) | undefined;
let last: Promise<void> = post(0, async () => {
  const { engine, numExamples, warning } = await trainer;
  return { value: { engine, numExamples, ...(warning !== undefined && { warning }) } satisfies EngineFacts };
});
port.on("message", ({ id, call }: ToWorker) => {
  last = last.then(() => post(id, () => perform(call)));
});

async function createTrainer({ engine, ...options }: EngineOptions): Promise<Trainer & { warning?: string }> {
  if (isDense(engine, options.task)) return createDenseTrainer(options);
  const { createTensorflowTrainer } = await import("./tensorflow.ts"); // 0.2 s and tens of megabytes, where needed
  return await createTensorflowTrainer(options);
}

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
    case "share": {
      const { memory } = call;
      models = { ...createThreadedPasses((workerData as EngineOptions).threads ?? 1, memory), memory };
      return { value: undefined };
    }
    case "aggregate": {
      const { rule, parameters } = call;
      const { memory, passes } = (isShared(call.input.own) && models) || {};
      const input = replaceVectors(call.input, (vector) =>
        memory && isShared(vector) ? vectorIn(memory, vector) : vector,
      );
      const { params, ...rest } = ruleNamed(rule).aggregate(input, parameters, passes);
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
