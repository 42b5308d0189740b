/** What one peer is measured on where each has rows of its own: those of the hold-out that are like the rows that it trains on. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { outputSize, type Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";

/**
 * Rows of the owners that the peer has; where there are none, of a classification, as many rows as can be with the peer's share of each class.
 * @throws HearsayError ERR_CONFIG where there are none, or nothing says which are its own.
 */
export function ownHoldout(holdout: Dataset, train: Dataset, { output }: Task): Dataset {
  const mine = new Set(train.owners);
  const rows = (holdout.owners ?? []).flatMap((owner, row) => (mine.has(owner) ? [row] : []));
  if (rows.length > 0) return selectRows(holdout, rows);
  if (output.kind === "classification") return ofClasses(holdout, train, outputSize({ output }));
  throw refuse("no row of the hold-out is of an owner whom the peer has, and a regression has no classes");
}

function ofClasses(holdout: Dataset, train: Dataset, classes: number): Dataset {
  const counts = countsOf(train, classes);
  const there = countsOf(holdout, classes);
  const most = Math.min(...counts.flatMap((count, k) => (count === 0 ? [] : [(there[k] as number) / count])));
  const left = counts.map((count) => Math.round(most * count));
  const rows: number[] = [];
  for (const [row, target] of holdout.targets.entries()) {
    const room = left[target] as number;
    if (room === 0) continue;
    left[target] = room - 1;
    rows.push(row);
  }
  if (rows.length === 0) throw refuse("a peer has a class of which the hold-out has no row");
  return selectRows(holdout, rows);
}

function countsOf({ targets }: Dataset, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const target of targets) counts[target] = (counts[target] as number) + 1;
  return counts;
}

function refuse(why: string): HearsayError {
  return new HearsayError("ERR_CONFIG", `metrics.holdout: own: ${why}; leave it out`, { path: "metrics.holdout" });
}
