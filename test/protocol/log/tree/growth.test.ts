import assert from "node:assert/strict";
import { it } from "node:test";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { grow, growthProof } from "../../../../protocol/log/tree/growth.ts";
import { append, type Frontier, leafHash, rootOf, type TreeNode } from "../../../../protocol/log/tree/merkle.ts";

const MOST = 40;

/** Frontiers of the trees of 0 .. MOST leaves, and their complete nodes. */
const frontiers: Frontier[] = [[]];
const nodes = new Map<string, TreeNode>();
for (let size = 0; size < MOST; size++) {
  const leaf = leafHash(Uint8Array.of(size), nodeCrypto);
  const { frontier, completed } = append(frontiers[size] as Frontier, size, leaf, nodeCrypto);
  frontiers.push(frontier);
  for (const node of completed) nodes.set(`${node.level}/${node.index}`, node);
}
const nodeAt = async (level: number, index: number) => (nodes.get(`${level}/${index}`) as TreeNode).hash;

it("the frontier of every tree follows from that of every tree before it and the proof of its growth", async () => {
  for (let to = 0; to <= MOST; to++)
    for (let from = 0; from <= to; from++) {
      const proof = await growthProof(from, to, nodeAt);
      assert.deepEqual(
        grow(frontiers[from] as Frontier, from, to, proof, nodeCrypto),
        frontiers[to],
        `${from} to ${to}`,
      );
      assert.ok(proof.length <= 2 * Math.ceil(Math.log2(to - from + 2)));
    }
  await assert.rejects(async () => growthProof(3, 2, nodeAt), RangeError);
});

it("a proof that was changed leads to another root, one of another length to none", async () => {
  for (const [from, to] of [
    [0, 5],
    [7, 9],
    [6, 29],
  ] as const) {
    const proof = await growthProof(from, to, nodeAt);
    const before = frontiers[from] as Frontier;
    for (const i of proof.keys()) {
      const changed = grow(before, from, to, proof.with(i, new Uint8Array(32)), nodeCrypto) as Frontier;
      assert.notDeepEqual(rootOf(changed, nodeCrypto), rootOf(frontiers[to] as Frontier, nodeCrypto));
    }
    assert.equal(grow(before, from, to, proof.slice(1), nodeCrypto), undefined);
    assert.equal(grow(before, from, to, [...proof, new Uint8Array(32)], nodeCrypto), undefined);
  }
  assert.equal(grow(frontiers[3] as Frontier, 3, 2, [], nodeCrypto), undefined);
});
