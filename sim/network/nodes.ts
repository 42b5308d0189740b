/** The nodes of the network in memory, the connections between them, and how bytes pass from one to its neighbour. */
import { createRecentSet, type RecentSet } from "../../protocol/base/bounded.ts";
import type { ErrorCode } from "../../protocol/base/errors.ts";
import type { PeerConnection, PeerId, RequestHandler, Verdict } from "../../protocol/base/seams.ts";
import { addressOf } from "./addresses.ts";
import type { NodeBudget } from "./budget.ts";
import type { PlaceOf } from "./clusters.ts";
import type { Conditions } from "./conditions.ts";
import type { EventClock } from "./events.ts";
import { type Letter, lengthOf, type Parcel } from "./letters.ts";

/** Where the nodes of one name are, one after the other. */
export interface Host {
  readonly peer: PeerId;
  node: Node | undefined;
  /** In the order of joining, from 0. */
  readonly number: number;
  /** Nodes of this name so far. */
  sessions: number;
  /** Letters sent so far. */
  sent: number;
  /** Questions asked so far. */
  asked: number;
}

export interface Node {
  readonly peer: PeerId;
  readonly host: Host;
  readonly session: number;
  readonly links: Set<PeerId>;
  /** The other end of each link, by its key (`keyOf`). So all that a letter needs is at its receiver: of thousands of nodes the sender is in no cache. */
  readonly ends: Map<number, PeerId>;
  /** Those of the links that this node dialled itself; undefined before the first, as of most nodes for ever. */
  dialled: Set<PeerId> | undefined;
  /** The links, sorted; undefined after a change. */
  sorted: readonly PeerId[] | undefined;
  blocked: Set<PeerId> | undefined;
  readonly topics: Map<string, (from: PeerId, body: Uint8Array) => Verdict>;
  /** Made for the first; most nodes hear no numbers. */
  told: Map<string, (from: PeerId, numbers: readonly number[]) => Verdict> | undefined;
  readonly handlers: Map<string, RequestHandler>;
  /** What is called when a connection has opened, or closed, and when its other end has told where it listens. */
  readonly greeters: ((peer: PeerId) => void)[];
  readonly leavers: ((peer: PeerId) => void)[];
  readonly meeters: ((connection: PeerConnection, listens: readonly string[]) => void)[];
  /** Names of announcements that passed here, where they are relayed. */
  readonly seen: RecentSet<string>;
  /** Own questions without an answer yet, by their id. */
  readonly waiting: Map<number, Waiting>;
  /** Holds what it sends and gets; nothing is limited where left out. */
  readonly budget: NodeBudget | undefined;
  bytesIn: number;
  bytesOut: number;
  /** Of those, to peers at other places. */
  bytesAcross: number;
}

/** A question without an answer yet, and the ways in which it ends: the first that is called counts. */
export interface Waiting {
  readonly peer: PeerId;
  done(reply: Uint8Array): void;
  fail(code: ErrorCode, why: string): void;
}

/** All nodes, and the laws that hold between them. */
export interface Nodes {
  readonly clock: EventClock;
  readonly conditions: Conditions;
  /** By their numbers, and by their names. */
  readonly hosts: Host[];
  readonly byName: Map<PeerId, Host>;
  /** Takes a letter to where its receiver is; `arrive` is called at its time. */
  post(parcel: Parcel): void;
  /** Hands a letter over. */
  open(node: Node, from: PeerId, letter: Letter): void;
  /** Bytes as they are handed over: a copy, or the same. */
  own(bytes: Uint8Array): Uint8Array;
  /** Left out where there are no places. */
  readonly placeOf: PlaceOf | undefined;
}

const MAX_HOSTS = 2 ** 20;

/** Announcements that a node remembers, so that it relays none twice. */
const SEEN_CAPACITY = 10_000;

/** Adds a node without connections; one of the same name is gone, and its connections with it. */
export function addNode(nodes: Nodes, peer: PeerId, budget?: NodeBudget): Node {
  removeNode(nodes, peer);
  const host = hostOf(nodes, peer);
  const node: Node = {
    peer,
    host,
    session: ++host.sessions,
    links: new Set(),
    ends: new Map(),
    dialled: undefined,
    sorted: undefined,
    blocked: undefined,
    topics: new Map(),
    told: undefined,
    handlers: new Map(),
    greeters: [],
    leavers: [],
    meeters: [],
    seen: createRecentSet(SEEN_CAPACITY),
    waiting: new Map(),
    budget,
    bytesIn: 0,
    bytesOut: 0,
    bytesAcross: 0,
  };
  host.node = node;
  return node;
}

