/** The half of the aggregator that works: the rules, over several threads where models lie in the shared memory. */
import { ruleNamed } from "../../protocol/aggregate/registry.ts";
import type { RuleInput, RuleOutput } from "../../protocol/base/learning-seams.ts";
import { replaceVectors } from "./messages.ts";
import { isShared, type SharedMemory, vectorIn } from "./model-memory.ts";
import { createThreadedPasses, type ThreadedPasses } from "./threads.ts";

export interface WorkerAggregator {
  /** From now on vectors may lie in this memory; once. */
  share(memory: SharedMemory): void;
  /** @throws RangeError for a rule that there is not, or inputs that it cannot take. */
  aggregate(rule: string, parameters: Readonly<Record<string, number>>, input: RuleInput): RuleOutput;
}

export function createWorkerAggregator(threads: number): WorkerAggregator {
  let models: (ThreadedPasses & { readonly memory: SharedMemory }) | undefined;
  return {
    share(memory) {
      models = { ...createThreadedPasses(threads, memory), memory };
    },
    aggregate(rule, parameters, given) {
      const { memory, passes } = (isShared(given.own) && models) || {};
      const input = replaceVectors(given, (vector) => (memory && isShared(vector) ? vectorIn(memory, vector) : vector));
      return ruleNamed(rule).aggregate(input, parameters, passes);
    },
  };
}
