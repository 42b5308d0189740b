/**
 * The newest announcement of each author, and the checks that let one in.
 *
 * One slot per identity: however often an author announces, it is one name to draw. Checks run cheapest first; the signature
 * is last, and only then does anything change. Only `reject` stops gossipsub from relaying and costs the sender reputation.
 *
 * To check a signature takes 0.1 to 0.3 ms, and keys are free. So the sender of an announcement by an unknown author pays before its signature is looked at (peer/memory/budget.ts).
 * Unknown authors share a bounded number of checks a second; those that are neighbours have one bound, the others another. Known authors share a bound of their own: the more
 * there are, the fewer checks each has. A refused announcement leaves nothing behind.
 *
 * An author tells its neighbours itself. What it announces is passed on seldom, only so that two heads of its log meet somewhere.
 *
 * A few older announcements of each author are kept as well. If a second one says another thing about the same place in the log, the two are
 * a fork, for every peer that has both.
 */
import { type Allowance, allowanceAt } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, Verdict } from "../../base/seams.ts";
import { type Announcement, decodeAnnouncement } from "../../wire/announcement.ts";
import { openEnvelope } from "../../wire/envelope.ts";
import type { Slot } from "../memory/record.ts";
import { type Announced, announced } from "../stages.ts";
import {
  type AnnouncementComponents,
  type AnnouncementContext,
  type AnnouncementOptions,
  allowanceOf,
  type Book,
  doubtsAfter,
  keep,
  mayVerify,
  misfit,
} from "./announcement-book.ts";
import { contradicted, isOld, isSamePosition, noteHolds } from "./announcement-order.ts";
import { receiveBrief, show } from "./briefs.ts";
import { createSeenModels } from "./seen-models.ts";

export interface AnnouncementBook {
  /** Checks a sealed announcement that `from` has brought, and keeps it if it is its author's newest. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** The newest announcements of these authors, without those that were given up, in the order in which they came. */
  available(authors: Iterable<PeerId>): Announced[];
  /** The newest of an author. */
  newest(author: PeerId): Announced | undefined;
  /** Whether the newest of an author was given up. */
  isGivenUp(author: PeerId): boolean;
  /** Gives up an announcement: its model could not be pulled, or has become too old. */
  giveUp(announced: Announced): void;
  /** Checks a brief of a neighbour (briefs.ts), and keeps it if it is newer than all that it has announced. */
  receiveBrief(from: PeerId, numbers: readonly number[]): Verdict;
  /** The model of a brief has come, with a signed announcement, which takes the place of the brief. @throws HearsayError ERR_REPLAYED, ERR_BANNED. */
  show(brief: Announced, announcement: Announcement): Announced;
  /** A new connection to an author: with its next brief it is asked for a signed announcement. */
  connected(author: PeerId): void;
  /** The present value of an announcement: for a brief whose model has come, the signed announcement that took its place. */
  now(announced: Announced): Announced;
}

export function createAnnouncementBook(
  components: AnnouncementComponents,
  options: AnnouncementOptions,
): AnnouncementBook {
  const context = { ...components, ...options };
  return new Announcements({ context, seen: createSeenModels(), newcomers: new Map(), tags: 0, orders: 0 });
}

class Announcements implements AnnouncementBook {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  receive(from: PeerId, sealed: Uint8Array): Verdict {
    return receive(this.#book, from, sealed);
  }

  available(authors: Iterable<PeerId>): Announced[] {
    const found: Slot[] = [];
    for (const author of authors) {
      const slot = this.#slotOf(author);
      if (slot?.givenUp === false) found.push(slot);
    }
    return found.sort((a, b) => a.order - b.order).map(({ announced }) => announced);
  }

  newest(author: PeerId): Announced | undefined {
    return this.#slotOf(author)?.announced;
  }

  isGivenUp(author: PeerId): boolean {
    return this.#slotOf(author)?.givenUp === true;
  }

  giveUp(announced: Announced): void {
    const slot = this.#slotOf(announced.author);
    if (slot?.announced === announced) slot.givenUp = true;
  }

