import { formatNumber } from "../../base/figures.ts";
import type { RegressionMetric } from "./metric.ts";

/**
 * The root of the mean squared error, in the units of the data.
 *
 *     rmse = sqrt((1 / (n m)) sum over rows i and targets k of (p_ik - y_ik)^2)
 *
 * where p are the predictions, y the truth, n the number of rows and m the number of targets. O(m) time from the squared errors.
 *
 * @throws nothing.
 * @see scikit-learn's `root_mean_squared_error`, over all targets together.
 * @example
 * import { rmse } from "hearsay/protocol/learn/metrics/rmse";
 * rmse.measure({ rows: 4, numTargets: 1, predictions: [1, 2, 3, 6], truth: [1, 2, 3, 4], residuals: [4] }); // -> 1
 */
export const rmse: RegressionMetric = {
  name: "rmse",
  label: "rmse",
  kind: "regression",
  lowerIsBetter: true,
  measure: ({ residuals, rows, numTargets }) =>
    Math.sqrt(residuals.reduce((sum, residual) => sum + residual, 0) / (rows * numTargets)),
  format: (value) => formatNumber(value),
};
