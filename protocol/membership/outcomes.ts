/** What the address book makes of what happened: a connection was lost, a dial reached its peer, or it did not. */
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import { attemptAt, attemptOf, type Book, isTrusted, noLongerStranger, nowStranger, remove } from "./book-state.ts";
import { type Card, closed, isStranger, verify, waitMs } from "./card.ts";

/** As `AddressBook.lost`. */
export function lost(book: Book, peer: PeerId): void {
  const card = book.cards.get(peer);
  if (card === undefined) return;
  const { connected, hasGreeted } = card;
  card.hasGreeted = false;
  if (!connected) return; // it had not told yet where it listens
  const nowMs = book.clock.monotonicMs();
  closed(card, nowMs, hasGreeted);
  card.nextDialMs = nowMs + waitMs(card, isTrusted(book, card), nowMs, book.rng);
}

/** As `AddressBook.reached`. */
export function reached(book: Book, peer: PeerId, address: string): void {
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

/** Reached peers have places too, few for each address prefix: the one that was lost longest ago goes, but none that is trusted. */
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

/** As `AddressBook.failed`. */
export function failed(book: Book, peer: PeerId, address: string, ip?: string): void {
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
  card.brief = card.refusals = 0; // nobody is there to refuse
  card.nextDialMs = nowMs + waitMs(card, isTrusted(book, card), nowMs, book.rng);
  const gone = isStranger(card) ? card.told.length === 0 : nowMs - card.lostMs > LIMITS.forgetAfterMs;
  if (!card.connected && gone && !isTrusted(book, card)) remove(book, peer);
}
