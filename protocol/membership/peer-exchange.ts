/** Peer exchange: peers tell each other of peers, each of those that it has reached itself. */
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Rng } from "../base/rng.ts";
import type { PeerId, RequestHandler, Transport } from "../base/seams.ts";
import { decodePeersAnswer, decodePeersRequest, encodePeersAnswer, encodePeersRequest } from "../wire/messages.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressRules } from "./addresses.ts";

export interface ExchangeParts {
  readonly transport: Transport;
  readonly book: AddressBook;
  readonly rules: AddressRules;
  readonly rng: Rng;
  /** Name of the protocol. */
  readonly protocol: string;
  /** Peers that are no newcomers. */
  readonly isKnown: (peer: PeerId) => boolean;
  /** Takes the cost of an answer to a peer, or refuses; nobody pays where left out. */
  readonly budget?: { pay(from: PeerId, cost: number): boolean } | undefined;
  /** As of `MembershipOptions`. */
  readonly speakerFor: (peer: PeerId) => PeerId | undefined;
}

/** A look through the book, ms. */
const ANSWER_COST = 2;

/** Answers others, each with what means something where it is; whom it has to leave to another one it tells of that one alone. */
export function exchangeService({ transport, book, rules, protocol, budget, speakerFor }: ExchangeParts): {
  readonly protocol: string;
  readonly handle: RequestHandler;
} {
  function handle(from: PeerId, body: Uint8Array): Uint8Array {
    const limit = Math.min(decodePeersRequest(body), LIMITS.maxPeersExchanged);
    // [IGNORE] Who asked more often than its budget allows.
    if (budget?.pay(from, ANSWER_COST) === false) throw new HearsayError("ERR_RATE", "asked for peers too often");
    const places = placesOf(transport, from);
    const speaker = speakerFor(from);
    const known =
      speaker === undefined
        ? book.reachable(2 * LIMITS.maxPeersExchanged)
        : [{ peer: speaker, addresses: book.addressesOf(speaker) }];
    const peers = known
      .filter(({ peer }) => peer !== from)
      .map(({ peer, addresses }) => ({ peer, addresses: toldBy(rules, addresses, peer, places) }))
      .filter(({ addresses }) => addresses.length > 0);
    return encodePeersAnswer(peers.slice(0, limit));
  }
  return { protocol, handle };
}

/** Asks a random neighbour; whether anything was new. @throws HearsayError where it does not answer. */
export async function askForPeers(parts: ExchangeParts): Promise<boolean> {
  const peers = parts.transport.peers();
  const teller = peers.length === 0 ? undefined : peers[parts.rng.below(peers.length)];
  return teller === undefined ? false : await askPeer(parts, teller);
}

/** Asks a neighbour; whether anything was new. @throws HearsayError where it does not answer. */
export async function askPeer(parts: ExchangeParts, teller: PeerId): Promise<boolean> {
  const { transport, book, rules, protocol, isKnown } = parts;
  const places = placesOf(transport, teller);
  const name = isKnown(teller) ? teller : transport.prefixOf(teller);
  const answer = await transport.request(teller, protocol, encodePeersRequest(LIMITS.maxPeersExchanged));
  let news = false;
  for (const { peer, addresses } of decodePeersAnswer(answer)) {
    news = book.learn(peer, toldBy(rules, addresses, peer, places), { name }) || news;
  }
  return news;
}

/** Of addresses of a peer, each once, those that somebody at these places may tell and be told. */
export function toldBy(
  rules: AddressRules,
  addresses: readonly string[],
  peer: PeerId,
  places: readonly string[],
): string[] {
  const told = addresses.map((address) => rules.tellable(address, peer, places));
  return [...new Set(told.filter((address) => address !== undefined))];
}

/** Where a peer is connected from. */
function placesOf(transport: Transport, peer: PeerId): string[] {
  return transport
    .connections()
    .filter((connection) => connection.peer === peer)
    .map(({ address, leadsTo }) => leadsTo ?? address);
}
