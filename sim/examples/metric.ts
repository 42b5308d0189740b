import { type ClassificationMetric, definePlugin } from "hearsay/sim";

/** The share of rows whose right class is among the two likeliest. */
const top2: ClassificationMetric = {
  name: "top2",
  label: "top-2 accuracy",
  kind: "classification",
  measure({ rows, numClasses, probabilities, truth }) {
    let right = 0;
    for (let row = 0; row < rows; row++) {
      const of = probabilities.subarray(row * numClasses, (row + 1) * numClasses);
      const own = of[truth[row] as number] as number;
      if (of.filter((other) => other > own).length < 2) right++;
    }
    return right / rows;
  },
  format: (value) => `${(100 * value).toFixed(1)} %`,
};

export default definePlugin({ metrics: [top2] });
