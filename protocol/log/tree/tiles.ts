/**
 * The Merkle tree of a log as it is kept: in tiles (after c2sp.org/tlog-tiles, of height 6 and with their inner nodes).
 *
 * Tile (t, i) holds the nodes of level 6t from index 64 i on, 64 of them, and the complete nodes over them: 64 + 32 + ... + 1 = 127 hashes,
 * level by level, 4,064 bytes. It is stored once, when it is complete, so that any node is one lookup away, and what an append
 * writes is 63.5 bytes an entry. The last tile of each height, mostly incomplete, is the right edge of the tree: it lives in memory.
 * Tiles only repeat what the entries say; a lost one is made again.
 */
import { putNewest } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { power } from "../../base/exp-log.ts";
import type { Mutable } from "../../base/immutable.ts";
import { HASH_BYTES, type Hashing, type NodeAt, nodeHash } from "./merkle.ts";

const TILE_HEIGHT = 6;
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
  /** Nodes of its lowest row. */
  count: number;
  /** In the order of `placeInEdge`, with room for some nodes more: most logs are short, and most heights have few nodes. */
  hashes: Uint8Array;
}

/** An edge gets room for so many nodes of its lowest row at once. */
const GROWTH = 8;

export function createTree(hashing: Hashing): Tree {
  return treeFrom(0, [], hashing);
}

/**
 * The tree of the first `size` leaves, a multiple of 64, whose tiles are stored.
 * The roots of at most 63 tiles of each height are read.
 */
export async function restoreTree(size: number, tileAt: TileAt, hashing: Hashing): Promise<Tree> {
  const edges: Edge[] = [emptyEdge(size / TILE_WIDTH)];
  for (let nodes = size / TILE_WIDTH; nodes > 0; nodes = Math.floor(nodes / TILE_WIDTH)) {
    const below = edges.length - 1;
    const edge = emptyEdge(Math.floor(nodes / TILE_WIDTH));
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
    return isHere ? hashAt(edge.hashes, placeInEdge(height, at)) : undefined;
  }

  function add(leaf: Uint8Array): void {
    let hash = leaf;
    for (let level = 0; ; level++) {
      let edge = edges[level];
      if (edge === undefined) {
        edge = emptyEdge(0);
        edges.push(edge);
      } else if (edge.count === TILE_WIDTH) {
        edge.index++;
        edge.count = 0;
      }
      addNode(edge, hash, hashing);
      if (edge.count < TILE_WIDTH) break;
      const hashes = tileOf(edge);
      tree.onTile?.({ level, index: edge.index, hashes });
      hash = hashAt(hashes, TOP);
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
    return hashAt(await tileAt(tile.level, tile.index), placeInTile(height, at)).slice();
  };
}

/** Remembers the newest `capacity` tiles that were looked for: each was verified when it was found, 63 hashes, and complete tiles never change. */
export function rememberTiles(tileAt: TileAt, capacity: number): TileAt {
  const known = new Map<string, Uint8Array>();
  return async (level, index) => {
    const name = `${level}/${index}`;
    const tile = known.get(name) ?? (await tileAt(level, index));
    putNewest(known, name, tile, capacity);
    return tile;
  };
}

/** The tile over 64 nodes. */
export function tileOver(nodes: readonly Uint8Array[], hashing: Hashing): Uint8Array {
  const edge = emptyEdge(0);
  for (const node of nodes) addNode(edge, node, hashing);
  return tileOf(edge);
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

function emptyEdge(index: number): Edge {
  return { index, count: 0, hashes: new Uint8Array(0) };
}

/** Adds a node to the lowest row of a tile that is not full, and those that it completes above. */
function addNode(edge: Edge, node: Uint8Array, hashing: Hashing): void {
  if ((placeInEdge(0, edge.count) + 1) * HASH_BYTES > edge.hashes.length) {
    const wider = new Uint8Array((placeInEdge(0, edge.count + GROWTH - 1) + 1) * HASH_BYTES);
    wider.set(edge.hashes);
    edge.hashes = wider;
  }
  const { hashes } = edge;
  hashes.set(node, placeInEdge(0, edge.count) * HASH_BYTES);
  let at = edge.count;
  for (let height = 1; at % 2 === 1; height++) {
    const [left, right] = [placeInEdge(height - 1, at - 1), placeInEdge(height - 1, at)];
    at = (at - 1) / 2;
    const hash = nodeHash(hashAt(hashes, left), hashAt(hashes, right), hashing);
    hashes.set(hash, placeInEdge(height, at) * HASH_BYTES);
  }
  edge.count++;
}

/** A full edge as a tile. */
function tileOf({ hashes }: Edge): Uint8Array {
  const tile = new Uint8Array(TILE_BYTES);
  for (let height = 0, row = TILE_WIDTH; row >= 1; height++, row /= 2)
    for (let at = 0; at < row; at++)
      tile.set(hashAt(hashes, placeInEdge(height, at)), placeInTile(height, at) * HASH_BYTES);
  return tile;
}

/** The tile of a node, and its height and place there. */
function placeOf(level: number, index: number): { tile: { level: number; index: number }; height: number; at: number } {
  const height = level % TILE_HEIGHT;
  const width = power(2, TILE_HEIGHT - height);
  const at = index % width;
  return { tile: { level: (level - height) / TILE_HEIGHT, index: (index - at) / width }, height, at };
}

/** Of a node in a tile: rows stand one behind the other, the lowest first. */
function placeInTile(height: number, at: number): number {
  return 2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> height) + at;
}

/** Of a node in an edge: between the two that it is made of, so that no node moves when the edge grows, and what is complete is together. */
function placeInEdge(height: number, at: number): number {
  return ((2 * at + 1) << height) - 1;
}

function hashAt(hashes: Uint8Array, slot: number): Uint8Array {
  return hashes.subarray(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
}
