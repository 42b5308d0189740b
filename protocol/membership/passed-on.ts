/** Which peers the address book tells others of. */
import type { PeerAddresses } from "../wire/messages.ts";
import { type Book, isShunned } from "./book-state.ts";
import type { Card } from "./card.ts";

/** A peer that was reached within this time may still be there. */
const LATELY_MS = 600_000;

/** As `AddressBook.reachable`. */
export function reachable(book: Book, limit: number): PeerAddresses[] {
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
