import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { fromHex, toHex } from "../../../../protocol/base/bytes.ts";
import {
  append,
  consistencyProof,
  type Frontier,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  type NodeAt,
  rootAt,
  rootOf,
} from "../../../../protocol/log/tree/merkle.ts";
import { MAX_PROOF_HASHES } from "../../../../protocol/wire/log-messages.ts";

interface Vectors {
  readonly leaves: readonly string[];
  readonly roots: readonly string[];
  readonly inclusion: readonly { index: number; size: number; path: string[] }[];
  readonly consistency: readonly { old: number; size: number; proof: string[] }[];
}

const vectors = JSON.parse(readFileSync(new URL("../../../vectors/merkle.json", import.meta.url), "utf8")) as Vectors;

interface Tree {
  /** Of the trees over the first 0, 1, 2 .. leaves. */
  readonly roots: readonly Uint8Array[];
  readonly leaves: readonly Uint8Array[];
  readonly nodeAt: NodeAt;
}

function grow(entries: readonly Uint8Array[]): Tree {
  const nodes = new Map<string, Uint8Array>();
  const leaves = entries.map((entry) => leafHash(entry, nodeCrypto));
  let frontier: Frontier = [];
  const roots = [rootOf(frontier, nodeCrypto)];
  for (const [size, leaf] of leaves.entries()) {
    const grown = append(frontier, size, leaf, nodeCrypto);
    frontier = grown.frontier;
    for (const { level, index, hash } of grown.completed) nodes.set(`${level}/${index}`, hash);
    roots.push(rootOf(frontier, nodeCrypto));
  }
  const nodeAt = async (level: number, index: number) =>
    nodes.get(`${level}/${index}`) ?? assert.fail(`node ${level}/${index} is not complete`);
  return { roots, leaves, nodeAt };
}

const numbered = (size: number) => grow(Array.from({ length: size }, (_, i) => Uint8Array.of(i >> 8, i)));
const known = grow(vectors.leaves.map((leaf) => fromHex(leaf) ?? assert.fail()));

test("roots of the first 0 to 8 leaves are those of RFC 6962", () => {
  assert.deepEqual(known.roots.map(toHex), vectors.roots);
});

test("proofs are those of RFC 6962", async () => {
  for (const { index, size, path } of vectors.inclusion)
    assert.deepEqual((await inclusionProof(index, size, known.nodeAt, nodeCrypto)).map(toHex), path);
  for (const { old, size, proof } of vectors.consistency)
    assert.deepEqual((await consistencyProof(old, size, known.nodeAt, nodeCrypto)).map(toHex), proof);
});

test("every leaf of every tree up to 40 leaves is proved, and nothing else by that proof", async () => {
  const { roots, leaves, nodeAt } = numbered(40);
  for (let size = 1; size <= 40; size++)
    for (let index = 0; index < size; index++) {
      const proof = await inclusionProof(index, size, nodeAt, nodeCrypto);
      assert.ok(proof.length <= Math.ceil(Math.log2(size)));
      const claim = { index, size, leaf: leaves[index] as Uint8Array, root: roots[size] as Uint8Array };
      assert.ok(isIncluded(claim, proof, nodeCrypto), `${index} of ${size}`);
      for (const wrong of [
        { ...claim, index: (index + 1) % size, leaf: size === 1 ? claim.root.map((byte) => byte ^ 1) : claim.leaf },
        { ...claim, leaf: claim.leaf.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) },
        { ...claim, root: roots[size - 1] as Uint8Array },
        { ...claim, index: size },
        { ...claim, index: -1 },
      ])
        assert.equal(isIncluded(wrong, proof, nodeCrypto), false, `${index} of ${size}`);
      assert.equal(isIncluded(claim, [...proof, claim.leaf], nodeCrypto), false);
      if (proof.length > 0) assert.equal(isIncluded(claim, proof.slice(1), nodeCrypto), false);
    }
});

test("every tree up to 40 leaves is shown to continue every earlier one", async () => {
  const { roots, nodeAt } = numbered(40);
  const other = roots[40] as Uint8Array;
  for (let size = 0; size <= 39; size++)
    for (let old = 0; old <= size; old++) {
      const proof = await consistencyProof(old, size, nodeAt, nodeCrypto);
      const claim = { old, oldRoot: roots[old] as Uint8Array, size, root: roots[size] as Uint8Array };
      assert.ok(isConsistent(claim, proof, nodeCrypto), `${old} in ${size}`);
      if (old > 0) assert.equal(isConsistent({ ...claim, oldRoot: other }, proof, nodeCrypto), false);
      if (old !== 0) assert.equal(isConsistent({ ...claim, root: other }, proof, nodeCrypto), false);
      assert.equal(isConsistent(claim, [...proof, other], nodeCrypto), false);
      if (proof.length > 0) assert.equal(isConsistent(claim, proof.slice(0, -1), nodeCrypto), false);
    }
});

test("no proof of random hashes convinces, nor does one with a bit changed", async () => {
  const { roots, leaves, nodeAt } = numbered(100);
  const place = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 100 })).filter(([index, size]) => index < size);
  await fc.assert(
    fc.asyncProperty(place, fc.nat(), fc.nat(255), async ([index, size], at, bit) => {
      const proof = await inclusionProof(index, size, nodeAt, nodeCrypto);
      if (proof.length === 0) return;
      const changed = proof.map((hash, i) =>
        i === at % proof.length ? hash.map((byte, k) => (k === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)) : hash,
      );
      const claim = { index, size, leaf: leaves[index] as Uint8Array, root: roots[size] as Uint8Array };
      assert.equal(isIncluded(claim, changed, nodeCrypto), false);
    }),
  );
});

test("sizes beyond 2^32 are counted right", async () => {
  // All leaves alike: a complete node of each level has one hash, so that a tree of any size is known.
  const hashes = [leafHash(Uint8Array.of(7), nodeCrypto)];
  const at = (level: number): Uint8Array => {
    while (hashes.length <= level) {
      const below = hashes.at(-1) as Uint8Array;
      hashes.push(append([below], 1, below, nodeCrypto).frontier[0] as Uint8Array);
    }
    return hashes[level] as Uint8Array;
  };
  const nodeAt: NodeAt = async (level) => at(level);
  const [old, size] = [2 ** 40 + 12345, 2 ** 52 + 999_999_937];
  const root = await rootAt(size, nodeAt, nodeCrypto);
  const oldRoot = await rootAt(old, nodeAt, nodeCrypto);
  const proof = await inclusionProof(old, size, nodeAt, nodeCrypto);
  assert.ok(proof.length <= MAX_PROOF_HASHES);
  assert.ok(isIncluded({ index: old, size, leaf: at(0), root }, proof, nodeCrypto));
  const growth = await consistencyProof(old, size, nodeAt, nodeCrypto);
  assert.ok(growth.length <= MAX_PROOF_HASHES);
  assert.ok(isConsistent({ old, oldRoot, size, root }, growth, nodeCrypto));
});

test("places outside a tree are refused", async () => {
  const { nodeAt } = numbered(3);
  await assert.rejects(inclusionProof(3, 3, nodeAt, nodeCrypto), RangeError);
  await assert.rejects(consistencyProof(4, 3, nodeAt, nodeCrypto), RangeError);
});
