/**
 * Deals the rows of one data set out to peers, as experiments on gossip and federated learning do.
 *
 * The parts do not overlap and cover the data; the same seed gives the same parts. No part has fewer than 2 rows, so that
 * every peer can train and hold one row out: a part that falls short takes rows from the largest.
 */

import { HearsayError } from "../../base/errors.ts";
import { exp, log, power } from "../../base/exp-log.ts";
import { createRng, type Rng } from "../../base/rng.ts";
import type { Dataset } from "./dataset.ts";
import { rowsByLabel, rowsByOwner, sortedByLabel } from "./groups.ts";

export type PartitionSpec =
  /** Uniformly at random, parts of equal size (+-1). */
  | { readonly kind: "iid" }
  /** Label skew: the classes of each peer are mixed by proportions ~ Dirichlet(alpha, ..., alpha), parts of equal size (+-1). */
  | { readonly kind: "dirichlet"; readonly alpha: number }
  /** Label and quantity skew: each class is shared out to the peers by proportions ~ Dirichlet(alpha, ..., alpha). */
  | { readonly kind: "label-dirichlet"; readonly alpha: number }
  /** Label skew: rows sorted by label, cut into peers x perPeer shards, `perPeer` dealt to each peer. */
  | { readonly kind: "shards"; readonly perPeer: number }
  /** The natural partition: rows of one owner stay together as far as the number of peers allows. */
  | { readonly kind: "owner" };

const MIN_ROWS = 2;
const KINDS = "iid, dirichlet:ALPHA (as dirichlet:0.5), label-dirichlet:ALPHA, shards:COUNT (as shards:2) or owner";

/**
 * Row indices of each peer, ascending.
 *
 * - `iid`.
 * - `dirichlet` (Hsu, Qi & Brown 2019, arXiv:1909.06335, section 3, with a uniform prior): each peer in turn draws its rows by
 *   its own mixture of the classes that are left. Regression: the classes are quantile bins of the first target (`rowsByLabel`).
 * - `label-dirichlet` (Yurochkin et al. 2019, arXiv:1905.12022, section 4): harder, since with a small alpha most of a class
 *   lies at one or two peers, and some peers have hardly any rows.
 * - `shards` (McMahan et al. 2017, arXiv:1602.05629, section 3).
 * - `owner`: as many peers as owners: one each, in order of first appearance. More peers: the owner with most rows a part is
 *   split again and again, into consecutive runs. Fewer peers: owners in random order go each to the peer with fewest rows.
 *
 * Cost O(n log n + peers x classes), and O(peers^2) where many parts fall short.
 * @throws HearsayError ERR_DATA where rows are too few, or owners are asked for and unknown.
 * @throws RangeError unless peers >= 1, alpha > 0 and perPeer >= 1.
 */
export function partition(data: Dataset, spec: PartitionSpec, peers: number, seed: number): Uint32Array[] {
  if (!Number.isSafeInteger(peers) || peers < 1) throw new RangeError(`peers is ${peers}, it must be 1 or more`);
  const shards = spec.kind === "shards" ? spec.perPeer : 1;
  const needed = peers * Math.max(MIN_ROWS, shards);
  if (data.length < needed) {
    throw new HearsayError(
      "ERR_DATA",
      `${data.length} rows are too few for ${peers} peers: this partition needs ${needed}; use fewer peers or more data`,
      { rows: data.length, peers, needed },
    );
  }
  const rng = createRng(`partition/${spec.kind}/${seed}`);
  const parts = deal(data, spec, peers, rng);
  fillUp(parts);
  return parts.map((rows) => Uint32Array.from(rows).sort());
}

/** What `parsePartition` takes, for JSON Schema; numbers that are no number above 0 are refused by it alone. */
export const PARTITION_PATTERN = String.raw`^\s*(?:iid|owner|(?:label-)?dirichlet:[0-9.]+(?:[eE][+-]?[0-9]+)?|shards:[0-9.]+(?:[eE][+-]?[0-9]+)?)\s*$`;

/** `iid`, `dirichlet:0.5`, `label-dirichlet:0.5`, `shards:2` or `owner`. @throws HearsayError ERR_CONFIG for anything else. */
export function parsePartition(text: string): PartitionSpec {
  const [kind, argument, ...rest] = text.trim().split(":");
  const refuse = (why: string) =>
    new HearsayError("ERR_CONFIG", `partition "${text}": ${why}; give ${KINDS}`, { text });
  if (rest.length > 0) throw refuse("has two colons");
  if (kind === "iid" || kind === "owner") {
    if (argument !== undefined) throw refuse(`${kind} takes no number`);
    return { kind };
  }
  if (kind !== "dirichlet" && kind !== "label-dirichlet" && kind !== "shards") throw refuse("is no known kind");
  const value = /^[0-9.]+(?:e[+-]?[0-9]+)?$/i.test(argument ?? "") ? Number(argument) : Number.NaN;
  if (kind !== "shards") {
    if (!(value > 0 && value < Infinity)) throw refuse("alpha must be a number above 0");
    return { kind, alpha: value };
  }
  if (!Number.isSafeInteger(value) || value < 1) throw refuse("the shards of each peer must be a whole number above 0");
  return { kind, perPeer: value };
}

function deal(data: Dataset, spec: PartitionSpec, peers: number, rng: Rng): number[][] {
  switch (spec.kind) {
    case "iid":
      return cut(Array.from(rng.permutation(data.length)), peers);
    case "dirichlet":
      return dirichlet(data, spec.alpha, peers, rng);
    case "label-dirichlet":
      return labelDirichlet(data, spec.alpha, peers, rng);
    case "shards":
      return shards(data, spec.perPeer, peers, rng);
    case "owner":
      return byOwner(data, peers, rng);
  }
}

