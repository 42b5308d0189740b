/**
 * The address book: who exists, where each was reached, and when to try again. Pure bookkeeping; `node/net/membership.ts` dials.
 *
 * An address is *verified* by a dial that reached it and found the key of that very peer; everything else is what somebody *told*. A peer without a
 * verified address is a *stranger*: strangers are few, fewer for each source that tells, soon given up (attempts.ts), never saved and never
 * passed on. Peers that are configured, or that delivered a model, are *trusted*: nothing that anybody tells drops them or their addresses.
 *
 * A lost peer is redialled after 0.5 s, 1 s ... 5 s, and after some minutes ever more rarely (card.ts), times a factor in [0.5, 1.5) so that a
 * network that went down together does not come back in step. Trusted ones for ever, others for a day.
 */
import { forgetOldest } from "../base/bounded.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock, PeerId, Store, StoreChange } from "../base/seams.ts";
import { STORE } from "../base/store-layout.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import type { PeerAddresses } from "../wire/messages.ts";
import { type Attempt, type Attempts, createAttempts, type Place } from "./attempts.ts";
import { addTold, type Card, isStranger, newCard, verify, waitMs } from "./card.ts";

export { REDIAL_FIRST_MS, REDIAL_LONGEST_MS, REDIAL_SOON_MS } from "./card.ts";

/** An address to dial. */
export interface Dial {
  readonly peer: PeerId;
  readonly address: string;
  /** Configured, or it has delivered: it is dialled first, and others make room for it. */
  readonly trusted: boolean;
  /** Where the owner of this peer says so: a name may lead anywhere then. */
  readonly configured: boolean;
  /** It is connected already: only whether it can be reached there is asked. */
  readonly probe: boolean;
}

/** Who told of a peer. */
export interface Source {
  /** What it costs something to have many of: an address prefix, or a trusted peer. Each may fill a part of the book. */
  readonly name: string;
  /** The host of the peer itself, where it is the one that tells. */
  readonly ownHost?: string;
}

export interface AddressBook {
  /** The owner of this peer names another. */
  configure(peer: PeerId, address: string): void;
  /** Somebody told of a peer, or of more addresses. False where nothing was new, or no room is left. */
  learn(peer: PeerId, addresses: readonly string[], source: Source): boolean;
  /** Connections opened, and the last one closed. */
  connected(peer: PeerId): void;
  lost(peer: PeerId): void;
  /** A dial found the key of this peer at this address. */
  reached(peer: PeerId, address: string): void;
  /** A dial did not; `ip` where a name led to it. */
  failed(peer: PeerId, address: string, ip?: string): void;
  /** Whether a name that was told may be dialled where it leads to. */
  mayTry(peer: PeerId, address: string): boolean;
  /** What to dial now: trusted peers first, then those that were reached before, then strangers, a source at a time. No address twice. */
  due(): Dial[];
  /** The network is back, or another one: peers that were reached before are due at once. */
  hurry(): void;
  /** Works on another task: forgotten, and not learned again for a while. */
  shun(peer: PeerId): void;
  /** There is evidence against its key: never dialled or passed on again. */
  ban(peer: PeerId): void;
  isBanned(peer: PeerId): boolean;
  addressesOf(peer: PeerId): readonly string[];
  /** Peers that a dial reached in this run and where: those that are here or were a moment ago, in random order, then the others. */
  reachable(limit: number): PeerAddresses[];
  size(): number;
  /** Writes what changed since the last save. */
  save(): Promise<void>;
}

export interface AddressBookModules {
  readonly clock: Clock;
  /** Of its own seed: strangers see what it draws. */
  readonly rng: Rng;
  readonly store: Store;
  readonly self: PeerId;
  readonly placeOf: (address: string) => Place;
  /** Peers that delivered a model; nobody where left out. */
  readonly isKnown?: (peer: PeerId) => boolean;
}

interface Book extends Omit<AddressBookModules, "isKnown"> {
  readonly isKnown: (peer: PeerId) => boolean;
  readonly cards: Map<PeerId, Card>;
  /** The strangers among them, by who told of each. */
  readonly strangers: Map<string, Set<Card>>;
  readonly attempts: Attempts;
  readonly banned: Set<PeerId>;
  /** Until when. */
  readonly shunned: Map<PeerId, number>;
  readonly changed: Set<PeerId>;
}

/** Of earlier runs. */
const REMEMBERED = "remembered";
/** Who was reached within this time may still be there. */
const LATELY_MS = 600_000;

