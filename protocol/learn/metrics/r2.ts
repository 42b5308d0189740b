/**
 * `r2` = mean over the targets of 1 - sum (p - y)^2 / sum (y - mean(y))^2; a target that does not vary counts 1 where every prediction of it
 * is exact, else 0 (scikit-learn's `r2_score`).
 */
import type { RegressionMetric } from "./metric.ts";

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
      for (let row = 0; row < rows; row++) {
        const apart = (truth[row * numTargets + k] as number) - mean;
        total += apart * apart;
      }
      if (total > 0) sum += 1 - residual / total;
      else if (residual === 0) sum += 1;
    }
    return sum / numTargets;
  },
  format: (value) => value.toFixed(3),
};
