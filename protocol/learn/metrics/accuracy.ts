import type { ClassificationMetric } from "./metric.ts";

/**
 * The share of rows whose likeliest class is the right one.
 *
 *     accuracy = (1 / n) #{i : guess_i = truth_i}
 *
 * where n is the number of rows. O(n) time.
 *
 * @throws nothing.
 * @see scikit-learn's `accuracy_score`.
 * @example
 * import { accuracy } from "hearsay/protocol/learn/metrics/accuracy";
 * const evidence = { rows: 4, numClasses: 2, probabilities: [], truth: [0, 1, 1, 0], guesses: [0, 1, 0, 0] };
 * accuracy.measure(evidence); // -> 0.75
 */
export const accuracy: ClassificationMetric = {
  name: "accuracy",
  label: "accuracy",
  kind: "classification",
  measure({ guesses, truth, rows }) {
    let right = 0;
    for (let row = 0; row < rows; row++) if (guesses[row] === truth[row]) right++;
    return right / rows;
  },
  format: (value) => `${(100 * value).toFixed(1)} %`,
};
