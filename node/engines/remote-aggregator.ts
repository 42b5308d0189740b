/**
 * The Aggregator in the worker thread, as the event loop has it (its other half is `worker-aggregator.ts`). It knows nothing of engines.
 *
 * Vectors handed over are copied, and must not change until the aggregation has settled. The copies of large models lie in a memory that
 * all threads share (`model-memory.ts`), which is kept for the next aggregation.
 */
import { setImmediate } from "node:timers/promises";
import { SPAN } from "../../protocol/aggregate/rows/passes.ts";
import type { Aggregator, RuleInput, RuleOutput } from "../../protocol/base/learning-seams.ts";
import type { Caller } from "./caller.ts";
import { replaceVectors } from "./messages.ts";
import { createModelMemory, type ModelMemory, pagesFor } from "./model-memory.ts";

/** Parameters from which on the memory of models is worth its while; several threads are from `SPAN` on. */
const LARGE: number = SPAN / 4;

/** @param threads on which the other half aggregates a large model. */
export function createRemoteAggregator({ call }: Pick<Caller, "call">, threads: number): Aggregator {
  let sharing: Promise<ModelMemory | undefined> | undefined;
  return {
    async aggregate(rule, parameters, input) {
      const large = input.own.length >= LARGE;
      if (large) sharing ??= share(call, threads, input);
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
  };
}

async function share(call: Caller["call"], threads: number, input: RuleInput): Promise<ModelMemory | undefined> {
  const models = createModelMemory(threads, pagesFor(threads, vectorsOf(input).length, input.own.length));
  if (models !== undefined) await call({ method: "share", memory: models.memory }, []);
  return models;
}

function vectorsOf({ own, base, candidates }: RuleInput): Float32Array[] {
  return [own, ...(base === undefined ? [] : [base]), ...candidates.map(({ params }) => params)];
}

function isTransferable(vector: Float32Array): vector is Float32Array<ArrayBuffer> {
  return vector.buffer instanceof ArrayBuffer;
}
