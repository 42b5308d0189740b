/**
 * Splits of a data set into rows to train on and rows held out. At random where rows are independent; by time where
 * neighbouring rows resemble each other, since a random split of a time series tests on what it was trained on.
 */
import { HearsayError } from "../../base/errors.ts";
import { createRng } from "../../base/rng.ts";
import type { Dataset } from "./dataset.ts";
import { rowsByLabel, rowsByOwner } from "./groups.ts";

/** Row indices, ascending; disjoint, together all rows, neither empty. */
export interface HoldoutSplit {
  readonly train: Uint32Array;
  readonly holdout: Uint32Array;
}

/**
 * Holds out round(fraction x n) rows at random, at least 1, in proportion from every class (regression: from every quantile
 * bin of the first target; see `rowsByLabel`). A class with one row keeps it in training, so the hold-out may fall short.
 * @throws RangeError unless 0 < fraction < 1. @throws HearsayError ERR_DATA where one side would be empty.
 */
export function holdoutSplit(data: Dataset, fraction: number, seed: number): HoldoutSplit {
  checkFraction(fraction);
  const rng = createRng(`holdout/${seed}`);
  const wanted = Math.max(1, Math.round(fraction * data.length));
  const held: number[] = [];
  let seen = 0;
  let due = 0; // rows that classes so far should have given, so that rounding does not add up over classes
  for (const rows of rowsByLabel(data)) {
    seen += rows.length;
    const before = due;
    due = Math.round((wanted * seen) / data.length);
    const order = rng.permutation(rows.length);
    for (let i = 0; i < Math.min(due - before, rows.length - 1); i++) held.push(rows[order[i] as number] as number);
  }
  return splitAt(data, new Set(held));
}

/**
 * Holds out the last round(fraction x n) of the n rows of each owner; the order of rows is time, and without owners all rows
 * are one owner's.
 * @throws RangeError unless 0 < fraction < 1. @throws HearsayError ERR_DATA where one side would be empty.
 */
export function chronologicalSplit(data: Dataset, fraction: number): HoldoutSplit {
  checkFraction(fraction);
  const held = timelines(data).flatMap((rows) => rows.slice(rows.length - Math.round(fraction * rows.length)));
  return splitAt(data, new Set(held));
}

/**
 * Holds out whole owners, drawn at random, until they have round(fraction x n) rows or more: what is then measured is how a model does for somebody
 * whose data nobody learnt from. One owner at least stays in training.
 * @throws RangeError unless 0 < fraction < 1. @throws HearsayError ERR_DATA where there are no owners, or but one.
 */
export function ownerSplit(data: Dataset, fraction: number, seed: number): HoldoutSplit {
  checkFraction(fraction);
  const owners = rowsByOwner(data);
  if (owners === undefined || owners.length < 2)
    throw new HearsayError("ERR_DATA", "a hold-out by owner needs two owners or more: give an owner column", {
      owners: owners?.length ?? 0,
    });
  const wanted = Math.round(fraction * data.length);
  const held: number[] = [];
  for (const place of createRng(`holdout/owner/${seed}`).permutation(owners.length).subarray(1))
    if (held.length < wanted || held.length === 0) held.push(...(owners[place] as number[]));
  return splitAt(data, new Set(held));
}

/**
 * Cuts the rows of each owner into blocks of `blockRows` in order of time and holds out the middle block of every `every`.
 * For series whose rare events fall outside the last part: only the edges of a block have neighbours in training.
 * @throws RangeError unless blockRows >= 1 and every >= 2, whole. @throws HearsayError ERR_DATA where one side would be empty.
 */
export function blockSplit(data: Dataset, blockRows: number, every: number): HoldoutSplit {
  if (!Number.isSafeInteger(blockRows) || blockRows < 1) throw new RangeError(`blockRows is ${blockRows}`);
  if (!Number.isSafeInteger(every) || every < 2) throw new RangeError(`every is ${every}, it must be 2 or more`);
  const middle = Math.floor(every / 2);
  const held = timelines(data).flatMap((rows) => rows.filter((_, i) => Math.floor(i / blockRows) % every === middle));
  return splitAt(data, new Set(held));
}

function timelines(data: Dataset): number[][] {
  return rowsByOwner(data) ?? [Array.from({ length: data.length }, (_, row) => row)];
}

function splitAt(data: Dataset, held: ReadonlySet<number>): HoldoutSplit {
  if (held.size === 0 || held.size === data.length) {
    throw new HearsayError(
      "ERR_DATA",
      `${data.length} rows are too few to hold some out: add rows, or name a hold-out file of its own`,
      { rows: data.length },
    );
  }
  const all = Array.from({ length: data.length }, (_, row) => row);
  return {
    train: Uint32Array.from(all.filter((row) => !held.has(row))),
    holdout: Uint32Array.from(all.filter((row) => held.has(row))),
  };
}

function checkFraction(fraction: number): void {
  if (!(fraction > 0 && fraction < 1)) throw new RangeError(`fraction is ${fraction}, it must lie between 0 and 1`);
}
