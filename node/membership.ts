/**
 * Membership over libp2p: who to connect to, and how peers hear of each other.
 *
 * Sources: addresses from config or invite, peer exchange with connected peers, mDNS, and the peers remembered from earlier
 * runs. All go through one address book, which redials lost peers with back-off for ever; nobody is special once the network
 * runs, so it survives the death of every bootstrap peer, and a restarted one is found again.
 */

import { isIP } from "node:net";
import type { Peer } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { power } from "../protocol/exp-log.ts";
import { LIMITS } from "../protocol/limits.ts";
import { type AddressBook, REDIAL_FIRST_MS, REDIAL_LONGEST_MS } from "../protocol/membership/address-book.ts";
import type { Rng } from "../protocol/rng.ts";
import type { PeerId, Transport } from "../protocol/seams.ts";
import { publicKeyFromPeerId } from "../protocol/wire/identity.ts";
import {
  decodePeersAnswer,
  decodePeersRequest,
  encodePeersAnswer,
  encodePeersRequest,
} from "../protocol/wire/messages.ts";
import { wallClock } from "./clock.ts";
import type { HearsayNode } from "./libp2p.ts";

export interface MembershipOptions {
  /** Multiaddrs, with or without /p2p/<peer id>. */
  readonly bootstrap: readonly string[];
  /** Name of the peer exchange protocol. */
  readonly protocol: string;
  /** Dials stop at this many connections. */
  readonly maxOutbound: number;
  readonly rng: Rng;
}

export interface Membership {
  stop(): Promise<void>;
}

const TICK_MS = 500;
const DIAL_TIMEOUT_MS = 5_000;
const DIALS_AT_ONCE = 4;
const SAVE_EVERY_MS = 5_000;
/** Peer exchange: soon while the network is young, then ever more rarely. */
const EXCHANGE_FIRST_MS = 1_000;
const EXCHANGE_LONGEST_MS = 60_000;

