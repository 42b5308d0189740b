/**
 * Training and aggregation in a worker thread. An event loop that also trained would answer other peers up to 0.8 s
 * late; this way it is 2 to 4 ms.
 */
import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { SHARE_ENV, Worker } from "node:worker_threads";
import { SPAN } from "../../protocol/aggregate/rows/passes.ts";
import type { Aggregator, FitResult, Metrics, RuleInput, RuleOutput, Trainer } from "../../protocol/base/seams.ts";
import type { Dataset, Numbers } from "../../protocol/learn/data/dataset.ts";
import { createCaller } from "./caller.ts";
import { type EngineFacts, type EngineOptions, replaceVectors } from "./messages.ts";
import { createModelMemory, type ModelMemory, pagesFor } from "./model-memory.ts";

export type { EngineChoice, EngineOptions } from "./messages.ts";

export interface Engine extends Trainer, Aggregator {
  /** For the log: why training will be slow. */
  readonly warning?: string;
}

/** Parameters from which on the memory of models is worth its while; several threads are from `SPAN` on. */
const LARGE: number = SPAN / 4;

/** By default. More would wait for memory. */
const MOST_THREADS = 4;

/**
 * Starts the worker and waits until its trainer is ready. Arrays handed over, here and at every call, are copied, never
 * detached; those of an aggregation must not change until it has settled. The copies of large models lie in a memory that all threads
 * share (`model-memory.ts`), which is kept for the next aggregation. An idle engine does not keep the process alive; a
 * pending call does. After `close`, or if the worker dies, pending and later calls reject with ERR_ENGINE.
 * @throws HearsayError ERR_ENGINE where the engine cannot train this model or does not load, ERR_TASK, ERR_DATA.
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { threads = Math.min(availableParallelism(), MOST_THREADS) } = options;
  const { call, ready, close } = createCaller(startWorker({ ...options, threads }));
  let sharing: Promise<ModelMemory | undefined> | undefined;

  async function share(input: RuleInput): Promise<ModelMemory | undefined> {
    const models = createModelMemory(threads, pagesFor(threads, vectorsOf(input).length, input.own.length));
    if (models !== undefined) await call({ method: "share", memory: models.memory }, []);
    return models;
  }

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
      return (await call({ method: "predict", ...own }, [own.params, own.inputs])) as Numbers;
    },
    async aggregate(rule, parameters, input) {
      const large = input.own.length >= LARGE;
      if (large) sharing ??= share(input);
      const models = large ? await sharing : undefined;
      const copies = new Map<Float32Array, Float32Array>();
      try {
        for (const vector of new Set(vectorsOf(input))) {
          copies.set(vector, models?.copy(vector) ?? vector.slice());
          if (large) await setImmediate(); // the network has its turn after each
        }
        const copied = replaceVectors(input, (vector) => copies.get(vector) as Float32Array);
        const transferred = [...copies.values()].filter(isTransferable);
        return (await call({ method: "aggregate", rule, parameters, input: copied }, transferred)) as RuleOutput;
      } finally {
        for (const copy of copies.values()) models?.giveBack(copy);
      }
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

function vectorsOf({ own, base, candidates }: RuleInput): Float32Array[] {
  return [own, ...(base === undefined ? [] : [base]), ...candidates.map(({ params }) => params)];
}

function isTransferable(vector: Float32Array): vector is Float32Array<ArrayBuffer> {
  return vector.buffer instanceof ArrayBuffer;
}
