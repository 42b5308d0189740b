/**
 * Training that does not unlearn what the own data lack, where the task asks for it (`training.absentClasses`). A peer that has no row of a class would learn first
 * that this class does not exist: each step pushes its logit down, everywhere. Peers whose data are unlike undo one another's work so, and a merge that leaves
 * some of them out forgets the classes that they have.
 *
 *     in training    the logit of each class without an own row is lower by `absentClasses`, as if the model had said already that it is hardly ever there
 *     outside        it is not: the model that is published, evaluated and merged is the one without it
 *
 * The same holds by degrees for a class that is rarer here than elsewhere. Where the task says which share q_k of all rows each class has (`output.shares`), and the peer has the share p_k,
 * the logit of class k is lower by
 *
 *     min(absentClasses, r_k - min_j r_j),    r_k = ln(q_k / p_k), infinite for a class without an own row
 *
 * so that a model that is right about all rows is right about those of this peer, too, and no peer pulls it away. Where classes overlap this decides: without it all peers that lack a class leave
 * the decision to the few that have much of it, which say it everywhere (sim/results/skew.md, "Tables of others").
 *
 * The last tensor of a built-in model is the bias of its logits, so that a shift of these entries before a training, taken back after it, is the whole of it: any engine and any
 * optimiser can do it, and a peer that has all classes trains to the same bits as without, where the task names no shares.
 *
 * A model that predicts at this site alone is trained without it (`FitRequest.forSite`): the second model of `ditto`, one whose last layer stays, and `hearsay personalise`.
 *
 * Too much is as bad as nothing: with 10 the class is as good as masked, and what is learned no longer sets own classes apart from absent ones (sim/results/skew.md).
 *
 * Which classes a peer has changes all gradients at once, not those of single rows. So no bound of single gradients holds for it.
 *
 * Li, Zhan, FedRS: federated learning with restricted softmax, KDD 2021 (scales these logits); Menon et al., Long-tail learning via logit adjustment, ICLR 2021 (shifts all by their
 * log frequencies); Zhang et al., Federated learning with label distribution skew via logits calibration, ICML 2022.
 */
import { log } from "../base/exp-log.ts";
import type { LearningTask } from "../base/task.ts";
import type { Numbers } from "./data/dataset.ts";

/** What is taken from the bias of each class in training; undefined where it is nothing. */
export function absentShift({ output, training }: LearningTask, targets: Numbers): Float32Array | undefined {
  const { absentClasses: most } = training;
  if (most === undefined || output.kind !== "classification") return undefined;
  const counts = new Float64Array(output.classes.length);
  for (const target of targets) counts[target] = (counts[target] as number) + 1;
  const shifts = output.shares === undefined ? absent(counts, most) : rarer(counts, output.shares, most);
  return shifts.some((one) => one > 0) ? shifts : undefined;
}

function absent(counts: Float64Array, most: number): Float32Array {
  return Float32Array.from(counts, (count) => (count === 0 ? most : 0));
}

/** By how much each class is rarer here than by its share, beside the one that is least so. */
function rarer(counts: Float64Array, shares: readonly number[], most: number): Float32Array {
  const ratios = Array.from(counts, (count, k) => log(shares[k] as number) - log(count));
  const least = Math.min(...ratios);
  return Float32Array.from(ratios, (ratio) =>
    ratio === Number.POSITIVE_INFINITY ? most : Math.min(most, ratio - least),
  );
}

/**
 * The parameters with `shifts` times `sign` added to the last of them, as a new vector.
 * @example
 * import { shifted } from "hearsay/protocol/learn/absent-classes";
 * // Three classes, of which the last has no row here.
 * shifted(Float32Array.of(7, 8, 1, 2, 3), Float32Array.of(0, 0, 4), -1); // -> [7, 8, 1, 2, -1]
 */
export function shifted(params: Float32Array, shifts: Float32Array, sign: 1 | -1): Float32Array {
  const result = params.slice();
  const first = result.length - shifts.length;
  for (const [k, shift] of shifts.entries()) result[first + k] = (result[first + k] as number) + sign * shift;
  return result;
}