export function startMembership(
  node: HearsayNode,
  transport: Transport,
  book: AddressBook,
  options: MembershipOptions,
): Membership {
  const dialing = new Set<string>();
  const nameless = new Map(
    options.bootstrap
      .filter((address) => peerIn(address) === undefined)
      .map((address) => [address, { dueMs: 0, failures: 0 }]),
  );
  let stopped = false;
  let savedMs = wallClock.monotonicMs();
  let exchangeMs = EXCHANGE_FIRST_MS;
  let nextExchangeMs = wallClock.monotonicMs() + exchangeMs;

  for (const address of options.bootstrap) {
    const peer = peerIn(address);
    if (peer !== undefined) book.learn(peer, [address]);
  }

  async function dial(peer: PeerId, addresses: readonly string[]): Promise<void> {
    dialing.add(peer);
    try {
      const targets = addresses.map((address) => withPeer(address, peer)).filter((target) => target !== undefined);
      await node.dial(targets, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
      book.reached(peer);
    } catch {
      book.lost(peer); // unreachable now: the book says when to try again
    } finally {
      dialing.delete(peer);
    }
  }

  /** A bootstrap address without a peer id: whoever answers there becomes known by name. */
  async function dialNameless(address: string, state: { dueMs: number; failures: number }): Promise<void> {
    dialing.add(address);
    try {
      const connection = await node.dial(multiaddr(address), { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) });
      const peer = connection.remotePeer.toString();
      book.learn(peer, [address]);
      book.reached(peer);
      nameless.delete(address);
    } catch {
      state.dueMs = wallClock.monotonicMs() + Math.min(REDIAL_FIRST_MS * power(2, state.failures++), REDIAL_LONGEST_MS);
    } finally {
      dialing.delete(address);
    }
  }

  async function exchange(): Promise<void> {
    const peers = transport.peers();
    const peer = peers.length === 0 ? undefined : peers[options.rng.below(peers.length)];
    if (peer === undefined) return;
    const answer = await transport.request(peer, options.protocol, encodePeersRequest(LIMITS.maxPeersExchanged));
    let news = false;
    for (const { peer: other, addresses } of decodePeersAnswer(answer)) {
      news = book.learn(other, addresses.filter(isDialable)) || news;
    }
    exchangeMs = news ? EXCHANGE_FIRST_MS : Math.min(EXCHANGE_LONGEST_MS, exchangeMs * 1.5);
  }

  transport.onRequest(options.protocol, (from, body) => {
    const limit = Math.min(decodePeersRequest(body), LIMITS.maxPeersExchanged);
    const near = isNear(node, from);
    const peers = book
      .reachable(limit + 1)
      .filter(({ peer }) => peer !== from)
      .map(({ peer, addresses }) => ({ peer, addresses: addresses.filter((address) => near || !isLoopback(address)) }))
      .filter(({ addresses }) => addresses.length > 0);
    return encodePeersAnswer(peers.slice(0, limit));
  });

  const onDisconnect = ({ detail }: { detail: { toString(): string } }) => book.lost(detail.toString());
  const onIdentify = ({ detail }: { detail: { peerId: { toString(): string }; listenAddrs: Multiaddr[] } }) => {
    const peer = detail.peerId.toString();
    if (publicKeyFromPeerId(peer) === undefined) return;
    book.learn(peer, detail.listenAddrs.map(String).filter(isDialable));
    book.reached(peer);
  };
  const learn = ({ id, addresses }: Peer) => {
    const peer = id.toString();
    if (publicKeyFromPeerId(peer) === undefined) return;
    book.learn(peer, addresses.map(({ multiaddr: address }) => address.toString()).filter(isDialable));
  };
  const onUpdate = ({ detail }: { detail: { peer: Peer } }) => learn(detail.peer);
  node.addEventListener("peer:identify", onIdentify);
  // mDNS goes by way of libp2p's store: its discovery event comes once a peer, this one also when a peer has moved
  node.addEventListener("peer:update", onUpdate);
  node.peerStore.all().then(
    (known) => {
      known.forEach(learn); // found after libp2p had started and before this listened: nobody tells again
      for (const peer of transport.peers()) book.reached(peer);
    },
    () => {}, // a store in memory fails when the node has stopped
  );

  function tick(): void {
    const connected = new Set(transport.peers());
    const now = wallClock.monotonicMs();
    for (const { peer, addresses } of book.due()) {
      if (dialing.size >= DIALS_AT_ONCE || connected.size + dialing.size >= options.maxOutbound) break;
      if (!connected.has(peer) && !dialing.has(peer)) void dial(peer, addresses);
    }
    for (const [address, state] of nameless) {
      if (state.dueMs <= now && !dialing.has(address) && dialing.size < DIALS_AT_ONCE)
        void dialNameless(address, state);
    }
    if (now >= nextExchangeMs) {
      nextExchangeMs = now + exchangeMs;
      exchange().catch(() => {}); // the peer went away, or is of another task: another is asked next time
    }
    if (now - savedMs >= SAVE_EVERY_MS) {
      savedMs = now;
      book.save().catch(() => {}); // a store that fails for good ends the peer at its next log entry
    }
  }

  const timer = setInterval(() => !stopped && tick(), TICK_MS);
  tick();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      node.removeEventListener("peer:disconnect", onDisconnect);
      node.removeEventListener("peer:identify", onIdentify);
      node.removeEventListener("peer:update", onUpdate);
      await book.save();
    },
  };
}

/** The peer id at the end of a multiaddr, if it has one. */
export function peerIn(address: string): PeerId | undefined {
  return multiaddr(address)
    .getComponents()
    .findLast(({ name }) => name === "p2p")?.value;
}

function withPeer(address: string, peer: PeerId): Multiaddr | undefined {
  const target = multiaddr(address);
  const named = peerIn(address);
  if (named === undefined) return target.encapsulate(`/p2p/${peer}`);
  return named === peer ? target : undefined;
}

/** Addresses that TCP can dial: /ip4|ip6|dns*\/.../tcp/<port>, and no unspecified address. */
function isDialable(address: string): boolean {
  try {
    const [host, port] = multiaddr(address).getComponents();
    return port?.name === "tcp" && port.value !== "0" && host?.value !== "0.0.0.0" && host?.value !== "::";
  } catch {
    return false;
  }
}

function isLoopback(address: string): boolean {
  const host = multiaddr(address).getComponents()[0]?.value ?? "";
  return isIP(host) === 4 ? host.startsWith("127.") : host === "::1" || host === "localhost";
}

/** Whether a peer is on this machine: only then do loopback addresses mean anything to it. */
function isNear(node: HearsayNode, peer: PeerId): boolean {
  return node.getConnections().some(({ remotePeer, remoteAddr }) => {
    return remotePeer.toString() === peer && isLoopback(remoteAddr.toString());
  });
}
