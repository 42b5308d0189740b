/** What measurements need of learners, as data: so learners of other threads can be measured too. */
import type { Learner } from "../algorithms/algorithm.ts";

export interface LearnerState {
  readonly index: number;
  readonly cycles: number;
  readonly bytesOut: number;
  readonly bytesAcross?: number;
  /** Of those whose models are measured. */
  readonly model?: Float32Array;
  readonly current?: Float32Array;
}

/** @param isMeasured whether a learner's models are asked for. */
export function statesOf(
  learners: readonly Learner[],
  isHere: (index: number) => boolean,
  isMeasured: (index: number) => boolean,
): LearnerState[] {
  return learners.flatMap((learner, index) => {
    if (!isHere(index)) return [];
    const models = isMeasured(index) && { model: learner.model(), current: learner.current() };
    const across = learner.bytesAcross && { bytesAcross: learner.bytesAcross() };
    return [{ index, cycles: learner.cycles(), bytesOut: learner.bytesOut(), ...across, ...models }];
  });
}

/** The learners as they were when the states were taken. */
export function learnersOf(learners: readonly Learner[], states: readonly LearnerState[]): Learner[] {
  const found = [...learners];
  for (const { index, cycles, bytesOut, bytesAcross, model = NONE, current = NONE } of states) {
    const { peer, honest, raw } = learners[index] as Learner;
    found[index] = {
      peer,
      honest,
      model: () => model,
      current: () => current,
      ...(raw && { raw: () => current }),
      cycles: () => cycles,
      bytesOut: () => bytesOut,
      ...(bytesAcross !== undefined && { bytesAcross: () => bytesAcross }),
    };
  }
  return found;
}

const NONE = new Float32Array(0);
