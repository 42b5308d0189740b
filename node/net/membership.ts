/**
 * Membership over libp2p: who to connect to, and how peers hear of each other.
 *
 * Sources: addresses from config or invite, peer exchange with connected peers, mDNS, and the peers remembered from earlier
 * runs. All go through one address book, which says whom to dial when; nobody is special once the network
 * runs, so it survives the death of every bootstrap peer, and a restarted one is found again.
 *
 * Only dials count towards `maxOutbound`: who connects from outside keeps this peer from dialling nobody. A quarter of these places is for peers that
 * are trusted (configured, or they delivered a model); where the places are full, strangers make room for them.
 */
import { networkInterfaces } from "node:os";
import type { Connection, IdentifyResult } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { Rng } from "../../protocol/base/rng.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import { REDIAL_FIRST_MS, REDIAL_SOON_MS } from "../../protocol/membership/card.ts";
import type { Dial } from "../../protocol/membership/due.ts";
import type { Budget } from "../../protocol/peer/memory/budget.ts";
import { publicKeyFromPeerId } from "../../protocol/wire/identity.ts";
import { wallClock } from "../clock.ts";
import { addressPrefix } from "./address-prefix.ts";
import { isLocal, plainIp, scopeOfConnection, scopeOfIp } from "./address-scope.ts";
import { createDialler, type Dialler } from "./dialler.ts";
import type { HearsayNode } from "./libp2p.ts";
import { type Liveness, startLiveness } from "./liveness.ts";
import { askForPeers, type ExchangeModules, peerIn, serveExchange, toldBy } from "./peer-exchange.ts";

export interface MembershipOptions {
  /** Multiaddrs, with or without /p2p/<peer id>. */
  readonly bootstrap: readonly string[];
  /** Name of the peer exchange protocol. */
  readonly protocol: string;
  /** Dials stop at this many connections that were dialled. */
  readonly maxOutbound: number;
  /** Of its own seed: strangers see what it draws. */
  readonly rng: Rng;
  /** Peers that delivered a model; nobody where left out. */
  readonly isKnown?: (peer: PeerId) => boolean;
  /** Pays for answers to others; nobody pays where left out. */
  readonly budget?: Pick<Budget, "pay">;
}

export interface Membership {
  /** Somebody at an IP address told of a peer by multicast. */
  found(peer: PeerId, addresses: readonly string[], fromIp: string): void;
  stop(): Promise<void>;
}

const TICK_MS = 500;
const DIAL_TIMEOUT_MS = 10_000;
const SAVE_EVERY_MS = 5_000;
const LOOK_AT_INTERFACES_EVERY_MS = 1_000;
/** Peer exchange: soon while the network is young, then ever more rarely. */
const EXCHANGE_FIRST_MS = 1_000;
const EXCHANGE_LONGEST_MS = 60_000;
/** Part of the places for dialled connections that strangers leave free. */
const RESERVED = 1 / 4;
/** Connections that are dialled to strangers of one address prefix, where that is not in the local network. */
const MAX_STRANGERS_OF_PREFIX = 8;

/** What the ticks work on. */
interface Running {
  readonly node: HearsayNode;
  readonly transport: Transport;
  readonly book: AddressBook;
  readonly options: MembershipOptions;
  readonly dialler: Dialler;
  readonly exchange: ExchangeModules;
  readonly liveness: Liveness;
  /** Bootstrap addresses without a peer id. */
  readonly nameless: Map<string, { dueMs: number; failures: number; busy: boolean }>;
  interfaces: string;
  readonly next: { save: number; exchange: number; interfaces: number };
  exchangeEveryMs: number;
}

export function startMembership(
  node: HearsayNode,
  transport: Transport,
  book: AddressBook,
  options: MembershipOptions,
): Membership {
  const { bootstrap, protocol, rng, budget, isKnown = () => false } = options;
  const nowMs = wallClock.monotonicMs();
  const running: Running = {
    node,
    transport,
    book,
    options,
    dialler: createDialler(node, book),
    exchange: { node, transport, book, protocol, rng, isKnown, ...(budget && { budget }) },
    liveness: startLiveness(node),
    nameless: new Map(
      bootstrap
        .filter((address) => !peerIn(address))
        .map((address) => [address, { dueMs: 0, failures: 0, busy: false }]),
    ),
    interfaces: addressesHere(),
    next: { save: nowMs + SAVE_EVERY_MS, exchange: nowMs + EXCHANGE_FIRST_MS, interfaces: nowMs },
    exchangeEveryMs: EXCHANGE_FIRST_MS,
  };
  for (const address of bootstrap) {
    const peer = peerIn(address);
    if (peer !== undefined) book.configure(peer, withoutPeer(address));
  }
  serveExchange(running.exchange);
  const unlisten = listen(running);
  const timer = setInterval(() => tick(running), TICK_MS);
  tick(running);
  return {
    found(peer, addresses, fromIp) {
      if (publicKeyFromPeerId(peer) === undefined) return;
      const isHere = running.interfaces.includes(` ${fromIp} `);
      const scopes = isHere ? [scopeOfIp(fromIp), "loopback" as const] : [scopeOfIp(fromIp)];
      const told = new Set(scopes.flatMap((scope) => toldBy(addresses, peer, scope)));
      book.learn(peer, [...told], { name: `multicast ${fromIp}`, ownHost: fromIp });
    },
    async stop() {
      clearInterval(timer);
      unlisten();
      running.liveness.stop();
      await book.save();
    },
  };
}

