/**
 * The Merkle tree over the entries of a log (RFC 6962, section 2.1). Its root commits to every entry. A reader that knows the root can be shown in about
 * log2(size) hashes that one entry is in it, and that a later tree continues an earlier one.
 *
 *     leaf = SHA-256(00 | entry);  node = SHA-256(01 | left | right)
 *     root of n leaves = node(root of the first k, root of the rest), k the largest power of two below n;  of none: SHA-256()
 *
 * A subtree of 2^level leaves that is complete never changes: node (level, index) covers the leaves from index 2^level on. A log stores
 * those; the root of any range of leaves follows from a few of them. Numbers are up to 2^53 - 1.
 */
import { concatBytes, equalBytes } from "../../base/bytes.ts";
import { binaryExponent, power } from "../../base/exp-log.ts";
import type { Crypto } from "../../base/seams.ts";

export type Hashing = Pick<Crypto, "sha256">;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Uint8Array;
}

/** Finds a complete node. */
export type NodeAt = (level: number, index: number) => Promise<Uint8Array>;

export const HASH_BYTES = 32;

/** Where short messages are put together; their hash is made when `sha256` returns. The byte before them is 0 for leaves. */
const leafScratch = new Uint8Array(1024);
const nodeScratch = Uint8Array.of(1, ...new Uint8Array(2 * HASH_BYTES));

export function leafHash(entry: Uint8Array, { sha256 }: Hashing): Uint8Array {
  if (entry.length >= leafScratch.length) return sha256(concatBytes(Uint8Array.of(0), entry));
  leafScratch.set(entry, 1);
  return sha256(leafScratch.subarray(0, 1 + entry.length));
}

export function nodeHash(left: Uint8Array, right: Uint8Array, { sha256 }: Hashing): Uint8Array {
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 1 + HASH_BYTES);
  return sha256(nodeScratch);
}

/** The complete subtrees that make up a tree, the largest first: one for each one in the binary form of its size. */
export type Frontier = readonly Uint8Array[];

/** The tree with one leaf more: its frontier, and the nodes that this leaf has completed, the leaf first. O(log size). */
export function append(
  frontier: Frontier,
  size: number,
  leaf: Uint8Array,
  hashing: Hashing,
): { frontier: Frontier; completed: readonly TreeNode[] } {
  const rest = [...frontier];
  const completed: TreeNode[] = [{ level: 0, index: size, hash: leaf }];
  let hash = leaf;
  let index = size;
  for (let level = 1; index % 2 === 1; level++) {
    hash = nodeHash(rest.pop() as Uint8Array, hash, hashing);
    index = (index - 1) / 2;
    completed.push({ level, index, hash });
  }
  return { frontier: [...rest, hash], completed };
}

export function rootOf(frontier: Frontier, hashing: Hashing): Uint8Array {
  const last = frontier.at(-1);
  if (last === undefined) return hashing.sha256(new Uint8Array(0));
  return frontier.slice(0, -1).reduceRight((right, left) => nodeHash(left, right, hashing), last);
}

/** The root of the tree over the first `size` leaves. */
export function rootAt(size: number, nodeAt: NodeAt, hashing: Hashing): Promise<Uint8Array> {
  return rangeRoot(0, size, nodeAt, hashing);
}

/** The hashes by which leaf `index` of a tree of `size` leaves leads to its root (RFC 6962, 2.1.1), from the leaf up. */
export async function inclusionProof(
  index: number,
  size: number,
  nodeAt: NodeAt,
  hashing: Hashing,
): Promise<Uint8Array[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`there is no leaf ${index} in a tree of ${size}`);
  const siblings: Promise<Uint8Array>[] = [];
  let [start, count] = [0, size];
  while (count > 1) {
    const k = split(count);
    if (index < start + k) {
      siblings.push(rangeRoot(start + k, count - k, nodeAt, hashing));
      count = k;
    } else {
      siblings.push(rangeRoot(start, k, nodeAt, hashing));
      start += k;
      count -= k;
    }
  }
  return Promise.all(siblings.reverse());
}

/** Whether `proof` leads from a leaf at `index` to `root` of a tree of `size` leaves (RFC 9162, 2.1.3.2). */
export function isIncluded(
  { index, size, leaf, root }: { index: number; size: number; leaf: Uint8Array; root: Uint8Array },
  proof: readonly Uint8Array[],
  hashing: Hashing,
): boolean {
  if (!(index >= 0 && index < size)) return false;
  let [at, last] = [index, size - 1];
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash, hashing);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling, hashing);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(hash, root);
}

/** The hashes that show that the tree of `size` leaves begins with that of `old` (RFC 6962, 2.1.2); none for 0 and for `size` itself. */
export async function consistencyProof(
  old: number,
  size: number,
  nodeAt: NodeAt,
  hashing: Hashing,
): Promise<Uint8Array[]> {
  if (!(old >= 0 && old <= size)) throw new RangeError(`a tree of ${size} leaves does not begin with one of ${old}`);
  if (old === 0 || old === size) return [];
  const hashes: Promise<Uint8Array>[] = [];
  let [start, count] = [0, size];
  /** Whether the old tree is a complete node on the way down, so that the asker knows its root. */
  let known = true;
  while (old < start + count) {
    const k = split(count);
    if (old <= start + k) {
      hashes.push(rangeRoot(start + k, count - k, nodeAt, hashing));
      count = k;
    } else {
      hashes.push(rangeRoot(start, k, nodeAt, hashing));
      start += k;
      count -= k;
      known = false;
    }
  }
  if (!known) hashes.push(rangeRoot(start, count, nodeAt, hashing));
  return Promise.all(hashes.reverse());
}

/** Whether `proof` shows that the tree of `size` leaves with root `root` begins with that of `old` and `oldRoot` (RFC 9162, 2.1.4.2). */
export function isConsistent(
  { old, oldRoot, size, root }: { old: number; oldRoot: Uint8Array; size: number; root: Uint8Array },
  proof: readonly Uint8Array[],
  hashing: Hashing,
): boolean {
  if (!(old >= 0 && old <= size)) return false;
  if (old === size) return proof.length === 0 && equalBytes(oldRoot, root);
  if (old === 0) return proof.length === 0 && equalBytes(oldRoot, rootOf([], hashing));
  let [at, last] = [old - 1, size - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof; // the root of a complete old tree is not sent
  if (first === undefined) return false;
  let [oldHash, hash] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      oldHash = nodeHash(sibling, oldHash, hashing);
      hash = nodeHash(sibling, hash, hashing);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling, hashing);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(hash, root);
}

/** Root over the leaves from `start` on, which begin at a complete node of their size or a larger one. */
async function rangeRoot(start: number, count: number, nodeAt: NodeAt, hashing: Hashing): Promise<Uint8Array> {
  if (count === 0) return rootOf([], hashing);
  const level = binaryExponent(count);
  if (power(2, level) === count) return nodeAt(level, start / count);
  const k = split(count);
  const [left, right] = await Promise.all([
    rangeRoot(start, k, nodeAt, hashing),
    rangeRoot(start + k, count - k, nodeAt, hashing),
  ]);
  return nodeHash(left, right, hashing);
}

/** The largest power of two below `count`, which is 2 or more. */
function split(count: number): number {
  let k = 1;
  while (2 * k < count) k *= 2;
  return k;
}

function half(value: number): number {
  return Math.floor(value / 2);
}
