/** Rows grouped by label and by owner: what partitions and hold-outs are made of. */
import type { Dataset } from "./dataset.ts";

/** Bins of a label that is no class. */
const BINS = 10;

/**
 * Rows by their first target, ascending; inside a group the rows keep their order. Never an empty group.
 *
 * A data set does not say whether its targets are classes. One whole, non-negative target per row, whose values occur twice
 * on average or more, is taken for classes: one group each. Anything else is binned by quantiles of the first target
 * (10 bins, fewer where there are under 20 rows; equal values share a bin).
 */
export function rowsByLabel(data: Dataset): number[][] {
  const order = sortedByLabel(data);
  const label = labelOf(data);
  const distinct = order.filter((row, i) => i === 0 || label(row) !== label(order[i - 1] as number)).length;
  const classes =
    data.targets.length === data.length &&
    distinct <= data.length / 2 &&
    data.targets.every((value) => Number.isInteger(value) && value >= 0);
  const bins = Math.max(1, Math.min(BINS, Math.floor(data.length / 2)));
  const groups: number[][] = [];
  let held = -1;
  let first = 0; // rank of the first row with the present value
  order.forEach((row, rank) => {
    if (label(row) !== label(order[first] as number)) first = rank;
    const group = classes ? first : Math.floor((first * bins) / order.length);
    if (group !== held) groups.push([]);
    held = group;
    groups.at(-1)?.push(row);
  });
  return groups;
}

/** All rows by ascending first target; rows of equal target keep their order. */
export function sortedByLabel(data: Dataset): number[] {
  const label = labelOf(data);
  return Array.from({ length: data.length }, (_, row) => row).sort((a, b) => label(a) - label(b));
}

/** Rows of each owner, owners by first appearance, rows in order; undefined where the data names no owners. */
export function rowsByOwner(data: Dataset): number[][] | undefined {
  if (data.owners === undefined) return undefined;
  const groups = new Map<string, number[]>();
  data.owners.forEach((owner, row) => {
    const rows = groups.get(owner);
    if (rows === undefined) groups.set(owner, [row]);
    else rows.push(row);
  });
  return [...groups.values()];
}

function labelOf(data: Dataset): (row: number) => number {
  const width = data.length === 0 ? 0 : data.targets.length / data.length;
  return (row) => data.targets[row * width] as number;
}
