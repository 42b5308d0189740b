/** What somebody who has no model can do: always say the commonest class, or the mean, of the own rows. */
import type { Task } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";

/**
 * Of the hold-out: the share of rows that are of the class that is commonest among the rows of `train`; for a regression the root of the mean squared
 * error of the means of `train`, in the units of the data. Undefined where either is empty.
 */
export function naiveFigure(task: Pick<Task, "output">, train: Dataset, holdout: Dataset): number | undefined {
  if (train.length === 0 || holdout.length === 0) return undefined;
  return task.output.kind === "classification" ? commonest(train, holdout) : errorOfMeans(train, holdout);
}

function commonest(train: Dataset, holdout: Dataset): number {
  const counts = new Map<number, number>();
  for (const label of train.targets) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [label] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best));
  let right = 0;
  for (const one of holdout.targets) if (one === label) right++;
  return right / holdout.length;
}

function errorOfMeans(train: Dataset, holdout: Dataset): number {
  const width = train.targets.length / train.length;
  const means = new Float64Array(width);
  for (const [i, value] of train.targets.entries())
    means[i % width] = (means[i % width] as number) + value / train.length;
  let squares = 0;
  for (const [i, value] of holdout.targets.entries()) {
    const apart = value - (means[i % width] as number);
    squares += apart * apart;
  }
  return Math.sqrt(squares / holdout.targets.length);
}
