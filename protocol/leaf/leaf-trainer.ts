/** The trainer of a gateway with leaves: after each training on its own rows, what its leaves sent is merged by the rule of the task, each of them as one candidate. */
import type { Aggregator, FitRequest, FitResult, Trainer } from "../base/learning-seams.ts";
import type { Task } from "../base/task.ts";
import { trainedOtherwise } from "../base/trained-otherwise.ts";
import { UNIT_WEIGHT } from "../base/weight.ts";
import type { Leaves } from "./leaves.ts";

/**
 * For others the result is a training like any other: logs claim trainings, and nobody can repeat one without the data. A liar among the leaves meets the rule here, as it
 * would as a peer.
 */
export function withLeaves(
  trainer: Trainer,
  leaves: Pick<Leaves, "offer" | "take">,
  aggregator: Pick<Aggregator, "aggregate">,
  { aggregation: { rule, parameters } }: Pick<Task, "aggregation">,
): Trainer {
  async function fit(request: FitRequest): Promise<FitResult> {
    const result = await trainer.fit(request);
    if (request.privateSteps !== undefined) return result; // what a leaf sends hides nothing
    const models = await leaves.take();
    const candidates = models.map((params) => ({ params, weightQ16: UNIT_WEIGHT }));
    const input = { own: result.params, base: request.params, candidates };
    const params = models.length === 0 ? result.params : (await aggregator.aggregate(rule, parameters, input)).params;
    leaves.offer(params);
    return { ...result, params };
  }
  return trainedOtherwise(trainer, fit);
}
