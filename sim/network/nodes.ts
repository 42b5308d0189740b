/** The nodes of the network in memory, the connections between them, and how bytes pass from one to its neighbour. */
import { createRecentSet, type RecentSet } from "../../protocol/base/bounded.ts";
import type { Clock, PeerConnection, PeerId, RequestHandler, Verdict } from "../../protocol/base/seams.ts";
import { addressOf } from "./addresses.ts";
import type { Conditions } from "./conditions.ts";

export interface Node {
  readonly peer: PeerId;
  readonly links: Set<PeerId>;
  /** Those of the links that this node dialled itself. */
  readonly dialled: Set<PeerId>;
  /** The links, sorted; undefined after a change. */
  sorted: readonly PeerId[] | undefined;
  readonly blocked: Set<PeerId>;
  readonly topics: Map<string, (from: PeerId, body: Uint8Array) => Verdict>;
  readonly handlers: Map<string, RequestHandler>;
  /** What is called when a connection has opened, or closed, and when its other end has told where it listens. */
  readonly greeters: ((peer: PeerId) => void)[];
  readonly leavers: ((peer: PeerId) => void)[];
  readonly meeters: ((connection: PeerConnection, listens: readonly string[]) => void)[];
  /** Names of announcements that passed here, where they are relayed. */
  readonly seen: RecentSet<string>;
  /** Own requests without an answer yet: what ends each when the connection to its peer breaks. */
  readonly waiting: Map<() => void, PeerId>;
  bytesIn: number;
  bytesOut: number;
}

/** All nodes, and the laws that hold between them. */
export interface Nodes {
  readonly clock: Clock;
  readonly conditions: Conditions;
  readonly byPeer: Map<PeerId, Node>;
  /** Names of all nodes that there ever were. */
  readonly hosts: Set<PeerId>;
  /** Bytes as they are handed over: a copy, or the same. */
  own(bytes: Uint8Array): Uint8Array;
}

/** Announcements that a node remembers, so that it relays none twice. */
const SEEN_CAPACITY = 10_000;

/** Adds a node without connections; one of the same name is gone, and its connections with it. */
export function addNode(nodes: Nodes, peer: PeerId): Node {
  removeNode(nodes, peer);
  const node: Node = {
    peer,
    links: new Set(),
    dialled: new Set(),
    sorted: undefined,
    blocked: new Set(),
    topics: new Map(),
    handlers: new Map(),
    greeters: [],
    leavers: [],
    meeters: [],
    seen: createRecentSet(SEEN_CAPACITY),
    waiting: new Map(),
    bytesIn: 0,
    bytesOut: 0,
  };
  nodes.byPeer.set(peer, node);
  nodes.hosts.add(peer);
  return node;
}

export function removeNode(nodes: Nodes, peer: PeerId): void {
  for (const other of nodes.byPeer.get(peer)?.links ?? []) disconnect(nodes, peer, other);
  nodes.byPeer.delete(peer);
}

/** Opens a connection, unless there is one, or an end has blocked the other, or the conditions forbid it; both ends hear of it. */
export function connect(nodes: Nodes, a: PeerId, b: PeerId): void {
  const { byPeer, conditions } = nodes;
  const [left, right] = [byPeer.get(a), byPeer.get(b)];
  if (left === undefined || right === undefined || left === right || left.links.has(b)) return;
  if (left.blocked.has(b) || right.blocked.has(a) || !conditions.allows(a, b)) return;
  left.links.add(b);
  right.links.add(a);
  left.sorted = right.sorted = undefined;
  for (const greet of left.greeters) greet(b);
  for (const greet of right.greeters) greet(a);
  for (const meet of left.meeters) introduce(nodes, left, b, meet);
  for (const meet of right.meeters) introduce(nodes, right, a, meet);
}

/** Closes a connection; requests that are under way over it end, and both ends hear of it. */
export function disconnect({ byPeer }: Nodes, a: PeerId, b: PeerId): void {
  for (const [near, far] of [
    [a, b],
    [b, a],
  ] as const) {
    const node = byPeer.get(near);
    if (node === undefined) continue;
    const wasLinked = node.links.delete(far);
    node.dialled.delete(far);
    if (wasLinked) node.sorted = undefined;
    for (const [broken, peer] of node.waiting) if (peer === far) broken();
    if (wasLinked) for (const leave of node.leavers) leave(far);
  }
}

/** Closes the connections that the conditions no longer allow. */
export function enforce(nodes: Nodes): void {
  for (const node of nodes.byPeer.values())
    for (const other of node.links) if (!nodes.conditions.allows(node.peer, other)) disconnect(nodes, node.peer, other);
}

export function neighboursOf(node: Node): readonly PeerId[] {
  node.sorted ??= [...node.links].sort();
  return node.sorted;
}

/** As `Transport.onMet`. */
export function onMet(nodes: Nodes, node: Node, meet: Node["meeters"][number]): void {
  node.meeters.push(meet);
  for (const peer of neighboursOf(node)) introduce(nodes, node, peer, meet);
}

/** Every node listens at its one address, and tells it when it connects. */
function introduce(nodes: Nodes, node: Node, peer: PeerId, meet: Node["meeters"][number]): void {
  if (node.links.has(peer)) meet(connectionTo(nodes, node, peer), [addressOf(peer)]);
}

/** A connection as `Transport.connections` shows it. */
export function connectionTo(nodes: Nodes, node: Node, peer: PeerId): PeerConnection {
  return {
    peer,
    isOutbound: node.dialled.has(peer),
    address: addressOf(peer),
    close: () => disconnect(nodes, node.peer, peer),
  };
}

/** Hands bytes over when they have arrived; `broken` where the link is gone by then. What the network loses, neither hears of. */
export function deliver(
  { clock, conditions, byPeer }: Nodes,
  from: Node,
  to: PeerId,
  body: Uint8Array,
  arrive: (node: Node) => void,
  broken: () => void = () => {},
): void {
  from.bytesOut += body.length;
  const transitMs = conditions.transitMs(from.peer, to, body.length);
  if (transitMs === undefined) return;
  clock.after(transitMs, () => {
    const node = byPeer.get(to);
    if (node === undefined || byPeer.get(from.peer) !== from || !from.links.has(to)) return broken();
    node.bytesIn += body.length;
    arrive(node);
  });
}
