import type { ClassificationMetric } from "./metric.ts";

/**
 * The mean over the classes of their F1 score.
 *
 *     macroF1 = (1 / |K|) sum over k in K of 2 TP_k / (2 TP_k + FP_k + FN_k)
 *
 * where K are the classes that occur, in truth or prediction; TP_k, FP_k, FN_k are the rows that are rightly, wrongly, and wrongly not guessed as k. O(n + classes) time.
 *
 * @throws nothing.
 * @see scikit-learn's `f1_score` with `average="macro"` over those classes.
 * @example
 * import { macroF1 } from "hearsay/protocol/learn/metrics/macro-f1";
 * const evidence = { rows: 4, numClasses: 3, probabilities: [], truth: [0, 0, 1, 1], guesses: [0, 0, 0, 0] };
 * macroF1.measure(evidence); // -> 1 / 3
 */
export const macroF1: ClassificationMetric = {
  name: "macroF1",
  label: "macro F1",
  kind: "classification",
  measure({ guesses, truth, rows, numClasses }) {
    const hits = new Uint32Array(numClasses);
    const either = new Uint32Array(numClasses); // 2 TP + FP + FN
    for (let row = 0; row < rows; row++) {
      const [right, guess] = [truth[row] as number, guesses[row] as number];
      either[right] = (either[right] as number) + 1;
      either[guess] = (either[guess] as number) + 1;
      if (guess === right) hits[right] = (hits[right] as number) + 1;
    }
    let sum = 0;
    let occurring = 0;
    for (let k = 0; k < numClasses; k++) {
      if (either[k] === 0) continue;
      sum += (2 * (hits[k] as number)) / (either[k] as number);
      occurring++;
    }
    return sum / occurring;
  },
  format: (value) => value.toFixed(3),
};