function hostOf({ hosts, byName }: Nodes, peer: PeerId): Host {
  const known = byName.get(peer);
  if (known !== undefined) return known;
  if (hosts.length === MAX_HOSTS) throw new RangeError(`a network has at most ${MAX_HOSTS} names`);
  const host: Host = { peer, node: undefined, number: hosts.length, sessions: 0, sent: 0, asked: 0 };
  hosts.push(host);
  byName.set(peer, host);
  return host;
}

export function nodeOf({ byName }: Nodes, peer: PeerId): Node | undefined {
  return byName.get(peer)?.node;
}

export function removeNode(nodes: Nodes, peer: PeerId): void {
  const host = nodes.byName.get(peer);
  for (const other of host?.node?.links ?? []) disconnect(nodes, peer, other);
  if (host !== undefined) host.node = undefined;
}

/** Opens a connection, unless there is one, or an end has blocked the other, or the conditions forbid it; both ends hear of it. */
export function connect(nodes: Nodes, a: PeerId, b: PeerId): void {
  const { conditions } = nodes;
  const [left, right] = [nodeOf(nodes, a), nodeOf(nodes, b)];
  if (left === undefined || right === undefined || left === right || left.links.has(b)) return;
  if (left.blocked?.has(b) || right.blocked?.has(a) || !conditions.allows(a, b)) return;
  left.links.add(b);
  right.links.add(a);
  left.ends.set(keyOf(right.host.number, right.session), b);
  right.ends.set(keyOf(left.host.number, left.session), a);
  left.sorted = right.sorted = undefined;
  for (const greet of left.greeters) greet(b);
  for (const greet of right.greeters) greet(a);
  for (const meet of left.meeters) introduce(nodes, left, b, meet);
  for (const meet of right.meeters) introduce(nodes, right, a, meet);
}

/** Closes a connection; requests that are under way over it end, and both ends hear of it. */
export function disconnect(nodes: Nodes, a: PeerId, b: PeerId): void {
  for (const [near, far] of [
    [a, b],
    [b, a],
  ] as const) {
    const node = nodeOf(nodes, near);
    if (node === undefined) continue;
    const wasLinked = node.links.delete(far);
    const host = nodes.byName.get(far);
    if (host !== undefined) node.ends.delete(keyOf(host.number, host.sessions));
    node.dialled?.delete(far);
    if (wasLinked) node.sorted = undefined;
    for (const waiting of node.waiting.values())
      if (waiting.peer === far) waiting.fail("ERR_UNREACHABLE", "no connection");
    if (wasLinked) for (const leave of node.leavers) leave(far);
  }
}

/** Closes the connections that the conditions no longer allow. */
export function enforce(nodes: Nodes): void {
  for (const { node } of nodes.hosts)
    for (const other of node?.links ?? [])
      if (node && !nodes.conditions.allows(node.peer, other)) disconnect(nodes, node.peer, other);
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
    isOutbound: node.dialled?.has(peer) === true,
    address: addressOf(peer),
    close: () => disconnect(nodes, node.peer, peer),
  };
}

/** Sends a letter to a neighbour. What the network loses, or a budget does not hold, neither hears of. */
export function send(nodes: Nodes, from: Node, to: PeerId, letter: Letter): void {
  const { clock, conditions, byName } = nodes;
  const bytes = lengthOf(letter);
  if (from.budget?.pass(bytes) === false) return;
  from.bytesOut += bytes;
  if (nodes.placeOf !== undefined && nodes.placeOf(from.peer) !== nodes.placeOf(to)) from.bytesAcross += bytes;
  const transitMs = conditions.transitMs(from.peer, to, bytes);
  const receiver = byName.get(to);
  if (transitMs === undefined || receiver === undefined) return;
  const { host, session } = from;
  const atMs = clock.monotonicMs() + transitMs;
  nodes.post({ atMs, to: receiver.number, from: host.number, number: host.sent++, session, letter });
}

/** Of one node of all: which host's, and which of those that were there. Up to 2^31, as small as numbers are in V8; exact far beyond. */
function keyOf(host: number, session: number): number {
  return session * MAX_HOSTS + host;
}

/** A letter has arrived. It is lost where the link that it came over is gone. */
export function arrive(nodes: Nodes, { to, from, session, letter }: Parcel): void {
  const node = nodes.hosts[to]?.node;
  const sender = node?.ends.get(keyOf(from, session));
  if (node === undefined || sender === undefined) return;
  const bytes = lengthOf(letter);
  if (node.budget?.pass(bytes) === false) return;
  node.bytesIn += bytes;
  nodes.open(node, sender, letter);
}