/** Keeps the book up to date with what libp2p tells; the returned function ends that. */
function listen(running: Running): () => void {
  const { node, transport, book, exchange } = running;
  const onDisconnect = ({ detail }: { detail: { toString(): string } }) => book.lost(detail.toString());
  const met = (peer: PeerId, told: readonly Multiaddr[], remote: Multiaddr) => {
    if (publicKeyFromPeerId(peer) === undefined) return;
    const name = exchange.isKnown(peer) ? peer : addressPrefix(remote);
    const ownHost = plainIp(remote.getComponents()[0]?.value ?? "");
    book.learn(peer, toldBy(told.map(String), peer, scopeOfConnection(remote)), { name, ownHost });
    book.connected(peer);
    running.exchangeEveryMs = EXCHANGE_FIRST_MS; // it may know others
  };
  const onIdentify = ({ detail }: { detail: IdentifyResult }) =>
    met(detail.peerId.toString(), detail.listenAddrs, detail.connection.remoteAddr);
  node.addEventListener("peer:disconnect", onDisconnect);
  node.addEventListener("peer:identify", onIdentify);
  for (const connection of node.getConnections()) {
    const { remotePeer, remoteAddr } = connection; // it came before this listened: nobody tells again
    node.peerStore.get(remotePeer).then(
      ({ addresses }) =>
        met(
          remotePeer.toString(),
          addresses.map(({ multiaddr: address }) => address),
          remoteAddr,
        ),
      () => {}, // a store in memory fails when the node has stopped
    );
  }
  for (const peer of transport.peers()) book.connected(peer);
  return () => {
    node.removeEventListener("peer:disconnect", onDisconnect);
    node.removeEventListener("peer:identify", onIdentify);
  };
}

function tick(running: Running): void {
  const { book, next } = running;
  const nowMs = wallClock.monotonicMs();
  if (nowMs >= next.interfaces) {
    next.interfaces = nowMs + LOOK_AT_INTERFACES_EVERY_MS;
    lookAtInterfaces(running);
  }
  dialDue(running);
  for (const [address, state] of running.nameless) {
    if (state.dueMs <= nowMs && !state.busy) void dialNameless(running, address, state);
  }
  if (nowMs >= next.exchange) {
    next.exchange = nowMs + running.exchangeEveryMs;
    askForPeers(running.exchange).then(
      (news) => {
        running.exchangeEveryMs = news
          ? EXCHANGE_FIRST_MS
          : Math.min(EXCHANGE_LONGEST_MS, running.exchangeEveryMs * 1.5);
      },
      () => {}, // the peer went away, or is of another task: another is asked next time
    );
  }
  if (nowMs >= next.save) {
    next.save = nowMs + SAVE_EVERY_MS;
    book.save().catch(() => {}); // a store that fails for good ends the peer at its next log entry
  }
}

/** An address of this machine has come or gone: connections may be dead, and peers can be reached again. */
function lookAtInterfaces(running: Running): void {
  const interfaces = addressesHere();
  if (interfaces === running.interfaces) return;
  running.interfaces = interfaces;
  running.liveness.suspect();
  running.book.hurry();
}

function addressesHere(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return ` ${addresses.join(" ")} `;
}

function dialDue(running: Running): void {
  const { transport, book, dialler } = running;
  const connected = new Set(transport.peers());
  for (const dial of book.due()) {
    if (dial.probe !== connected.has(dial.peer)) continue; // an event is on its way
    if (dial.probe || hasPlace(running, dial)) dialler.tryDial(dial);
  }
}

/** Whether one more connection may be dialled; a stranger makes room for a trusted peer. */
function hasPlace({ node, dialler, options }: Running, { trusted, configured, address }: Dial): boolean {
  const isKnown = options.isKnown ?? (() => false);
  const outbound = node.getConnections().filter(({ direction }) => direction === "outbound");
  const strangers = outbound.filter(({ remotePeer }) => !isKnown(remotePeer.toString()));
  const pending = dialler.pending();
  if (!trusted) {
    const places = Math.max(1, Math.ceil(options.maxOutbound * (1 - RESERVED)));
    return (
      strangers.length + pending.strangers < places &&
      outbound.length + pending.all < options.maxOutbound &&
      isSpread(strangers, multiaddr(address))
    );
  }
  if (outbound.length + pending.all < options.maxOutbound || configured) return true;
  const goes = strangers.at(-1);
  goes?.close().catch((error: Error) => goes.abort(error));
  return goes !== undefined;
}

/** Strangers that are dialled are not all in one place, unless that is the local network. */
function isSpread(strangers: readonly Connection[], address: Multiaddr): boolean {
  if (isLocal(address)) return true;
  const prefix = addressPrefix(address);
  return strangers.filter(({ remoteAddr }) => addressPrefix(remoteAddr) === prefix).length < MAX_STRANGERS_OF_PREFIX;
}

/** A bootstrap address without a peer id: whoever answers there becomes known by name. */
async function dialNameless(
  { node, book, nameless }: Running,
  address: string,
  state: { dueMs: number; failures: number; busy: boolean },
): Promise<void> {
  state.busy = true;
  try {
    const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
    const peer = connection.remotePeer.toString();
    book.configure(peer, address);
    book.reached(peer, address);
    book.connected(peer);
    nameless.delete(address);
  } catch {
    const delayMs = REDIAL_FIRST_MS * Math.min(++state.failures, REDIAL_SOON_MS / REDIAL_FIRST_MS);
    state.dueMs = wallClock.monotonicMs() + delayMs;
  } finally {
    state.busy = false;
  }
}

/** The address alone, where it ends with a peer id. */
function withoutPeer(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, "");
}
