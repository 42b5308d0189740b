/**
 * Momentum from merge to merge, where the task asks for it (`training.outerMomentum`): the first training after a merge starts beyond the model that the peer
 * has come to,
 *
 *     x + momentum min(1, H / (age - age')) (x - x'),   x' the model after the merge before, age' its age
 *
 * where the network went further than one training meanwhile, as it does from one cycle of a slow device to the next, only its way in one is taken.
 *
 * Trainings on unlike data pull apart, and merges cancel most of what they do: what is left, the way of the network as a whole, is short and steady,
 * and momentum makes it longer. It acts before a training, so what it adds is in the model that is published, and merged with that of others; the rule,
 * its bound of a step and the log see one trained model, as without it. It stays with the peer: after a restart the first training has none.
 *
 * Momentum adds up what is no way of the network, too. So there is none, or less,
 *
 * * in a training that follows another without a merge between them (training.ts): that way is the peer's own;
 * * where the way turns back on the one before: models of peers in step are a cycle old when they are merged, and would swing ever wider;
 * * once the learning rate is at its floor: what rounding adds at each merge is then more than what gradients take away again.
 *
 * Sutskever, Martens, Dahl, Hinton, ICML 2013 (look ahead, then train); Hsu, Qi, Brown 2019, arXiv 1909.06335 (momentum between rounds, against skew);
 * O'Donoghue, Candès, 2015, arXiv 1204.3982 (no momentum where it leads back).
 */
import type { Task } from "../../base/task.ts";
import type { ModelState } from "../stages.ts";

/** Most momentum once the learning rate has come to its floor, and with bodies of 4 bits, of which rounding takes more (sim/results/budget.md). */
const LATE_MOMENTUM = 0.5;
const LATE_MOMENTUM_OF_INT4 = 0;
/** Cosine of the angle between two ways: below it the model turns back. What rounding and batches add makes it fall below 0 often, and this far rarely. */
const TURN = -0.5;

/** From where a training of this model starts. To be called once after each merge. */
export type LookAhead = (model: ModelState) => Float32Array;

export function createLookAhead({ training, staleness, codec }: Task): LookAhead {
  const { outerMomentum, steps, schedule } = training;
  if (outerMomentum === undefined) return ({ params }) => params;
  const late = codec === "int4" ? LATE_MOMENTUM_OF_INT4 : LATE_MOMENTUM;
  const floorAge = schedule?.kind === "cosine" ? schedule.steps : Number.POSITIVE_INFINITY;
  let before: ModelState | undefined;
  let way: Float32Array | undefined;
  return (model) => {
    const [last, lastWay] = [before, way];
    [before, way] = [model, undefined];
    const aged = last === undefined ? 0 : model.age - last.age;
    // A model further away is no next one: the peer has caught up. Nor is one that is not older: its age was taken back, or nothing was trained.
    if (last === undefined || aged <= 0 || aged > staleness.cutoff * steps) return model.params;
    way = model.params.map((x, i) => x - (last.params[i] as number));
    if (lastWay !== undefined && turnsBack(way, lastWay)) return model.params;
    const momentum = model.age < floorAge ? outerMomentum : Math.min(outerMomentum, late);
    return beyond(model.params, way, momentum * Math.min(1, steps / aged));
  };
}

function beyond(params: Float32Array, way: Float32Array, momentum: number): Float32Array {
  return params.map((x, i) => x + momentum * (way[i] as number));
}

/** Whether the angle between two ways is so wide. */
function turnsBack(way: Float32Array, before: Float32Array): boolean {
  let [product, own, other] = [0, 0, 0];
  for (let i = 0; i < way.length; i++) {
    const [a, b] = [way[i] as number, before[i] as number];
    product += a * b;
    own += a * a;
    other += b * b;
  }
  return product < TURN * Math.sqrt(own * other);
}