function dirichlet(data: Dataset, alpha: number, peers: number, rng: Rng): number[][] {
  const left = rowsByLabel(data).map((rows) => Array.from(rng.permutation(rows.length), (i) => rows[i] as number));
  const sizes = cut(Array.from({ length: data.length }), peers).map(({ length }) => length);
  return sizes.map((size) => {
    const mixture = dirichletProportions(left.length, alpha, rng);
    return Array.from({ length: size }, () => left[drawClass(mixture, left, rng)]?.pop() as number);
  });
}

/** A class that has rows left, by the proportions among those. Where all of these have vanished by rounding: the first. */
function drawClass(mixture: readonly number[], left: readonly (readonly number[])[], rng: Rng): number {
  const open = [...left.keys()].filter((label) => (left[label] as number[]).length > 0);
  let place = rng.uniform() * open.reduce((sum, label) => sum + (mixture[label] as number), 0);
  for (const label of open) {
    place -= mixture[label] as number;
    if (place < 0) return label;
  }
  return open[0] as number;
}

function labelDirichlet(data: Dataset, alpha: number, peers: number, rng: Rng): number[][] {
  const parts: number[][] = Array.from({ length: peers }, () => []);
  for (const rows of rowsByLabel(data)) {
    const shuffled = Array.from(rng.permutation(rows.length), (i) => rows[i] as number);
    const shares = dirichletProportions(peers, alpha, rng);
    let reached = 0;
    let from = 0;
    parts.forEach((part, peer) => {
      reached += shares[peer] as number;
      const to = peer === peers - 1 ? rows.length : Math.round(reached * rows.length);
      for (; from < to; from++) part.push(shuffled[from] as number);
    });
  }
  return parts;
}

/** A draw from Dirichlet(alpha, ..., alpha). In log space: at alpha = 0.01 most plain gamma variates underflow, and 0/0 is no share. */
function dirichletProportions(n: number, alpha: number, rng: Rng): number[] {
  if (!(alpha > 0 && alpha < Infinity)) throw new RangeError(`alpha is ${alpha}, it must be above 0`);
  const logs = Array.from({ length: n }, () => logGammaVariate(alpha, rng));
  const largest = logs.reduce((a, b) => Math.max(a, b));
  const shares = logs.map((value) => exp(value - largest));
  const total = shares.reduce((a, b) => a + b);
  return shares.map((share) => share / total);
}

/**
 * Logarithm of a Gamma(shape, 1) variate: Marsaglia & Tsang 2000, and for shape < 1 their G(a) = G(a + 1) U^(1/a),
 * here log G(a + 1) + log(U) / a, which does not underflow.
 */
function logGammaVariate(shape: number, rng: Rng): number {
  const d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = power(1 + c * x, 3);
    if (v <= 0 || logUniform(rng) >= x * x * 0.5 + d * (1 - v + log(v))) continue;
    return log(d * v) + (shape < 1 ? logUniform(rng) / shape : 0);
  }
}

/** log(U), U uniform on the open interval (0, 1). */
function logUniform(rng: Rng): number {
  return log((rng.uint32() + 0.5) / 2 ** 32);
}

function shards(data: Dataset, perPeer: number, peers: number, rng: Rng): number[][] {
  if (!Number.isSafeInteger(perPeer) || perPeer < 1) throw new RangeError(`perPeer is ${perPeer}, it must be >= 1`);
  const all = cut(sortedByLabel(data), peers * perPeer);
  const order = cut(Array.from(rng.permutation(all.length)), peers);
  return order.map((mine) => mine.flatMap((shard) => all[shard] as number[]));
}

function byOwner(data: Dataset, peers: number, rng: Rng): number[][] {
  const owners = rowsByOwner(data);
  if (owners === undefined) {
    throw new HearsayError("ERR_DATA", "the data names no owners: give an owner column, or partition it by iid");
  }
  if (owners.length < peers) return splitOwners(owners, peers);
  if (owners.length === peers) return owners;
  const parts: number[][] = Array.from({ length: peers }, () => []);
  for (const owner of rng.permutation(owners.length)) {
    const least = parts.reduce((a, b) => (b.length < a.length ? b : a));
    for (const row of owners[owner] as number[]) least.push(row);
  }
  return parts;
}

function splitOwners(owners: readonly number[][], peers: number): number[][] {
  const pieces = owners.map((rows) => ({ rows, count: 1 }));
  for (let made = pieces.length; made < peers; made++) {
    const widest = pieces.reduce((a, b) => (b.rows.length / b.count > a.rows.length / a.count ? b : a));
    widest.count++;
  }
  return pieces.flatMap(({ rows, count }) => cut(rows, count));
}

/** Consecutive runs of equal length (+-1). */
function cut(rows: readonly number[], count: number): number[][] {
  return Array.from({ length: count }, (_, i) =>
    rows.slice(Math.floor((i * rows.length) / count), Math.floor(((i + 1) * rows.length) / count)),
  );
}

/** Moves the last rows of the largest part (the first such) to parts with fewer than MIN_ROWS. */
function fillUp(parts: readonly number[][]): void {
  for (const part of parts) {
    while (part.length < MIN_ROWS) {
      const largest = parts.reduce((a, b) => (b.length > a.length ? b : a));
      part.push(largest.pop() as number);
    }
  }
}
