/** How peers come into the address book: the owner names them, or somebody tells of them. Strangers are few, and fewer for each source that tells. */
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import { attemptOf, type Book, isShunned, isTrusted, noLongerStranger, nowStranger, remove } from "./book-state.ts";
import { addTold, type Card, newCard } from "./card.ts";

/** Who told of a peer. */
export interface Source {
  /** What it costs something to have many of: an address prefix, or a trusted peer. Each may fill a part of the book. */
  readonly name: string;
  /** The host of the peer itself, where it is the one that tells. */
  readonly ownHost?: string;
}

/** As `AddressBook.configure`. */
export function configure(book: Book, peer: PeerId, address: string): void {
  if (peer === book.self) return;
  const card = book.cards.get(peer) ?? newCard(peer, "configured", book.clock.monotonicMs());
  card.configured = true;
  noLongerStranger(book, card);
  card.told = card.told.filter((told) => told.address !== address);
  if (!card.verified.includes(address)) card.verified = [...card.verified, address].slice(-LIMITS.maxAddressesPerPeer);
  book.cards.set(peer, card);
}

/** As `AddressBook.learn`. */
export function learn(book: Book, peer: PeerId, offered: readonly string[], source: Source): boolean {
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
