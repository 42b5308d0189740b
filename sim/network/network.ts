/**
 * A network in memory: the Transport seam under modelled conditions, for simulations and tests. Real bytes are handed over,
 * copied so that nobody shares memory; or, where thousands of peers should hold one copy of each body, by reference.
 *
 * Announcements are relayed hop by hop where the handler accepts them, as gossipsub does, or go to neighbours only. Bodies are
 * pulled from neighbours only, so relaying changes little in what is learnt; but it costs every peer one message for
 * each announcement of everybody, which no simulation of thousands can afford.
 */
import type { Clock, Crypto, PeerId, Telling, Transport } from "../../protocol/base/seams.ts";
import { BRIEF_NUMBERS } from "../../protocol/wire/brief.ts";
import { decodeNumbers, encodeNumbers } from "../../protocol/wire/numbers.ts";
import { announce, announced, hear } from "./announcing.ts";
import { answer, ask, settle } from "./asking.ts";
import type { NodeBudget } from "./budget.ts";
import type { PlaceOf } from "./clusters.ts";
import type { Conditions } from "./conditions.ts";
import { dial } from "./dial.ts";
import { type EventClock, eventClock } from "./events.ts";
import type { Announced, Letter, Parcel } from "./letters.ts";
import {
  addNode,
  arrive,
  connect,
  connectionTo,
  disconnect,
  enforce,
  type Node,
  type Nodes,
  neighboursOf,
  nodeOf,
  onMet,
  removeNode,
  send,
} from "./nodes.ts";

export interface NetworkOptions {
  readonly clock: Clock | (Clock & EventClock);
  readonly crypto: Crypto;
  readonly conditions: Conditions;
  /** How far announcements go: over everybody who accepts them (default), or to the author's neighbours. */
  readonly announcements?: "flood" | "neighbours";
  /** The address prefix of a node, as `Transport.prefixOf`; its name where left out. */
  readonly prefixOf?: (peer: PeerId) => string;
  /** Where each node is; bytes between two places are counted apart. Left out: there are no places. */
  readonly placeOf?: PlaceOf | undefined;
  /** Left out: all nodes are in this thread. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Whether nodes tell each other numbers (`Transport.telling`), as over real connections; left out: all that is announced is signed. */
  readonly tells?: boolean;
  /** Hand over by reference: peers change nothing that they got, so only a test can tell. */
  readonly sharesMemory?: boolean;
}

/** The rest of a network of which other threads run a part. They join, connect and take away the same nodes at the same times. */
export interface Elsewhere {
  isHere(node: number): boolean;
  send(parcel: Parcel): void;
  /** A node here closes a connection by itself, which the other threads cannot know. */
  cut(): void;
}

export interface Network {
  /** The transport of a new node; one of the same name that was there is gone, and its connections with it. */
  join(peer: PeerId, budget?: NodeBudget): Transport;
  /** Opens a connection, unless there is one or an end has blocked the other; both ends hear of it. */
  connect(a: PeerId, b: PeerId): void;
  disconnect(a: PeerId, b: PeerId): void;
  /** Closes the connections that the conditions no longer allow. */
  enforce(): void;
  /** Takes a node off the network; its connections close. */
  leave(peer: PeerId): void;
  /** Whom a peer is connected to now, sorted; the same list as before where nothing has changed. None for a peer that is not there. */
  neighbours(peer: PeerId): readonly PeerId[];
  /** One announcement to one neighbour, which relays it like any other: only liars tell their neighbours different things. */
  tell(from: PeerId, to: PeerId, topic: string, body: Uint8Array): void;
  /** Of a node that joined, in the order of joining, from 0: as the clock knows it. */
  numberOf(peer: PeerId): number;
  /** Bytes that the newest node of this name has sent to other places; 0 where there are none. */
  bytesAcross(peer: PeerId): number;
  /** Takes in a letter of another thread. */
  bring(parcel: Parcel): void;
}

/** The nodes, and what they all do alike. */
interface World extends Nodes {
  /** An announcement under the name that it has where it is relayed. */
  named(topic: string, body: Uint8Array): Announced;
  readonly elsewhere: Elsewhere | undefined;
  readonly tells: boolean;
  prefixOf(peer: PeerId): string;
}