/** @throws HearsayError ERR_STATE where a stored card does not decode. */
export async function openAddressBook(modules: AddressBookModules): Promise<AddressBook> {
  const { clock, store, isKnown = () => false } = modules;
  const book: Book = {
    ...modules,
    isKnown,
    cards: new Map(),
    strangers: new Map(),
    attempts: createAttempts(clock),
    banned: new Set(),
    shunned: new Map(),
    changed: new Set(),
  };
  for await (const [key, value] of store.range(STORE.book)) {
    const card = newCard(key.slice(STORE.book.length), REMEMBERED, clock.monotonicMs());
    card.verified = decodeCard(key, value).slice(0, LIMITS.maxAddressesPerPeer - 1);
    if (card.verified.length > 0) book.cards.set(card.peer, card);
  }
  return methodsOf(book);
}

function methodsOf(book: Book): AddressBook {
  const { cards, clock, attempts } = book;
  return {
    configure: (peer, address) => configure(book, peer, address),
    learn: (peer, addresses, source) => learn(book, peer, addresses, source),
    connected(peer) {
      const card = cards.get(peer);
      if (card === undefined || card.connected) return;
      card.connected = true;
      card.connectedMs = clock.monotonicMs();
      card.failures = card.turn = 0;
    },
    lost: (peer) => lost(book, peer),
    reached: (peer, address) => reached(book, peer, address),
    failed: (peer, address, ip) => failed(book, peer, address, ip),
    mayTry(peer, address) {
      const card = cards.get(peer);
      return card === undefined || card.configured || attempts.mayTry(attemptAt(book, card, address));
    },
    due: () => due(book),
    hurry() {
      for (const card of cards.values())
        if (!isStranger(card)) Object.assign(card, { nextDialMs: clock.monotonicMs(), failures: 0, turn: 0 });
    },
    shun(peer) {
      book.shunned.delete(peer); // re-inserted at the end
      book.shunned.set(peer, clock.monotonicMs() + LIMITS.shunMs);
      forgetOldest(book.shunned, LIMITS.maxShunned);
      if (cards.get(peer)?.configured !== true) remove(book, peer);
    },
    ban(peer) {
      book.banned.add(peer);
      forgetOldest(book.banned, LIMITS.maxIdentities.bannedKnown);
      remove(book, peer);
    },
    isBanned: (peer) => book.banned.has(peer),
    addressesOf(peer) {
      const card = cards.get(peer);
      return card === undefined ? [] : [...card.verified, ...card.told.map(({ address }) => address)];
    },
    reachable: (limit) => reachable(book, limit),
    size: () => cards.size,
    save: () => save(book),
  };
}

function isTrusted(book: Book, card: Card): boolean {
  return card.configured || book.isKnown(card.peer);
}

function isShunned({ shunned, clock }: Book, peer: PeerId): boolean {
  return (shunned.get(peer) ?? Number.NEGATIVE_INFINITY) > clock.monotonicMs();
}

function remove(book: Book, peer: PeerId): void {
  const card = book.cards.get(peer);
  if (card === undefined) return;
  book.cards.delete(peer);
  noLongerStranger(book, card);
  if (card.verified.length > 0) book.changed.add(peer); // nothing is stored of others
}

function nowStranger({ strangers }: Book, card: Card): void {
  const ofSource = strangers.get(card.source) ?? new Set();
  strangers.set(card.source, ofSource.add(card));
}

function noLongerStranger({ strangers }: Book, card: Card): void {
  const ofSource = strangers.get(card.source);
  if (ofSource?.delete(card) && ofSource.size === 0) strangers.delete(card.source);
}

function configure(book: Book, peer: PeerId, address: string): void {
  if (peer === book.self) return;
  const card = book.cards.get(peer) ?? newCard(peer, "configured", book.clock.monotonicMs());
  card.configured = true;
  noLongerStranger(book, card);
  card.told = card.told.filter((told) => told.address !== address);
  if (!card.verified.includes(address)) card.verified = [...card.verified, address].slice(-LIMITS.maxAddressesPerPeer);
  book.cards.set(peer, card);
}

function learn(book: Book, peer: PeerId, offered: readonly string[], source: Source): boolean {
  const { self, cards, banned, clock } = book;
  if (peer === self || banned.has(peer) || isShunned(book, peer)) return false;
  const card = cards.get(peer) ?? newCard(peer, source.name, clock.monotonicMs());
  const addresses = offered
    .filter(({ length }) => length <= LIMITS.maxAddressLength) // longer ones could not be passed on
    .slice(0, LIMITS.maxAddressesPerPeer)
    .map((address) => ({ address, own: book.placeOf(address).host === source.ownHost }))
    .filter((told) => !book.attempts.isHopeless(attemptOf(book, card, told)));
  if (addresses.length === 0) return false;
  if (!cards.has(peer)) {
    if (!roomForStranger(book, source.name)) return false;
    cards.set(peer, card);
    nowStranger(book, card);
  }
  return addTold(card, addresses);
}

