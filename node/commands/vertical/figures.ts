/** How good scores are on the rows that they were learned from. */
import { PROBLEMS, type ProblemKind } from "../../../protocol/vertical/problem.ts";

/** Logistic: accuracy and area under the curve; linear: r2. */
export function figuresOf(kind: ProblemKind, scores: Float64Array, labels: Float64Array): Record<string, number> {
  if (kind === "linear") {
    const mean = labels.reduce((sum, y) => sum + y, 0) / labels.length;
    const total = labels.reduce((sum, y) => sum + (y - mean) * (y - mean), 0);
    const left = labels.reduce((sum, y, i) => sum + 2 * PROBLEMS.linear.loss(scores[i] as number, y), 0);
    return { r2: 1 - left / total };
  }
  const right = labels.reduce((sum, y, i) => sum + ((scores[i] as number) > 0 === (y === 1) ? 1 : 0), 0);
  return { accuracy: right / labels.length, auc: areaUnderCurve(scores, labels) };
}

/** By ranks (Mann and Whitney); scores that are equal share theirs. */
function areaUnderCurve(scores: Float64Array, labels: Float64Array): number {
  const order = [...scores.keys()].sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [positives, ranks] = [0, 0];
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to] as number] === scores[order[from] as number]) to++;
    const rank = (from + 1 + to) / 2;
    for (const i of order.slice(from, to))
      if (labels[i] === 1) {
        positives++;
        ranks += rank;
      }
    from = to;
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}
