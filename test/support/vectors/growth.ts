/** Vectors of how a tree grew (protocol/README.md, Pulls): what a pull proves, from the frontier of before to the announced root. */
import { nodeCrypto } from "../../../node/crypto.ts";
import { toHex } from "../../../protocol/base/bytes.ts";
import { growthProof } from "../../../protocol/log/tree/growth.ts";
import { append, type Frontier, leafHash, rootOf } from "../../../protocol/log/tree/merkle.ts";

const LEAVES = 14;
/** Entries that are proved, and the place of the `publish` entry: from nothing, the next one, the usual three, many, and ranges of two and more subtrees. */
const CASES: readonly (readonly [old: number, seq: number])[] = [
  [0, 0],
  [0, 6],
  [3, 3],
  [3, 5],
  [6, 8],
  [9, 11],
  [1, 12],
  [5, 13],
];

export async function growthVectors(): Promise<object> {
  const leaves = Array.from({ length: LEAVES }, (_, i) => leafHash(Uint8Array.of(i), nodeCrypto));
  const frontiers: Frontier[] = [[]];
  const nodes = new Map<string, Uint8Array>();
  for (const [size, leaf] of leaves.entries()) {
    const { frontier, completed } = append(frontiers[size] as Frontier, size, leaf, nodeCrypto);
    frontiers.push(frontier);
    for (const { level, index, hash } of completed) nodes.set(`${level}/${index}`, hash);
  }
  const nodeAt = async (level: number, index: number) => nodes.get(`${level}/${index}`) as Uint8Array;
  const cases = CASES.map(async ([old, seq]) => ({
    old,
    seq,
    frontier: (frontiers[old] as Frontier).map(toHex),
    growth: (await growthProof(old, seq, nodeAt)).map(toHex).join(""),
    leaf: toHex(leaves[seq] as Uint8Array),
    root: toHex(rootOf(frontiers[seq + 1] as Frontier, nodeCrypto)),
  }));
  return {
    about: "leaf i is SHA-256(00 | byte i); the root is that of seq + 1 leaves",
    cases: await Promise.all(cases),
  };
}
