/**
 * A short proof of how a tree grew, for a reader that knows its earlier frontier (merkle.ts): the complete subtrees that cover the new leaves. In the usual case, three new leaves,
 * these are one or two hashes, where a proof of consistency and one of inclusion take about log2(size) each.
 *
 * Leaves from..to-1 are covered, from the left, by the largest complete subtree that begins at the place and does not pass `to`.
 */
import { binaryExponent, power } from "../../base/exp-log.ts";
import { type Frontier, type Hashing, type NodeAt, nodeHash } from "./merkle.ts";

/** The hashes of the subtrees that cover the leaves `from` .. `to` - 1; none where `from` is `to`. */
export function growthProof(from: number, to: number, nodeAt: NodeAt): Promise<Uint8Array[]> {
  if (!(from >= 0 && from <= to)) throw new RangeError(`a tree of ${from} leaves does not grow to ${to}`);
  return Promise.all(cover(from, to).map(({ level, index }) => nodeAt(level, index)));
}

/** The frontier of the tree of `to` leaves, from that of `from`; undefined where `proof` has another number of hashes than it takes. */
export function grow(
  frontier: Frontier,
  from: number,
  to: number,
  proof: readonly Uint8Array[],
  hashing: Hashing,
): Frontier | undefined {
  const places = from <= to ? cover(from, to) : [];
  if (from > to || places.length !== proof.length) return undefined;
  const grown = [...frontier];
  for (const [i, place] of places.entries()) {
    let { index } = place;
    let hash = proof[i] as Uint8Array;
    for (; index % 2 === 1; index = (index - 1) / 2) hash = nodeHash(grown.pop() as Uint8Array, hash, hashing);
    grown.push(hash);
  }
  return grown;
}

function cover(from: number, to: number): { readonly level: number; readonly index: number }[] {
  const places = [];
  for (let at = from; at < to; ) {
    let level = binaryExponent(to - at); // the largest that does not pass `to`
    while (at % power(2, level) !== 0) level--;
    places.push({ level, index: at / power(2, level) });
    at += power(2, level);
  }
  return places;
}
