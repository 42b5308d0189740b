/**
 * Who may be connected: the part of libp2p's connection gater that is about peers, and what is done when places run out.
 *
 * Peers that are known (protocol/peer/memory/identities.ts) always find a place. Newcomers share LIMITS.maxNewcomers places, few for each address prefix;
 * when those are taken, one of the prefix that has the most goes, so that many connections from one place keep nobody else out.
 */
import type { Connection, ConnectionGater, MultiaddrConnection } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { forgetOldest, putNewest } from "../../protocol/base/bounded.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import { wallClock } from "../clock.ts";
import { addressPrefix } from "./address-prefix.ts";
import { endpointOf, isLocal } from "./address-scope.ts";
import { closeConnection } from "./connections.ts";
import type { TurnedAway } from "./turned-away.ts";

/** What admission needs of a libp2p node. */
interface Connections {
  getConnections(): Connection[];
  addEventListener(type: "connection:open", listener: (event: CustomEvent<Connection>) => void): void;
  addEventListener(type: "peer:disconnect", listener: (event: CustomEvent<{ toString(): string }>) => void): void;
}

export interface Admission {
  readonly gater: ConnectionGater;
  /** From now on what connects has to find a place, and newcomers to greet in time. */
  watch(node: Connections): void;
  /** A connected peer has greeted. */
  keep(peer: PeerId): void;
  /** No connection to or from this peer for LIMITS.shunMs; those that are open stay so. */
  shun(peer: PeerId): void;
  /** No connection to or from this peer any more; those that are open stay so. */
  block(peer: PeerId): void;
  /** While this says so of a peer, no connection to it; and who comes is left after LIMITS.pointOnMs, in which it can ask whom to turn to. */
  leave(isLeft: (peer: PeerId) => boolean): void;
}

interface State {
  readonly isKnown: (peer: PeerId) => boolean;
  isLeft: (peer: PeerId) => boolean;
  readonly blocked: Set<PeerId>;
  /** Until when, ms of the monotonic clock. */
  readonly shunned: Map<PeerId, number>;
  readonly greeted: Set<PeerId>;
  /** Newcomers that connected and have not greeted, and where each came from. */
  readonly ungreeted: Map<PeerId, Multiaddr>;
  /** Connections whose peer is not proved yet, and the prefix of each. */
  readonly unproved: Map<MultiaddrConnection, string>;
  readonly turnedAway: Pick<TurnedAway, "count"> | undefined;
}

/**
 * @param isKnown peers that are no newcomers; nobody has to greet, and no place is counted, where it is left out.
 * @param turnedAway hears of connections of which nothing came.
 */
export function createAdmission(
  isKnown?: (peer: PeerId) => boolean,
  turnedAway?: Pick<TurnedAway, "count">,
): Admission {
  const state: State = {
    isKnown: isKnown ?? (() => true),
    isLeft: () => false,
    blocked: new Set(),
    shunned: new Map(),
    greeted: new Set(),
    ungreeted: new Map(),
    unproved: new Map(),
    turnedAway,
  };
  return {
    gater: gaterOf(state),
    watch(node) {
      node.addEventListener("connection:open", ({ detail }) => opened(state, node, detail));
      node.addEventListener("peer:disconnect", ({ detail }) => left(state, detail.toString()));
    },
    keep(peer) {
      state.greeted.add(peer);
      state.ungreeted.delete(peer);
    },
    shun(peer) {
      putNewest(state.shunned, peer, wallClock.monotonicMs() + LIMITS.shunMs, LIMITS.maxShunned);
    },
    block(peer) {
      state.blocked.add(peer);
      forgetOldest(state.blocked, LIMITS.maxIdentities.bannedKnown);
    },
    leave(isLeft) {
      state.isLeft = isLeft;
    },
  };
}