/** Room comes from the source that has the most strangers; one that is not connected, the oldest, goes. */
function roomForStranger(book: Book, source: string): boolean {
  let [count, largest] = [0, book.strangers.get(source) ?? new Set<Card>()];
  const isFull = largest.size >= LIMITS.maxStrangersOfSource;
  for (const ofSource of book.strangers.values()) {
    count += ofSource.size;
    if (!isFull && ofSource.size > largest.size) largest = ofSource;
  }
  if (!isFull && count < LIMITS.maxStrangers) return true;
  for (const card of largest) {
    if (card.connected || isTrusted(book, card)) continue;
    remove(book, card.peer);
    return true;
  }
  return false;
}

function attemptOf({ placeOf }: Book, { peer }: Card, { address, own }: { address: string; own: boolean }): Attempt {
  return { address, place: placeOf(address), own: own ? peer : undefined };
}

function attemptAt(book: Book, card: Card, address: string): Attempt {
  const own = card.told.some((told) => told.address === address && told.own);
  return attemptOf(book, card, { address, own });
}

function lost(book: Book, peer: PeerId): void {
  const card = book.cards.get(peer);
  if (card === undefined || !card.connected) return;
  const nowMs = book.clock.monotonicMs();
  card.connected = false;
  card.lostMs = nowMs;
  card.wasThereMs = nowMs - card.connectedMs;
  card.failures = 1;
  card.turn = 0;
  card.nextDialMs = nowMs + waitMs(card, isTrusted(book, card), nowMs, book.rng);
}

function reached(book: Book, peer: PeerId, address: string): void {
  const card = book.cards.get(peer);
  if (card === undefined) return;
  const { verified } = card;
  const wasStranger = isStranger(card);
  noLongerStranger(book, card);
  book.attempts.succeeded(attemptAt(book, card, address));
  verify(card, address);
  card.reachedMs = book.clock.monotonicMs();
  card.failures = card.turn = 0;
  if (verified.length !== card.verified.length || verified[0] !== address) book.changed.add(peer);
  for (const other of book.cards.values()) if (other !== card) disprove(book, other, address);
  if (wasStranger && !isTrusted(book, card)) makeRoom(book, card, address);
}

/** One address leads to one peer: what was said of others there does not hold any more. */
function disprove(book: Book, card: Card, address: string): void {
  card.told = card.told.filter((told) => told.address !== address);
  if (card.configured || !card.verified.includes(address)) return;
  card.verified = card.verified.filter((other) => other !== address);
  if (isStranger(card)) nowStranger(book, card);
  book.changed.add(card.peer);
}

/** Reached peers have places too, few for each address prefix: who was lost for the longest goes, but nobody that is trusted. */
function makeRoom(book: Book, card: Card, address: string): void {
  const { prefix, isLocal } = book.placeOf(address);
  const rivals = [...book.cards.values()].filter(
    (other) => other !== card && !isStranger(other) && !isTrusted(book, other),
  );
  const ofPrefix = rivals.filter(({ verified }) => verified.some((other) => book.placeOf(other).prefix === prefix));
  const most = isLocal ? LIMITS.maxReachedOfLocalPrefix : LIMITS.maxReachedOfPrefix;
  if (ofPrefix.length >= most) removeLongestLost(book, ofPrefix);
  else if (book.cards.size > LIMITS.maxKnownPeers) removeLongestLost(book, rivals);
}

function removeLongestLost(book: Book, cards: readonly Card[]): void {
  const absent = cards.filter(({ connected }) => !connected);
  const [first] = absent;
  if (first === undefined) return;
  remove(book, absent.reduce((longest, card) => (card.lostMs < longest.lostMs ? card : longest), first).peer);
}

function failed(book: Book, peer: PeerId, address: string, ip?: string): void {
  const card = book.cards.get(peer);
  const nowMs = book.clock.monotonicMs();
  if (card === undefined) return;
  if (!card.verified.includes(address)) {
    for (const where of ip === undefined ? [address] : [address, ip])
      book.attempts.failed(attemptAt(book, card, where));
    card.told = card.told.filter((told) => !book.attempts.isHopeless(attemptOf(book, card, told)));
  }
  card.turn++;
  if (card.turn < card.told.length + (card.connected ? 0 : card.verified.length)) return; // the next address at once
  card.turn = 0;
  card.failures++;
  card.nextDialMs = nowMs + waitMs(card, isTrusted(book, card), nowMs, book.rng);
  const gone = isStranger(card) ? card.told.length === 0 : nowMs - card.lostMs > LIMITS.forgetAfterMs;
  if (!card.connected && gone && !isTrusted(book, card)) remove(book, peer);
}