export function createNetwork(options: NetworkOptions): Network {
  const { clock, crypto, conditions, announcements = "flood", sharesMemory = false } = options;
  const { prefixOf = (peer: PeerId) => peer, elsewhere, placeOf } = options;
  const arriveHere = (parcel: Parcel) => arrive(world, parcel);
  const bring = (parcel: Parcel) => world.clock.at(parcel, arriveHere, parcel.letter.kind === "announcement");
  const world: World = {
    clock: eventClock(clock),
    conditions,
    hosts: [],
    byName: new Map(),
    own: (bytes) => (sharesMemory ? bytes : bytes.slice()),
    post: (parcel) => (elsewhere === undefined || elsewhere.isHere(parcel.to) ? bring(parcel) : elsewhere.send(parcel)),
    open: (node, from, letter) => open(world, node, from, letter),
    named: (topic, body) => announced(crypto, announcements === "flood", topic, body),
    elsewhere,
    tells: options.tells === true,
    prefixOf,
    placeOf,
  };
  return {
    bring,
    join: (peer, budget) => transportOf(world, addNode(world, peer, budget)),
    connect: (a, b) => connect(world, a, b),
    disconnect: (a, b) => disconnect(world, a, b),
    enforce: () => enforce(world),
    leave: (peer) => removeNode(world, peer),
    neighbours(peer) {
      const node = nodeOf(world, peer);
      return node === undefined ? NOBODY : neighboursOf(node);
    },
    tell(from, to, topic, body) {
      const node = nodeOf(world, from);
      if (node?.links.has(to)) send(world, node, to, world.named(topic, body));
    },
    bytesAcross: (peer) => nodeOf(world, peer)?.bytesAcross ?? 0,
    numberOf: (peer) => world.byName.get(peer)?.number ?? 0,
  };
}

const NOBODY: readonly PeerId[] = [];

function open(world: World, node: Node, from: PeerId, letter: Letter): void {
  if (letter.kind === "announcement") hear(world, node, from, letter);
  else if (letter.kind === "told") node.told?.get(letter.topic)?.(from, decodeNumbers(letter.body, BRIEF_NUMBERS));
  else if (letter.kind === "question") answer(world, node, from, letter);
  else settle(node, from, letter);
}

function transportOf(world: World, node: Node): Transport {
  const block = (other: PeerId) => {
    world.elsewhere?.cut();
    node.blocked ??= new Set();
    node.blocked.add(other);
    disconnect(world, node.peer, other);
  };
  return {
    ...(world.tells && { telling: tellingOf(world, node) }),
    announce: async (topic, body, to) => announce(world, node, world.named(topic, body), to),
    onAnnounce: (topic, handler) => void node.topics.set(topic, handler),
    request: (peer, protocol, body, { signal } = {}) => ask(world, node, { peer, protocol, body }, signal),
    onRequest: (protocol, handler) => void node.handlers.set(protocol, handler),
    withdraw(name) {
      node.topics.delete(name);
      node.told?.delete(name);
      node.handlers.delete(name);
    },
    dial: (address, options) => dial(world, node, address, options),
    connections: () => neighboursOf(node).map((peer) => connectionTo(world, node, peer)),
    peers: () => neighboursOf(node),
    prefixOf: world.prefixOf,
    onConnect: (handler) => void node.greeters.push(handler),
    onDisconnect: (handler) => void node.leavers.push(handler),
    onMet: (handler) => onMet(world, node, handler),
    keep() {}, // there is room for all
    shun: block,
    block,
    traffic: () => ({ bytesIn: node.bytesIn, bytesOut: node.bytesOut }),
  };
}

function tellingOf(world: World, node: Node): Telling {
  return {
    tell(to, topic, numbers) {
      const letter = { kind: "told", topic, body: encodeNumbers(numbers) } as const;
      for (const peer of neighboursOf(node)) if (to.has(peer)) send(world, node, peer, letter);
    },
    onTold(topic, handler) {
      node.told ??= new Map();
      node.told.set(topic, handler);
    },
    passOn: async (topic, body) => announce(world, node, world.named(topic, body)),
  };
}