  receiveBrief(from: PeerId, numbers: readonly number[]): Verdict {
    return receiveBrief(this.#book, from, numbers);
  }

  show(brief: Announced, announcement: Announcement): Announced {
    return show(this.#book, brief, announcement);
  }

  connected(author: PeerId): void {
    const slot = this.#slotOf(author);
    if (slot !== undefined) slot.signedMs = undefined;
  }

  now(announced: Announced): Announced {
    const newest = this.newest(announced.author);
    return newest !== undefined && isSamePosition(newest, announced) ? newest : announced;
  }

  #slotOf(author: PeerId): Slot | undefined {
    return this.#book.context.identities.get(author)?.slot;
  }
}

function receive(book: Book, from: PeerId, sealed: Uint8Array): Verdict {
  const { context, seen } = book;
  const nowMs = context.clock.monotonicMs();
  // [REJECT] Longer than LIMITS.maxAnnouncementBytes, or not the canonical encoding of an announcement.
  let announcement: Announcement;
  try {
    announcement = decodeAnnouncement(sealed);
  } catch (error) {
    if (isHearsayError(error)) return { verdict: "reject", code: error.code };
    throw error;
  }
  // [IGNORE] Of another task: the topic is shared by whoever computes its name.
  if (!equalBytes(announcement.task, context.task)) return { verdict: "ignore", code: "ERR_OTHER_TASK" };
  // [IGNORE] The own announcement, come back. That is no fault of the peer that relayed it.
  if (announcement.author === context.self) return { verdict: "ignore" };
  // [IGNORE] Of a key against which there is evidence.
  if (context.accountable?.isBanned(announcement.author)) return { verdict: "ignore", code: "ERR_BANNED" };
  // [IGNORE] Not newer than the newest of its author; but what contradicts one that is known is evidence. [REJECT] Unless it is forged.
  // [ACCEPT] Where it never came before, a few times, so that others hear of it: a peer that has another head of that log can then ask this one.
  const slot = context.identities.get(announcement.author)?.slot;
  if (isOld(announcement, slot, context.accountable?.proved(announcement.author)))
    return receiveOld(book, from, announcement, nowMs);
  // [IGNORE] A model that this author announced before: it can't become fresh again.
  const tag = slot?.tag ?? book.tags;
  if (seen.has(tag, announcement.model)) return { verdict: "ignore", code: "ERR_REPLAYED" };
  // [REJECT] A model that claims to stand for more peers than one may, or for fewer than the task asks for; a body that can't be the task's.
  const code = misfit(book, announcement);
  if (code !== undefined) return { verdict: "reject", code };
  // [IGNORE] Faster than the task allows, or more from newcomers than this peer looks at.
  const allowance = allowanceOf(book, slot, nowMs);
  const rank = context.ranks.rankOf(announcement.author);
  if (allowance.tokens < 1 || !mayVerify(book, from, rank, nowMs)) return { verdict: "ignore", code: "ERR_RATE" };
  // [REJECT] Not signed by its author, or its checkpoint is not: nobody could witness that log.
  if (!isSigned(context, announcement)) return { verdict: "reject", code: "ERR_SIGNATURE" };
  const way = from === announcement.author ? "direct" : "passed";
  const relays = allowanceAt(nowMs, slot?.[way], LIMITS.relayedAnnouncements);
  const relay = relays.tokens >= 1;
  seen.add(tag, announcement.model, rank);
  const { author, age } = announcement;
  keep(
    book,
    (now) => announced(announcement, now),
    { author, age, rank, slot },
    {
      allowance: { tokens: allowance.tokens - 1, atMs: nowMs },
      signedMs: way === "direct" ? nowMs : slot?.signedMs, // what others bring may be of another head
      direct: slot?.direct,
      passed: slot?.passed,
      [way]: relay ? { tokens: relays.tokens - 1, atMs: nowMs } : relays,
    },
  );
  return relay ? { verdict: "accept" } : { verdict: "accept", relay: false };
}

/** What contradicts another is evidence; what never came before may be of another head of the log, which others can tell. */
function receiveOld(book: Book, from: PeerId, announcement: Announcement, nowMs: number): Verdict {
  const { context, seen } = book;
  const slot = context.identities.get(announcement.author)?.slot;
  const { model } = announcement;
  const other =
    context.accountable && contradicted(announcement, slot, context.accountable.proved(announcement.author));
  const doubts = slot && doubtsLeft(book, announcement, slot, nowMs);
  if (other === undefined && doubts === undefined) return { verdict: "ignore", code: "ERR_REPLAYED" };
  const rank = context.ranks.rankOf(announcement.author);
  if (!mayVerify(book, from, rank, nowMs)) return { verdict: "ignore", code: "ERR_RATE" };
  if (!isSigned(context, announcement)) return { verdict: "reject", code: "ERR_SIGNATURE" };
  if (other !== undefined) {
    context.accountable?.onFork(other, announcement);
    return { verdict: "ignore", code: "ERR_BANNED" };
  }
  if (slot !== undefined) {
    slot.doubts = doubts;
    seen.add(slot.tag, model, rank);
  }
  context.accountable?.onOld(announcement);
  return { verdict: "accept" };
}

function isSigned({ crypto, accountable }: AnnouncementContext, announcement: Announcement): boolean {
  const { sealed, publicKey } = announcement;
  if (openEnvelope("announcement", sealed, crypto, publicKey) === undefined) return false;
  return accountable === undefined || noteHolds(announcement, crypto);
}

/** Allowance that is left after a doubt about an old announcement; undefined where there is none, or it is known. */
function doubtsLeft(
  { context, seen }: Book,
  { model }: Announcement,
  slot: Slot,
  nowMs: number,
): Allowance | undefined {
  if (context.accountable === undefined || seen.has(slot.tag, model)) return undefined;
  return doubtsAfter(slot, nowMs);
}
