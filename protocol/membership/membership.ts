/**
 * Membership: who to connect to, and how peers hear of each other.
 *
 * Sources: addresses that the owner names, peer exchange with connected peers, what is found in the local network, and the peers remembered from earlier
 * runs. All go through one address book, which says whom to dial when; nobody is special once the network
 * runs, so it survives the death of every bootstrap peer, and a restarted one is found again.
 */
import type { Rng } from "../base/rng.ts";
import type { Clock, PeerConnection, PeerId, RequestHandler, Transport } from "../base/seams.ts";
import { publicKeyFromPeerId } from "../wire/identity.ts";
import type { AddressBook } from "./address-book.ts";
import type { AddressRules } from "./addresses.ts";
import { createDialler, type Dialler } from "./dialler.ts";
import type { Source } from "./learn.ts";
import { createNameless, type Nameless } from "./nameless.ts";
import { countPlaces, type PlacesParts } from "./outbound-places.ts";
import { askForPeers, askPeer, type ExchangeParts, exchangeService, toldBy } from "./peer-exchange.ts";

export interface MembershipParts {
  readonly clock: Clock;
  /** Of its own seed: strangers see what it draws. */
  readonly rng: Rng;
  readonly transport: Transport;
  readonly book: AddressBook;
  readonly rules: AddressRules;
}

export interface MembershipOptions {
  /** Whom the owner of this peer names. */
  readonly bootstrap: readonly BootstrapAddress[];
  /** Name of the peer exchange protocol. */
  readonly protocol: string;
  /** Dials stop at this many connections that were dialled. */
  readonly maxOutbound: number;
  /** Peers that delivered a model; nobody where left out. */
  readonly isKnown?: (peer: PeerId) => boolean;
  /** The peer that speaks for this one to another, which this one then does not dial, but tells of the speaker. Left out: it speaks for itself. */
  readonly speakerFor?: (peer: PeerId) => PeerId | undefined;
  /** Which of the peers that it dialled are asked for peers at once, because another peer may speak for them; none where left out. */
  readonly mayBeSpokenFor?: (peer: PeerId) => boolean;
  /** Longest time between two questions for peers, ms; a minute where left out. */
  readonly longestExchangeMs?: number;
  /** Pays for answers to others; nobody pays where left out. */
  readonly budget?: { pay(from: PeerId, cost: number): boolean };
}

export interface BootstrapAddress {
  readonly address: string;
  /** The peer at the address; any peer that answers there, where left out. */
  readonly peer?: PeerId;
}

export interface Membership {
  /** Answers others who ask for peers. */
  readonly service: { readonly protocol: string; readonly handle: RequestHandler };
  /** Dials, asks and saves from now on. */
  start(): void;
  /** Somebody tells of a peer by another way than the peer exchange. */
  found(peer: PeerId, addresses: readonly string[], source: Source): void;
  /** The network is back, or another one. */
  hurry(): void;
  /** Ends all of it, and saves the book. @throws what the store does. */
  stop(): Promise<void>;
}

const TICK_MS = 500;
const SAVE_EVERY_MS = 5_000;
/** Peer exchange: soon while the network is young, then ever more rarely. */
const EXCHANGE_FIRST_MS = 1_000;
const EXCHANGE_LONGEST_MS = 60_000;
const EXCHANGE_GROWTH = 1.5;

/** What the ticks work on. */
interface Running extends MembershipParts {
  readonly dialler: Dialler;
  readonly nameless: Nameless;
  readonly exchange: ExchangeParts;
  readonly places: PlacesParts;
  readonly next: { saveMs: number; exchangeMs: number };
  exchangeEveryMs: number;
  readonly longestExchangeMs: number;
  readonly mayBeSpokenFor: (peer: PeerId) => boolean;
  stopped: boolean;
  cancel: () => void;
}

