/** `accuracy` = share of rows whose likeliest class is the right one (scikit-learn's `accuracy_score`). */
import type { ClassificationMetric } from "./metric.ts";

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
