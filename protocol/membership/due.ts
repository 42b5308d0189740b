/** Whom to dial now: trusted peers first, then those that were reached before, then strangers, a source at a time. */
import type { Rng } from "../base/rng.ts";
import type { PeerId } from "../base/seams.ts";
import { attemptAt, attemptOf, type Book, isShunned, isTrusted } from "./book-state.ts";
import { type Card, isStranger } from "./card.ts";

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

/** As `AddressBook.due`. */
export function due(book: Book): Dial[] {
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