export function createMembership(parts: MembershipParts, options: MembershipOptions): Membership {
  const { clock, transport, book, rules, rng } = parts;
  const { bootstrap, protocol, maxOutbound, budget, isKnown = () => false } = options;
  const { longestExchangeMs = EXCHANGE_LONGEST_MS } = options;
  const { speakerFor = () => undefined, mayBeSpokenFor = () => false } = options;
  for (const { peer, address } of bootstrap) if (peer !== undefined) book.configure(peer, address);
  const unnamed = bootstrap.filter(({ peer }) => peer === undefined).map(({ address }) => address);
  const nowMs = clock.monotonicMs();
  const running: Running = {
    ...parts,
    dialler: createDialler(parts),
    nameless: createNameless(parts, unnamed),
    exchange: { transport, book, rules, rng, protocol, isKnown, budget, speakerFor },
    places: { transport, rules, isKnown, maxOutbound },
    next: { saveMs: nowMs + SAVE_EVERY_MS, exchangeMs: nowMs + EXCHANGE_FIRST_MS },
    exchangeEveryMs: EXCHANGE_FIRST_MS,
    longestExchangeMs,
    mayBeSpokenFor,
    stopped: false,
    cancel: () => {},
  };
  return {
    service: exchangeService(running.exchange),
    start: () => start(running),
    found(peer, addresses, source) {
      if (publicKeyFromPeerId(peer) !== undefined) book.learn(peer, addresses, source);
    },
    hurry: () => book.hurry(),
    async stop() {
      running.stopped = true;
      running.cancel();
      await book.save();
    },
  };
}

function start(running: Running): void {
  const { transport, book } = running;
  transport.onDisconnect((peer) => {
    if (!running.stopped) book.lost(peer);
  });
  transport.onMet((connection, listens) => {
    if (!running.stopped) met(running, connection, listens);
  });
  for (const peer of transport.peers()) book.connected(peer);
  tick(running);
}

/** A connected peer tells where it listens. */
function met(running: Running, connection: PeerConnection, listens: readonly string[]): void {
  const { peer, address, isOutbound } = connection;
  const { transport, book, rules, exchange } = running;
  if (publicKeyFromPeerId(peer) === undefined) return;
  const { host, prefix } = rules.placeOf(address);
  const source = { name: exchange.isKnown(peer) ? peer : prefix, ownHost: host };
  book.learn(peer, toldBy(rules, listens, peer, [connection.leadsTo ?? address]), source);
  if (transport.peers().includes(peer)) book.connected(peer);
  running.exchangeEveryMs = EXCHANGE_FIRST_MS; // it may know others
  if (isOutbound && running.mayBeSpokenFor(peer)) askPeer(exchange, peer).catch(() => {}); // it is dialled again, and asked again
}

function tick(running: Running): void {
  const { clock, book, next } = running;
  if (running.stopped) return;
  running.cancel = clock.after(TICK_MS, () => tick(running));
  const nowMs = clock.monotonicMs();
  dialDue(running);
  running.nameless.dialDue();
  if (nowMs >= next.exchangeMs) {
    next.exchangeMs = nowMs + running.exchangeEveryMs;
    void exchangePeers(running);
  }
  if (nowMs >= next.saveMs) {
    next.saveMs = nowMs + SAVE_EVERY_MS;
    book.save().catch(() => {}); // a store that fails for good ends the peer at its next log entry
  }
}

function dialDue({ transport, book, dialler, places, exchange }: Running): void {
  const connected = new Set(transport.peers());
  const outbound = countPlaces(places);
  for (const dial of book.due()) {
    if (exchange.speakerFor(dial.peer) !== undefined) continue;
    if (dial.probe !== connected.has(dial.peer)) continue; // an event is on its way
    if (dial.probe || outbound.take(dial, dialler.pending())) dialler.tryDial(dial);
  }
}

async function exchangePeers(running: Running): Promise<void> {
  try {
    const news = await askForPeers(running.exchange);
    const laterMs = Math.min(running.longestExchangeMs, running.exchangeEveryMs * EXCHANGE_GROWTH);
    running.exchangeEveryMs = news ? EXCHANGE_FIRST_MS : laterMs;
  } catch {
    // the peer went away, or is of another task: another is asked next time
  }
}
