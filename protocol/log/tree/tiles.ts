/**
 * The Merkle tree of a log as it is kept: in tiles (after c2sp.org/tlog-tiles, of height 6 and with their inner nodes).
 *
 * Tile (t, i) holds the nodes of level 6t from index 64 i on, 64 of them, and the complete nodes over them: 64 + 32 + ... + 1 = 127 hashes,
 * level by level, 4,064 bytes. It is stored once, when it is complete, so that any node is one lookup away, and what an append
 * writes is 63.5 bytes an entry. The last tile of each height, mostly incomplete, is the right edge of the tree: it lives in memory.
 * Tiles only repeat what the entries say; a lost one is made again.
 */
import { forgetOldest } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { power } from "../../base/exp-log.ts";
import type { Mutable } from "../../base/immutable.ts";
import { HASH_BYTES, type Hashing, type NodeAt, nodeHash } from "./merkle.ts";

export const TILE_HEIGHT = 6;
/** Nodes in the lowest row of a tile. */
export const TILE_WIDTH = 64;
/** The root of a tile: the last of its hashes. */
const TOP = 126;
export const TILE_BYTES: number = (TOP + 1) * HASH_BYTES;

/** A tile that is complete. */
export interface Tile {
  readonly level: number;
  readonly index: number;
  readonly hashes: Uint8Array;
}

/** Finds a tile that is complete. */
export type TileAt = (level: number, index: number) => Promise<Uint8Array>;

/** A tree that grows, with its right edge in memory. */
export interface Tree {
  readonly size: number;
  /** Gets the tiles that new leaves complete; nobody does unless somebody sets it. */
  onTile: ((tile: Tile) => void) | undefined;
  /** Adds a leaf; about two hashes. */
  add(leaf: Uint8Array): void;
  /** The root over all leaves; at most log2(size) hashes. */
  root(): Uint8Array;
  /** A complete node of the edge (a view, good until the tree grows); undefined for others. */
  edgeAt(level: number, index: number): Uint8Array | undefined;
}

/** The last tile of a height. It stays when it is full, until the next node comes. */
interface Edge {
  index: number;
  count: number;
  /** Nodes that its lowest row has room for: a power of two, and TILE_WIDTH before it is stored. Most logs are short, and most heights have few nodes. */
  width: number;
  hashes: Uint8Array;
}

const FIRST_WIDTH = 4;

export function createTree(hashing: Hashing): Tree {
  return treeFrom(0, [], hashing);
}

/**
 * The tree of the first `size` leaves, a multiple of 64, whose tiles are stored.
 * The roots of at most 63 tiles of each height are read.
 */
export async function restoreTree(size: number, tileAt: TileAt, hashing: Hashing): Promise<Tree> {
  const edges: Edge[] = [emptyEdge(size / TILE_WIDTH, FIRST_WIDTH)];
  for (let nodes = size / TILE_WIDTH; nodes > 0; nodes = Math.floor(nodes / TILE_WIDTH)) {
    const below = edges.length - 1;
    const edge = emptyEdge(Math.floor(nodes / TILE_WIDTH), FIRST_WIDTH);
    const first = edge.index * TILE_WIDTH;
    for (let i = first; i < nodes; i++) addNode(edge, hashAt(await tileAt(below, i), TOP), hashing);
    edges.push(edge);
  }
  return treeFrom(size, edges, hashing);
}

function treeFrom(leaves: number, edges: Edge[], hashing: Hashing): Tree {
  function edgeAt(level: number, index: number): Uint8Array | undefined {
    const { tile, height, at } = placeOf(level, index);
    const edge = edges[tile.level];
    const isHere = edge?.index === tile.index && (at + 1) * power(2, height) <= edge.count;
    return isHere ? hashAt(edge.hashes, slotOf(edge.width, height, at)) : undefined;
  }

  function add(leaf: Uint8Array): void {
    let hash = leaf;
    for (let level = 0; ; level++) {
      let edge = edges[level];
      if (edge === undefined) {
        edge = emptyEdge(0, FIRST_WIDTH);
        edges.push(edge);
      } else if (edge.count === TILE_WIDTH) {
        edge.index++;
        edge.count = 0;
      }
      addNode(edge, hash, hashing);
      if (edge.count < TILE_WIDTH) break;
      tree.onTile?.({ level, index: edge.index, hashes: edge.hashes.slice() });
      hash = hashAt(edge.hashes, TOP);
    }
    tree.size++;
  }

  function root(): Uint8Array {
    let hash: Uint8Array | undefined;
    for (let level = 0, nodes = tree.size; nodes > 0; level++, nodes = Math.floor(nodes / 2)) {
      if (nodes % 2 === 0) continue;
      const node = edgeAt(level, nodes - 1) as Uint8Array; // an odd number of nodes: the last is no part of a larger one
      hash = hash === undefined ? node.slice() : nodeHash(node, hash, hashing);
    }
    return hash ?? hashing.sha256(new Uint8Array(0));
  }

  const tree: Mutable<Tree> = { size: leaves, onTile: undefined, add, root, edgeAt };
  return tree;
}

