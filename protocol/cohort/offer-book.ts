/**
 * The offers of an epoch, as one peer has heard them, and which epoch it is.
 *
 * Nobody keeps the time for all. A peer goes to the next epoch when it has drawn the one before, and to the lower median of the epochs that its neighbours were last in where
 * that is later: so who sleeps or is slow catches up, and liars who are fewer than half move nobody.
 */
import { putNewest } from "../base/bounded.ts";
import { equalBytes, keyOf } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto } from "../base/seams.ts";
import type { Drawn } from "./draw.ts";
import { goesOn, lotOf, type Offer } from "./offers.ts";

/** What became of an offer: it is in this epoch's draw; it is noted for a later epoch, or for its chain alone; it was heard before; or it is older than one that its author made. */
export type Heard = "drawn" | "noted" | "again" | "old";

export interface OfferBook {
  epoch(): number;
  /** Takes the offer of a neighbour, whose signature was checked; at most one for each epoch. */
  hear(offer: Offer): Heard;
  /** The own offer of this epoch. */
  make(offer: Offer): void;
  /** All that are in the draw of an epoch: those whose lots were settled before it. This epoch and the one before are remembered. */
  ring(epoch: number): readonly Drawn[];
  /** Authors that made an offer in this epoch or a later one; with those that made one in the epoch before; those that are in a later one; and all. */
  counts(): { readonly here: number; readonly hoped: number; readonly ahead: number; readonly all: number };
  /** Goes to the next epoch. */
  next(): void;
}

interface Note {
  readonly epoch: number;
  readonly link: Uint8Array;
}

interface Book {
  readonly crypto: Pick<Crypto, "sha256">;
  now: number;
  /** By author, the one heard longest ago first. */
  readonly newest: Map<string, Note>;
  /** By epoch, then author. */
  readonly rings: Map<number, Map<string, Drawn>>;
}

/** Epochs ahead of which offers are kept: one's own draw may be a little late. */
const AHEAD = 2;

export function createOfferBook(crypto: Pick<Crypto, "sha256">): OfferBook {
  const book: Book = { crypto, now: 0, newest: new Map(), rings: new Map() };
  return {
    epoch: () => book.now,
    hear(offer) {
      const heard = note(book, offer);
      if (heard !== "old") goTo(book, medianEpoch(book));
      return heard;
    },
    make: (offer) => void note(book, offer),
    ring: (epoch) => [...(book.rings.get(epoch)?.values() ?? [])],
    counts() {
      const from = (epoch: number) => [...book.newest.values()].filter((one) => one.epoch >= epoch).length;
      return { here: from(book.now), hoped: from(book.now - 1), ahead: from(book.now + 1), all: from(0) };
    },
    next: () => goTo(book, book.now + 1),
  };
}

function note({ crypto, now, newest, rings }: Book, offer: Offer): Heard {
  const { epoch, link } = offer;
  const author = keyOf(offer.publicKey);
  const before = newest.get(author);
  if (before !== undefined && epoch <= before.epoch)
    return epoch === before.epoch && equalBytes(link, before.link) ? "again" : "old";
  putNewest(newest, author, { epoch, link }, LIMITS.maxIdentities.near);
  const isSettled = before !== undefined && goesOn(before, offer, crypto);
  if (!isSettled || epoch < now || epoch > now + AHEAD) return "noted";
  const ring = rings.get(epoch) ?? new Map<string, Drawn>();
  if (ring.size >= LIMITS.maxCohortOffers) return "noted";
  rings.set(epoch, ring.set(author, { offer, lot: lotOf(offer, crypto) }));
  return epoch === now ? "drawn" : "noted";
}

/** The lower median of the epochs that authors were last in. */
function medianEpoch({ newest }: Book): number {
  const epochs = [...newest.values()].map(({ epoch }) => epoch).sort((a, b) => a - b);
  return epochs[(epochs.length - 1) >> 1] ?? 0;
}

function goTo(book: Book, epoch: number): void {
  if (epoch <= book.now) return;
  book.now = epoch;
  for (const old of book.rings.keys()) if (old < epoch - 1) book.rings.delete(old);
}
