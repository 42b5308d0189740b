import type { RegressionMetric } from "./metric.ts";

/**
 * The share of the spread of the targets that the predictions explain.
 *
 *     r2 = (1 / m) sum over the targets k of 1 - sum_i (p_ik - y_ik)^2 / sum_i (y_ik - mean(y_k))^2
 *
 * where p are the predictions, y the truth, i the rows and m the number of targets. A target that does not vary counts 1 where every prediction of it is exact, else 0. O(n m) time.
 *
 * @throws nothing.
 * @see scikit-learn's `r2_score`.
 * @example
 * import { r2 } from "hearsay/protocol/learn/metrics/r2";
 * // Predictions 1, 2, 4 for 1, 2, 3: the squared errors sum to 1, the spread of the truth is 2.
 * r2.measure({ rows: 3, numTargets: 1, predictions: [1, 2, 4], truth: [1, 2, 3], residuals: [1] }); // -> 0.5
 */
export const r2: RegressionMetric = {
  name: "r2",
  label: "R2",
  kind: "regression",
  measure({ residuals, truth, rows, numTargets }) {
    let sum = 0;
    for (let k = 0; k < numTargets; k++) {
      const residual = residuals[k] as number;
      let mean = 0;
      for (let row = 0; row < rows; row++) mean += (truth[row * numTargets + k] as number) / rows;
      let total = 0;
      let varies = false; // asked of the values: their mean is rounded, so that equal ones may lie a little apart from it
      for (let row = 0; row < rows; row++) {
        const value = truth[row * numTargets + k] as number;
        total += (value - mean) * (value - mean);
        varies ||= value !== truth[k];
      }
      if (varies && total > 0) sum += 1 - residual / total;
      else if (residual === 0) sum += 1;
    }
    return sum / numTargets;
  },
  format: (value) => value.toFixed(3),
};