/** Where nodes are found: in the edge of a tree, else in stored tiles. */
export function nodesOf(tree: Tree, tileAt: TileAt): NodeAt {
  return async (level, index) => {
    const near = tree.edgeAt(level, index);
    if (near !== undefined) return near.slice();
    const { tile, height, at } = placeOf(level, index);
    return hashAt(await tileAt(tile.level, tile.index), slotOf(TILE_WIDTH, height, at)).slice();
  };
}

/** Remembers the newest `capacity` tiles that were looked for: each was verified when it was found, 63 hashes, and complete tiles never change. */
export function rememberTiles(tileAt: TileAt, capacity: number): TileAt {
  const known = new Map<string, Uint8Array>();
  return async (level, index) => {
    const name = `${level}/${index}`;
    const tile = known.get(name) ?? (await tileAt(level, index));
    known.delete(name); // re-inserted at the end: the map's order is the order of use
    known.set(name, tile);
    forgetOldest(known, capacity);
    return tile;
  };
}

/** The tile over 64 nodes. */
export function tileOver(nodes: readonly Uint8Array[], hashing: Hashing): Uint8Array {
  const edge = emptyEdge(0, TILE_WIDTH);
  for (const node of nodes) addNode(edge, node, hashing);
  return edge.hashes;
}

export function tileRoot(hashes: Uint8Array): Uint8Array {
  return hashAt(hashes, TOP);
}

/** Whether the upper hashes of a tile follow from its lowest row: 63 hashes. */
export function isTile(hashes: Uint8Array, hashing: Hashing): boolean {
  if (hashes.length !== TILE_BYTES) return false;
  const row = Array.from({ length: TILE_WIDTH }, (_, i) => hashAt(hashes, i));
  return equalBytes(tileOver(row, hashing), hashes);
}

function emptyEdge(index: number, width: number): Edge {
  return { index, count: 0, width, hashes: new Uint8Array((2 * width - 1) * HASH_BYTES) };
}

/** Adds a node to the lowest row of a tile that is not full, and those that it completes above. */
function addNode(edge: Edge, node: Uint8Array, hashing: Hashing): void {
  if (edge.count === edge.width) widen(edge);
  const { hashes, width } = edge;
  hashes.set(node, edge.count * HASH_BYTES);
  let at = edge.count;
  for (let height = 1; at % 2 === 1; height++) {
    const right = slotOf(width, height - 1, at);
    at = (at - 1) / 2;
    const hash = nodeHash(hashAt(hashes, right - 1), hashAt(hashes, right), hashing);
    hashes.set(hash, slotOf(width, height, at) * HASH_BYTES);
  }
  edge.count++;
}

/** Room for twice as many nodes: every row moves to its new place. */
function widen(edge: Edge): void {
  const { width, hashes } = edge;
  const { width: twice, hashes: wider } = emptyEdge(edge.index, 2 * width);
  for (let height = 0, row = width; row >= 1; height++, row /= 2) {
    const from = slotOf(width, height, 0) * HASH_BYTES;
    wider.set(hashes.subarray(from, from + row * HASH_BYTES), slotOf(twice, height, 0) * HASH_BYTES);
  }
  [edge.width, edge.hashes] = [twice, wider];
}

/** The tile of a node, and its height and place there. */
function placeOf(level: number, index: number): { tile: { level: number; index: number }; height: number; at: number } {
  const height = level % TILE_HEIGHT;
  const width = power(2, TILE_HEIGHT - height);
  const at = index % width;
  return { tile: { level: (level - height) / TILE_HEIGHT, index: (index - at) / width }, height, at };
}

/** Of a node, in a tile whose lowest row has `width` nodes: rows stand one behind the other, the lowest first. */
function slotOf(width: number, height: number, at: number): number {
  return 2 * width - (2 * width) / power(2, height) + at;
}

function hashAt(hashes: Uint8Array, slot: number): Uint8Array {
  return hashes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
}
