/**
 * `macroF1` = mean over the classes that occur, in truth or prediction, of 2 TP / (2 TP + FP + FN) (scikit-learn's `f1_score` with
 * `average="macro"` over those classes).
 */
import type { ClassificationMetric } from "./metric.ts";

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