function gaterOf(state: State): ConnectionGater {
  const isRefused = (peer: { toString(): string }) => refuses(state, peer.toString());
  const isNotDialled = (peer: { toString(): string }) => isRefused(peer) || state.isLeft(peer.toString());
  return {
    denyDialPeer: isNotDialled,
    denyDialMultiaddr: (address: Multiaddr) => endpointOf(address) === undefined, // after all names of names are resolved
    denyOutboundEncryptedConnection: isNotDialled, // an address without a peer id, behind which it turns up
    denyInboundConnection: (connection) => !mayProve(state, connection),
    denyInboundEncryptedConnection(peer, connection) {
      state.unproved.delete(connection);
      return isRefused(peer);
    },
  };
}

function refuses({ blocked, shunned }: State, peer: PeerId): boolean {
  return blocked.has(peer) || (shunned.get(peer) ?? Number.NEGATIVE_INFINITY) > wallClock.monotonicMs();
}

/** Slow handshakes of one prefix take no places from others. */
function mayProve({ unproved, turnedAway }: State, connection: MultiaddrConnection): boolean {
  const prefix = addressPrefix(connection.remoteAddr);
  const waiting = [...unproved.values()].filter((other) => other === prefix).length;
  if (waiting >= LIMITS.maxUnprovedOfPrefix) return false;
  unproved.set(connection, prefix);
  connection.addEventListener("close", () => {
    if (unproved.delete(connection)) turnedAway?.count("unproved", connection.remoteAddr);
  });
  return true;
}

function left({ greeted, ungreeted, isKnown, turnedAway }: State, peer: PeerId): void {
  const from = ungreeted.get(peer);
  if (from !== undefined && !isKnown(peer)) turnedAway?.count("ungreeted", from);
  ungreeted.delete(peer);
  greeted.delete(peer);
}

function opened(state: State, node: Connections, connection: Connection): void {
  const peer = connection.remotePeer.toString();
  const all = node.getConnections().includes(connection)
    ? node.getConnections()
    : [...node.getConnections(), connection];
  closeOldest(all.filter((other) => other.remotePeer.toString() === peer));
  const newcomers = all.filter(({ remotePeer }) => !state.isKnown(remotePeer.toString()));
  const mustGo = surplus(newcomers, all.length);
  if (mustGo !== undefined) closeConnection(mustGo);
  if (state.isLeft(peer))
    wallClock.after(LIMITS.pointOnMs, () => {
      if (state.isLeft(peer)) closeConnection(connection);
    });
  if (state.isKnown(peer)) return;
  if (connection.direction === "inbound" && !state.greeted.has(peer)) state.ungreeted.set(peer, connection.remoteAddr);
  wallClock.after(LIMITS.greetWithinMs, () => {
    if (!state.greeted.has(peer) && !state.isKnown(peer)) closeConnection(connection);
  });
}

/** The newest connection of a peer shows that it lives; older ones may be dead. */
function closeOldest(ofPeer: readonly Connection[]): void {
  const [oldest] = [...ofPeer].sort((a, b) => a.timeline.open - b.timeline.open);
  if (ofPeer.length > LIMITS.maxConnectionsOfPeer && oldest !== undefined) closeConnection(oldest);
}

/** The newcomer that goes: the newest from the prefix that has the most, where there are too many, in all or of that prefix. */
function surplus(newcomers: readonly Connection[], total: number): Connection | undefined {
  const inbound = newcomers.filter(({ direction }) => direction === "inbound");
  const groups = Map.groupBy(inbound, ({ remoteAddr }) => addressPrefix(remoteAddr));
  const [first] = inbound;
  if (first === undefined) return undefined;
  const largest = [...groups.values()].reduce((most, group) => (group.length > most.length ? group : most), [first]);
  const ofPrefix = isLocal(largest[0]?.remoteAddr) ? LIMITS.maxNewcomersOfLocalPrefix : LIMITS.maxNewcomersOfPrefix;
  const fits = total <= LIMITS.maxConnections && inbound.length <= LIMITS.maxNewcomers && largest.length <= ofPrefix;
  return fits ? undefined : largest.at(-1);
}
