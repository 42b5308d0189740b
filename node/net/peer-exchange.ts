/** Peer exchange: peers tell each other of peers, each of those that it has reached itself. */
import type { Connection } from "@libp2p/interface";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { HearsayError } from "../../protocol/base/errors.ts";
import { LIMITS } from "../../protocol/base/limits.ts";
import type { Rng } from "../../protocol/base/rng.ts";
import type { PeerId, Transport } from "../../protocol/base/seams.ts";
import type { AddressBook } from "../../protocol/membership/address-book.ts";
import type { Budget } from "../../protocol/peer/memory/budget.ts";
import {
  decodePeersAnswer,
  decodePeersRequest,
  encodePeersAnswer,
  encodePeersRequest,
} from "../../protocol/wire/messages.ts";
import { type Scope, scopeOfConnection, tellable } from "./address-scope.ts";

export interface ExchangeModules {
  readonly node: { getConnections(): Connection[] };
  readonly transport: Transport;
  readonly book: AddressBook;
  /** Name of the protocol. */
  readonly protocol: string;
  readonly rng: Rng;
  /** Peers that are no newcomers. */
  readonly isKnown: (peer: PeerId) => boolean;
  /** Pays for answers; nobody pays where left out. */
  readonly budget?: Pick<Budget, "pay">;
}

/** A look through the book, ms. */
const ANSWER_COST = 2;

/** Answers others, each with what means something where it is. */
export function serveExchange({ node, transport, book, protocol, budget }: ExchangeModules): void {
  transport.onRequest(protocol, (from, body) => {
    const limit = Math.min(decodePeersRequest(body), LIMITS.maxPeersExchanged);
    if (budget?.pay(from, ANSWER_COST) === false) throw new HearsayError("ERR_RATE", "asked for peers too often");
    const scope = scopeOfPeer(node, from);
    const peers = book
      .reachable(2 * LIMITS.maxPeersExchanged)
      .filter(({ peer }) => peer !== from)
      .map(({ peer, addresses }) => ({ peer, addresses: addresses.filter((text) => tellable(text, peer, scope)) }))
      .filter(({ addresses }) => addresses.length > 0);
    return encodePeersAnswer(peers.slice(0, limit));
  });
}

/** Asks a random neighbour; whether anything was new. @throws HearsayError where it does not answer. */
export async function askForPeers({
  node,
  transport,
  book,
  protocol,
  rng,
  isKnown,
}: ExchangeModules): Promise<boolean> {
  const peers = transport.peers();
  const teller = peers.length === 0 ? undefined : peers[rng.below(peers.length)];
  if (teller === undefined) return false;
  const scope = scopeOfPeer(node, teller);
  const name = isKnown(teller) ? teller : transport.prefixOf(teller);
  const answer = await transport.request(teller, protocol, encodePeersRequest(LIMITS.maxPeersExchanged));
  let news = false;
  for (const { peer, addresses } of decodePeersAnswer(answer)) {
    news = book.learn(peer, toldBy(addresses, peer, scope), { name }) || news;
  }
  return news;
}

/** Of what somebody in this scope told, the addresses that the book takes. */
export function toldBy(addresses: readonly string[], peer: PeerId, scope: Scope): string[] {
  return [...new Set(addresses.map((text) => tellable(text, peer, scope)).filter((text) => text !== undefined))];
}

/** Of one that is connected from several places, the widest counts: it sees less of this machine. */
function scopeOfPeer(node: { getConnections(): Connection[] }, peer: PeerId): Scope {
  const from = node.getConnections().filter(({ remotePeer }) => remotePeer.toString() === peer);
  const scopes = from.map(({ remoteAddr }) => scopeOfConnection(remoteAddr));
  return scopes.find((scope) => scope === "public") ?? scopes[0] ?? "none";
}

/** The peer id at the end of a multiaddr, if it has one. */
export function peerIn(address: string | Multiaddr): PeerId | undefined {
  return multiaddr(address)
    .getComponents()
    .findLast(({ name }) => name === "p2p")?.value;
}
