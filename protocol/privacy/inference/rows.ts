/** Which examples an attack is measured on, and which of them each shadow is trained on. */
import type { Rng } from "../../base/rng.ts";

/** Indices of members and of others, ascending. */
export interface Scored {
  readonly members: Uint32Array;
  readonly others: Uint32Array;
}

/** Others are at most so many times the members, so that each of them is known to one shadow in eight or more. */
const MOST_OTHERS = 7;
/** A quotient that is whole but for its last bits is whole. */
const ROUNDING = 1e-9;
/** A shadow knows at most this share of all examples, so that each of them is unknown to some. */
const MOST_KNOWN = 7 / 8;

/**
 * As many examples as can be had with the same share of each class among members and others. Without this an attack is measured on what it is not: a model
 * that was trained on many threes knows threes better, also those that it never saw.
 * @param members class of each member. @param others class of each other example. A regression gives one class to all.
 * @example
 * import { createRng } from "hearsay/protocol/base/rng";
 * import { matchClasses } from "hearsay/protocol/privacy/inference/rows";
 * const { members, others } = matchClasses([3, 3, 7], [3, 3, 7, 7, 7, 7, 8], createRng("example"));
 * [members.length, others.length]; // -> [3, 3]
 */
export function matchClasses(members: ArrayLike<number>, others: ArrayLike<number>, rng: Rng): Scored {
  const groups = groupsOf(members).map(([label, own]) => [own, rowsOf(others, label)] as const);
  const ratio = bestRatio(groups.map(([own, rest]) => [own.length, rest.length]));
  const chosen = groups.map(([own, rest], i) => {
    const [m, n] = sizes(own.length, rest.length, ratio);
    return [draw(own, m, rng.fork(`members/${i}`)), draw(rest, n, rng.fork(`others/${i}`))] as const;
  });
  const sorted = (kind: 0 | 1) => Uint32Array.from(chosen.flatMap((both) => both[kind])).sort();
  return { members: sorted(0), others: sorted(1) };
}

/**
 * The examples that one shadow after the other is trained on: `size` of `length`, drawn at random, but so that no example was drawn two times more than another.
 * @throws RangeError unless 1 <= size < length.
 */
export function createShadowDraw(length: number, size: number, rng: Rng): () => Uint32Array {
  if (!Number.isInteger(size) || size < 1 || size >= length)
    throw new RangeError(`a shadow of ${size} of ${length} examples`);
  const times = new Uint32Array(length);
  return () => {
    const order = Array.from(rng.permutation(length)).sort((a, b) => (times[a] as number) - (times[b] as number));
    const drawn = Uint32Array.from(order.slice(0, size)).sort();
    for (const row of drawn) times[row] = (times[row] as number) + 1;
    return drawn;
  };
}

/** How many examples a shadow is trained on: as many as the attacked model, but for some that it must not know. */
export function shadowSize(members: number, all: number): number {
  return Math.max(1, Math.min(members, Math.floor(MOST_KNOWN * all)));
}

function groupsOf(labels: ArrayLike<number>): [label: number, rows: number[]][] {
  const groups = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    const rows = groups.get(label) ?? [];
    groups.set(label, rows);
    rows.push(row);
  }
  return [...groups];
}

function rowsOf(labels: ArrayLike<number>, label: number): number[] {
  return Array.from(labels, (_, row) => row).filter((row) => labels[row] === label);
}

/** Members and others of a class where there are `ratio` others for each member. */
function sizes(members: number, others: number, ratio: number): [members: number, others: number] {
  const m = Math.min(members, Math.floor(others / ratio + ROUNDING));
  return [m, Math.min(others, Math.floor(ratio * m + ROUNDING))];
}

/** The ratio that leaves the most to measure: by the variance of a difference of two means, 1/m + 1/n is least. */
function bestRatio(classes: readonly (readonly [members: number, others: number])[]): number {
  let [best, least] = [1, Number.POSITIVE_INFINITY];
  for (const [own, rest] of classes) {
    if (rest === 0) continue;
    const ratio = Math.min(MOST_OTHERS, rest / own);
    const [m, n] = classes
      .map(([members, others]) => sizes(members, others, ratio))
      .reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    const spread = m === 0 || n === 0 ? Number.POSITIVE_INFINITY : 1 / m + 1 / n;
    if (spread < least) [best, least] = [ratio, spread];
  }
  return best;
}

function draw(rows: readonly number[], count: number, rng: Rng): number[] {
  return Array.from(rng.permutation(rows.length).subarray(0, count), (i) => rows[i] as number);
}
