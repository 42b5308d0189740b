/**
 * Training and aggregation in a worker thread. An event loop that also trained would answer other peers up to 0.8 s
 * late; this way it is 2 to 4 ms.
 */
import { extname } from "node:path";
import { SHARE_ENV, Worker } from "node:worker_threads";
import type { Dataset } from "../../protocol/learn/dataset.ts";
import type { Aggregator, FitResult, Metrics, RuleInput, RuleOutput, Trainer } from "../../protocol/seams.ts";
import { createCaller } from "./caller.ts";
import type { EngineFacts, EngineOptions } from "./messages.ts";

export type { EngineChoice, EngineOptions } from "./messages.ts";

export interface Engine extends Trainer, Aggregator {
  /** For the log: why training will be slow. */
  readonly warning?: string;
}

/**
 * Starts the worker and waits until its trainer is ready. Arrays handed over, here and at every call, are copied, never
 * detached. An idle engine does not keep the process alive; a pending call does. After `close`, or if the worker dies,
 * pending and later calls reject with ERR_ENGINE.
 * @throws HearsayError ERR_ENGINE where the engine cannot train this model or does not load, ERR_TASK, ERR_DATA.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { call, ready, close } = createCaller(startWorker(options));
  let facts: EngineFacts;
  try {
    facts = await ready;
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...facts,
    async fit({ params, steps, seed }) {
      const own = params.slice();
      return (await call({ method: "fit", request: { params: own, steps, seed } }, [own])) as FitResult;
    },
    async evaluate(params, split) {
      const own = params.slice();
      return (await call({ method: "evaluate", params: own, split }, [own])) as Metrics;
    },
    async predict(params, inputs) {
      const own = { params: params.slice(), inputs: inputs.slice() };
      return (await call({ method: "predict", ...own }, [own.params, own.inputs])) as Float32Array;
    },
    async aggregate(rule, parameters, input) {
      const copied = copyRuleInput(input);
      return (await call({ method: "aggregate", rule, parameters, input: copied.input }, copied.arrays)) as RuleOutput;
    },
    close,
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

function copyRuleInput({ own, base, candidates, ...rest }: RuleInput): {
  input: RuleInput;
  arrays: Float32Array<ArrayBuffer>[];
} {
  const arrays: Float32Array<ArrayBuffer>[] = [];
  const copy = (array: Float32Array) => {
    const copied = array.slice();
    arrays.push(copied);
    return copied;
  };
  const input = {
    ...rest,
    own: copy(own),
    ...(base !== undefined && { base: copy(base) }),
    candidates: candidates.map(({ params, weightQ16, mass = 1 }) => ({ params: copy(params), weightQ16, mass })),
  };
  return { input, arrays };
}
