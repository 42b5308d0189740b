/**
 * Momentum from merge to merge, where the task asks for it (`training.outerMomentum`): a training starts beyond the model that the peer has come to,
 *
 *     x + momentum min(1, H / (age - age')) (x - x'),   x' the model of the cycle before, age' its age
 *
 * where the network went further than one training meanwhile, as it does from one cycle of a slow device to the next, only its way in one is taken.
 *
 * Trainings on unlike data pull apart, and merges cancel most of what they do: what is left, the way of the network as a whole, is short and steady,
 * and momentum makes it longer. It acts before a training, so what it adds is in the model that is published, and merged with that of others; the rule,
 * its bound of a step and the log see one trained model, as without it. It stays with the peer: after a restart the first training has none.
 *
 * Sutskever, Martens, Dahl, Hinton, ICML 2013 (look ahead, then train); Hsu, Qi, Brown 2019, arXiv 1909.06335 (momentum between rounds, against skew).
 */
import type { Task } from "../../base/task.ts";
import type { ModelState } from "../stages.ts";

/** From where a training of this model starts. To be called once in each cycle. */
export type LookAhead = (model: ModelState) => Float32Array;

export function createLookAhead({ training, staleness }: Task): LookAhead {
  const { outerMomentum: momentum, steps } = training;
  if (momentum === undefined) return ({ params }) => params;
  let before: ModelState | undefined;
  return (model) => {
    const last = before;
    before = model;
    const aged = last === undefined ? 0 : model.age - last.age;
    // A model further away is no next one: the peer has caught up. Nor is one that is not older: its age was taken back, or nothing was trained.
    if (last === undefined || aged <= 0 || aged > staleness.cutoff * steps) return model.params;
    return beyond(model.params, last.params, momentum * Math.min(1, steps / aged));
  };
}

function beyond(params: Float32Array, before: Float32Array, momentum: number): Float32Array {
  const start = new Float32Array(params.length);
  for (let i = 0; i < start.length; i++) {
    const x = params[i] as number;
    start[i] = x + momentum * (x - (before[i] as number));
  }
  return start;
}