function due(book: Book): Dial[] {
  const nowMs = book.clock.monotonicMs();
  const ready: { card: Card; dial: Dial }[] = [];
  for (const card of book.cards.values()) {
    if (card.nextDialMs > nowMs || isShunned(book, card.peer)) continue;
    const dial = nextDial(book, card);
    if (dial !== undefined) ready.push({ card, dial });
  }
  const reachedBefore = ready
    .filter(({ card }) => !isStranger(card))
    .sort((a, b) => Number(b.dial.trusted) - Number(a.dial.trusted) || a.card.nextDialMs - b.card.nextDialMs);
  const strangers = inTurns(
    book.rng,
    ready.filter(({ card }) => isStranger(card)),
  );
  const seen = new Set<string>();
  const isNew = (name: string) => !seen.has(name) && seen.add(name) !== undefined;
  return [...reachedBefore, ...strangers]
    .map(({ dial }) => dial)
    .filter(({ peer, address }) => {
      const card = book.cards.get(peer) as Card;
      if (card.verified.includes(address)) return isNew(address);
      const { own, place } = attemptAt(book, card, address);
      const isFar = own === undefined && !place.isLocal;
      return isNew(address) && (!isFar || isNew(`prefix ${place.prefix}`)); // the next when it is known what came of this one
    });
}

/** The address of a card whose turn it is; of a peer that is connected, one that was told and is not verified. */
function nextDial(book: Book, card: Card): Dial | undefined {
  const { peer, configured, connected } = card;
  const told = card.told
    .filter((one) => book.attempts.mayTry(attemptOf(book, card, one)))
    .map(({ address }) => address);
  const addresses = connected ? told : [...card.verified, ...told];
  const address = addresses[card.turn % Math.max(1, addresses.length)];
  if (address === undefined) return undefined;
  return { peer, address, trusted: isTrusted(book, card), configured, probe: connected };
}

/** In random order, one of each source, then the second of each: nobody is kept waiting by a source that told of many. */
function inTurns<T extends { card: Card }>(rng: Rng, items: readonly T[]): T[] {
  const shuffled = Array.from(rng.permutation(items.length), (i) => items[i] as T);
  const groups = [...Map.groupBy(shuffled, ({ card }) => card.source).values()];
  const longest = groups.reduce((most, { length }) => Math.max(most, length), 0);
  return Array.from({ length: longest }, (_, i) => groups.flatMap((group) => group.slice(i, i + 1))).flat();
}

function reachable(book: Book, limit: number): PeerAddresses[] {
  const nowMs = book.clock.monotonicMs();
  const alive = ({ connected, reachedMs }: Card) =>
    reachedMs !== undefined && (connected || nowMs - reachedMs < LATELY_MS);
  const reachedNow = [...book.cards.values()].filter(
    ({ reachedMs, verified }) => reachedMs !== undefined && verified.length > 0,
  );
  const here = reachedNow.filter(alive);
  const shuffled = Array.from(book.rng.permutation(here.length), (i) => here[i] as Card);
  const others = reachedNow.filter((card) => !alive(card)).sort((a, b) => (b.reachedMs ?? 0) - (a.reachedMs ?? 0));
  const passed = [...shuffled, ...others].filter(({ peer }) => !isShunned(book, peer)).slice(0, limit);
  return passed.map(({ peer, verified }) => ({ peer, addresses: [...new Set(verified)] }));
}

async function save({ cards, changed, store }: Book): Promise<void> {
  const peers = [...changed];
  if (peers.length === 0) return;
  changed.clear();
  const changes = peers.map((peer): StoreChange => {
    const card = cards.get(peer);
    const key = `${STORE.book}${peer}`;
    const wasReached = card?.reachedMs !== undefined || card?.source === REMEMBERED;
    return wasReached && card !== undefined && card.verified.length > 0
      ? { key, value: encodeCanonical(card.verified) }
      : { key };
  });
  try {
    await store.write(changes);
  } catch (error) {
    for (const peer of peers) changed.add(peer); // for the next save
    throw error;
  }
}

function decodeCard(key: string, value: Uint8Array): string[] {
  const damaged = `the address book entry ${key} is damaged`;
  let addresses: unknown;
  try {
    addresses = decodeCanonical(value, 16 * 1024);
  } catch (cause) {
    throw new HearsayError("ERR_STATE", damaged, { key }, cause);
  }
  if (Array.isArray(addresses) && addresses.every((address) => typeof address === "string")) return addresses;
  throw new HearsayError("ERR_STATE", damaged, { key });
}
