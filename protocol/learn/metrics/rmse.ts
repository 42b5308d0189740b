/** With n rows and m targets: `rmse` = sqrt(1/(nm) sum (p - y)^2), in the units of the data. */
import type { RegressionMetric } from "./metric.ts";

export const rmse: RegressionMetric = {
  name: "rmse",
  label: "rmse",
  kind: "regression",
  measure: ({ residuals, rows, numTargets }) =>
    Math.sqrt(residuals.reduce((sum, residual) => sum + residual, 0) / (rows * numTargets)),
  format: (value) => value.toPrecision(4),
};
