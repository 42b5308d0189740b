import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { fromHex, toHex } from "../../../../protocol/base/bytes.ts";
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  isIncluded,
  leafHash,
  type NodeAt,
  nodeHash,
  rootAt,
} from "../../../../protocol/log/tree/merkle.ts";
import {
  createTree,
  isTile,
  nodesOf,
  rememberTiles,
  restoreTree,
  TILE_BYTES,
  type TileAt,
  type Tree,
} from "../../../../protocol/log/tree/tiles.ts";
import { CRYPTO } from "../support.ts";

/** Node (level, index) by its definition, from plain leaves. */
function plainNodes(leaves: readonly Uint8Array[]): NodeAt {
  const node = (level: number, index: number): Uint8Array =>
    level === 0
      ? (leaves[index] ?? assert.fail(`there is no leaf ${index}`))
      : nodeHash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1), CRYPTO);
  return async (level, index) => node(level, index);
}

const leavesOf = (size: number) =>
  Array.from({ length: size }, (_, i) => leafHash(Uint8Array.of(i >> 16, i >> 8, i), CRYPTO));

function grown(leaves: readonly Uint8Array[]): { tree: Tree; tiles: Map<string, Uint8Array>; tileAt: TileAt } {
  const tiles = new Map<string, Uint8Array>();
  const tree = createTree(CRYPTO);
  tree.onTile = ({ level, index, hashes }) => tiles.set(`${level}/${index}`, hashes);
  for (const leaf of leaves) tree.add(leaf);
  const tileAt: TileAt = async (level, index) =>
    tiles.get(`${level}/${index}`) ?? assert.fail(`no tile ${level}/${index}`);
  return { tree, tiles, tileAt };
}

describe("a tree in tiles", () => {
  it("has the roots of RFC 6962 for the first 0 to 8 leaves", () => {
    const vectors = JSON.parse(readFileSync(new URL("../../../vectors/merkle.json", import.meta.url), "utf8")) as {
      leaves: string[];
      roots: string[];
    };
    const tree = createTree(CRYPTO);
    assert.equal(toHex(tree.root()), vectors.roots[0]);
    for (const [i, leaf] of vectors.leaves.entries()) {
      tree.add(leafHash(fromHex(leaf) ?? assert.fail(), CRYPTO));
      assert.equal(toHex(tree.root()), vectors.roots[i + 1]);
    }
  });

  it("has at every size up to 300 the root of its plain leaves", async () => {
    const leaves = leavesOf(300);
    const tree = createTree(CRYPTO);
    for (const [i, leaf] of leaves.entries()) {
      tree.add(leaf);
      assert.equal(tree.size, i + 1);
      assert.deepEqual(tree.root(), await rootAt(i + 1, plainNodes(leaves), CRYPTO), `${i + 1} leaves`);
    }
  });

  it("gives the proofs of plain leaves, for random places in trees of up to 5,000 leaves", async () => {
    const leaves = leavesOf(5000);
    const sizes = fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(), fc.nat());
    const cache = new Map<number, ReturnType<typeof grown>>();
    await fc.assert(
      fc.asyncProperty(sizes, async ([most, a, b]) => {
        const whole = cache.get(most % 7) ?? grown(leaves.slice(0, most));
        cache.set(most % 7, whole);
        const size = 1 + (a % whole.tree.size);
        const index = b % size;
        const nodes = nodesOf(whole.tree, whole.tileAt);
        const plain = plainNodes(leaves);
        const path = await inclusionProof(index, size, nodes, CRYPTO);
        assert.deepEqual(path, await inclusionProof(index, size, plain, CRYPTO));
        const growth = await consistencyProof(index, size, nodes, CRYPTO);
        assert.deepEqual(growth, await consistencyProof(index, size, plain, CRYPTO));
        const root = await rootAt(size, nodes, CRYPTO);
        assert.ok(isIncluded({ index, size, leaf: leaves[index] as Uint8Array, root }, path, CRYPTO));
        const oldRoot = await rootAt(index, nodes, CRYPTO);
        assert.ok(isConsistent({ old: index, oldRoot, size, root }, growth, CRYPTO));
      }),
      { numRuns: 60 },
    );
  });

  it("puts out a tile for every 64 nodes of a height, once", () => {
    const { tiles } = grown(leavesOf(4096 + 130));
    assert.equal(tiles.size, 66 + 1);
    assert.ok([...tiles.values()].every((hashes) => hashes.length === TILE_BYTES && isTile(hashes, CRYPTO)));
    assert.deepEqual(
      [...tiles.keys()].filter((key) => key.startsWith("1/")),
      ["1/0"],
    );
  });

  it("goes on after it was restored from its tiles as if it had never stopped", async () => {
    const leaves = leavesOf(9000);
    for (const size of [0, 64, 128, 4032, 4096, 4160, 8192]) {
      const { tiles, tileAt } = grown(leaves.slice(0, size));
      const tree = await restoreTree(size, tileAt, CRYPTO);
      tree.onTile = ({ level, index, hashes }) => tiles.set(`${level}/${index}`, hashes);
      assert.deepEqual(tree.root(), await rootAt(size, plainNodes(leaves), CRYPTO));
      for (const leaf of leaves.slice(size, size + 100)) tree.add(leaf);
      const whole = grown(leaves.slice(0, size + 100));
      assert.deepEqual(tree.root(), whole.tree.root());
      assert.deepEqual(tiles, whole.tiles);
    }
  });

  it("is looked for in the store once, while it is among the newest that were looked for", async () => {
    const { tileAt } = grown(leavesOf(64 * 5));
    const asked: string[] = [];
    const remembered = rememberTiles((level, index) => {
      asked.push(`${level}/${index}`);
      return tileAt(level, index);
    }, 2);
    for (const index of [0, 1, 0, 1, 0, 2, 0, 1]) assert.deepEqual(await remembered(0, index), await tileAt(0, index));
    assert.deepEqual(asked, ["0/0", "0/1", "0/2", "0/1"]);
  });

  it("notices a tile with any byte changed", () => {
    const tile = grown(leavesOf(64)).tiles.get("0/0") as Uint8Array;
    for (let at = 0; at < tile.length; at += 29)
      assert.equal(isTile(tile.with(at, (tile[at] as number) ^ 0x10), CRYPTO), false, `byte ${at}`);
    assert.equal(isTile(tile.subarray(1), CRYPTO), false);
  });
});
