/** What the address book holds, and the small questions and changes that its parts share. */
import type { Rng } from "../base/rng.ts";
import type { Clock, PeerId, Store } from "../base/seams.ts";
import type { Place } from "./addresses.ts";
import type { Attempt, Attempts } from "./attempts.ts";
import type { Card } from "./card.ts";

/** What an address book is made of. */
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

/** The state of an address book. */
export interface Book extends Omit<AddressBookModules, "isKnown"> {
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

/** Configured, or it has delivered. */
export function isTrusted(book: Book, card: Card): boolean {
  return card.configured || book.isKnown(card.peer);
}

/** Left because of its task, and not long ago. */
export function isShunned({ shunned, clock }: Book, peer: PeerId): boolean {
  return (shunned.get(peer) ?? Number.NEGATIVE_INFINITY) > clock.monotonicMs();
}

/** Forgets a peer, also on disk at the next save. */
export function remove(book: Book, peer: PeerId): void {
  const card = book.cards.get(peer);
  if (card === undefined) return;
  book.cards.delete(peer);
  noLongerStranger(book, card);
  if (card.verified.length > 0) book.changed.add(peer); // nothing is stored of others
}

/** Counts a card among the strangers of its source. */
export function nowStranger({ strangers }: Book, card: Card): void {
  const ofSource = strangers.get(card.source) ?? new Set();
  strangers.set(card.source, ofSource.add(card));
}

/** The opposite of `nowStranger`; nothing where it is none. */
export function noLongerStranger({ strangers }: Book, card: Card): void {
  const ofSource = strangers.get(card.source);
  if (ofSource?.delete(card) && ofSource.size === 0) strangers.delete(card.source);
}

/** An attempt at an address that somebody told. */
export function attemptOf(
  { placeOf }: Book,
  { peer }: Card,
  { address, own }: { address: string; own: boolean },
): Attempt {
  return { address, place: placeOf(address), own: own ? peer : undefined };
}

/** An attempt at an address of a card, whoever told of it. */
export function attemptAt(book: Book, card: Card, address: string): Attempt {
  const own = card.told.some((told) => told.address === address && told.own);
  return attemptOf(book, card, { address, own });
}
