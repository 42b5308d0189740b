import type { ClassificationMetric, Guesses } from "./metric.ts";

/**
 * The share of right answers among the rows of the class that is guessed worst.
 *
 *     worstClass = min over k in K of TP_k / n_k
 *
 * where K are the classes that occur in the truth; n_k and TP_k are the rows of class k, and those of them that are guessed as k. O(n + classes) time.
 *
 * @throws nothing.
 * @see scikit-learn's `recall_score` with `average=None`, of which it is the least.
 * @example
 * import { worstClass } from "hearsay/protocol/learn/metrics/worst-class";
 * const evidence = { rows: 4, numClasses: 2, probabilities: [], truth: [0, 0, 1, 1], guesses: [0, 0, 0, 1] };
 * worstClass.measure(evidence); // -> 0.5
 */
export const worstClass: ClassificationMetric = {
  name: "worstClass",
  label: "worst class",
  kind: "classification",
  measure(evidence) {
    const { right, rows } = worstOf(evidence);
    return right / rows;
  },
  format: (value) => `${(100 * value).toFixed(1)} %`,
};

/** The class that is guessed worst, the first of equals: its index, its rows, and those of them that are guessed right. O(n + classes) time. */
export function worstOf({ guesses, truth, rows, numClasses }: Guesses): { index: number; rows: number; right: number } {
  const all = new Uint32Array(numClasses);
  const right = new Uint32Array(numClasses);
  for (let row = 0; row < rows; row++) {
    const k = truth[row] as number;
    all[k] = (all[k] as number) + 1;
    if (guesses[row] === k) right[k] = (right[k] as number) + 1;
  }
  const share = (k: number) => (all[k] === 0 ? 2 : (right[k] as number) / (all[k] as number)); // 2: none that occurs
  let index = 0;
  for (let k = 1; k < numClasses; k++) if (share(k) < share(index)) index = k;
  return { index, rows: all[index] as number, right: right[index] as number };
}
