/**
 * Training that does not unlearn what the own data lack, where the task asks for it (`training.absentClasses`). A peer that has no row of a class would learn first
 * that this class does not exist: each step pushes its logit down, everywhere. Peers whose data are unlike undo one another's work so, and a merge that leaves
 * some of them out forgets the classes that they have.
 *
 *     in training    the logit of each class without an own row is lower by `absentClasses`, as if the model had said already that it is hardly ever there
 *     outside        it is not: the model that is published, evaluated and merged is the one without it
 *
 * The last tensor of a built-in model is the bias of its logits, so that a shift of these entries before a training, taken back after it, is the whole of it: any engine and any
 * optimiser can do it, and a peer that has all classes trains to the same bits as without.
 *
 * Too much is as bad as nothing: with 10 the class is as good as masked, and what is learned no longer sets own classes apart from absent ones (sim/results/skew.md).
 *
 * Which classes a peer has changes all gradients at once, not those of single rows. So no bound of single gradients holds for it.
 *
 * Li, Zhan, FedRS: federated learning with restricted softmax, KDD 2021 (scales these logits); Menon et al., Long-tail learning via logit adjustment, ICLR 2021 (shifts all by their
 * log frequencies); Zhang et al., Federated learning with label distribution skew via logits calibration, ICML 2022.
 */
import type { LearningTask } from "../base/task.ts";
import type { Numbers } from "./data/dataset.ts";

/** What is taken from the bias of each class in training; undefined where it is nothing. */
export function absentShift({ output, training }: LearningTask, targets: Numbers): Float32Array | undefined {
  const { absentClasses: shift } = training;
  if (shift === undefined || output.kind !== "classification") return undefined;
  const shifts = new Float32Array(output.classes.length).fill(shift);
  for (const target of targets) shifts[target] = 0;
  return shifts.some((one) => one > 0) ? shifts : undefined;
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
