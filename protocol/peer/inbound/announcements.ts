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
import { type Allowance, allowanceAt, type Rate } from "../../base/bounded.ts";
import { equalBytes } from "../../base/bytes.ts";
import { isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, Crypto, PeerId, Verdict } from "../../base/seams.ts";
import type { BodyCodec } from "../../codec/codec.ts";
import { type Announcement, decodeAnnouncement } from "../../wire/announcement.ts";
import { openEnvelope } from "../../wire/envelope.ts";
import type { Budget } from "../memory/budget.ts";
import type { Identities } from "../memory/identities.ts";
import type { Rank, Ranks } from "../memory/ranks.ts";
import type { Slot } from "../memory/record.ts";
import { type Announced, announced } from "../stages.ts";
import { contradicted, isOld, noteHolds } from "./announcement-order.ts";
import { createSeenModels, type SeenModels } from "./seen-models.ts";

export interface AnnouncementBook {
  /** Checks a sealed announcement that `from` has brought, and keeps it if it is its author's newest. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** The newest announcements of these authors, but those that were given up, in the order of their coming. Takes time in proportion to them alone. */
  available(authors: Iterable<PeerId>): Announced[];
  /** The newest of an author. */
  newest(author: PeerId): Announced | undefined;
  /** Whether its newest was. */
  isGivenUp(author: PeerId): boolean;
  /** Its model could not be had, or has had its time. */
  giveUp(announced: Announced): void;
}

export interface AnnouncementComponents {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly crypto: Crypto;
  readonly identities: Identities;
  readonly ranks: Pick<Ranks, "rankOf">;
  readonly budget: Pick<Budget, "pay">;
}

export interface AnnouncementOptions {
  readonly task: Uint8Array;
  readonly self: PeerId;
  /** Lengths that bodies of the task can have: another is refused before anything is pulled. */
  readonly bodyBytes: Pick<BodyCodec, "minBytes" | "maxBytes">;
  readonly announcementsPerSecond: number;
  /** How many models one may stand for. */
  readonly masses: { readonly least: number; readonly most: number };
  /** Own cycles so far. */
  cycle(): number;
  /** An author of which nothing was heard for more own cycles than these has returned when it is heard of again. */
  readonly silentCycles: number;
  /** Left out where authors do not answer for their logs. */
  readonly accountable?: Accountable;
}

/** How authors answer for their logs. */
export interface Accountable {
  isBanned(author: PeerId): boolean;
  /** The newest that an author has proved, e.g. before this peer was restarted. */
  proved(author: PeerId): Announcement | undefined;
  /** Two announcements, both signed, that contradict each other. */
  onFork(first: Announcement, second: Announcement): void;
  /** An announcement, signed, of a place before the newest that nobody has told of: of the author's past, or of another head of its log. */
  onOld(announcement: Announcement): void;
}

type AnnouncementContext = AnnouncementComponents & AnnouncementOptions;

/** Announcements of one author beyond its rate that are let through at once. */
const BURST = 10;

/** What known authors share, in announcements a second, and what each has at least. */
const KNOWN_PER_SECOND = 500;
const LEAST_PER_SECOND = 2;

/** Two signatures that are verified, and the 0.5 KiB that are kept: in units of peer/memory/budget.ts. */
const COST = 0.5;

/** Old announcements of an author that are looked into. */
const DOUBTS = { burst: 5, perSecond: 0.2 };

/** Announcements of an author that are kept behind its newest: two heads of one log that announce in turn are seldom further apart. */
const KEPT_BEFORE = 3;
const NOTHING: readonly Uint8Array[] = [];

/** What the functions of this file share. */
interface Book {
  readonly context: AnnouncementContext;
  readonly seen: SeenModels;
  readonly newcomers: Map<Rank, Allowance>;
  tags: number;
  orders: number;
}

export function createAnnouncementBook(
  components: AnnouncementComponents,
  options: AnnouncementOptions,
): AnnouncementBook {
  const context = { ...components, ...options };
  const book: Book = { context, seen: createSeenModels(), newcomers: new Map(), tags: 0, orders: 0 };
  const slotOf = (author: PeerId) => context.identities.get(author)?.slot;
  return {
    receive: (from, sealed) => receive(book, from, sealed),
    available(authors) {
      const found: Slot[] = [];
      for (const author of authors) {
        const slot = slotOf(author);
        if (slot?.givenUp === false) found.push(slot);
      }
      return found.sort((a, b) => a.order - b.order).map(({ announced }) => announced);
    },
    giveUp(announced) {
      const slot = slotOf(announced.author);
      if (slot?.announced === announced) slot.givenUp = true;
    },
    newest: (author) => slotOf(author)?.announced,
    isGivenUp: (author) => slotOf(author)?.givenUp === true,
  };
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
  // [IGNORE] One's own, come back. It is no fault of who relayed it.
  if (announcement.author === context.self) return { verdict: "ignore" };
  // [IGNORE] Of a key against which there is evidence.
  if (context.accountable?.isBanned(announcement.author)) return { verdict: "ignore", code: "ERR_BANNED" };
  // [IGNORE] Not newer than the newest of its author; but what contradicts one that is known is evidence. [REJECT] Unless it is forged.
  // [ACCEPT] Where it never came before, a few times, so that others hear of it: who is connected with another head of that log can ask it.
  const slot = context.identities.get(announcement.author)?.slot;
  if (isOld(announcement, slot, context.accountable?.proved(announcement.author)))
    return receiveOld(book, from, announcement, nowMs);
  // [IGNORE] A model that this author announced before: it can't become fresh again.
  const tag = slot?.tag ?? book.tags;
  if (seen.has(tag, announcement.model)) return { verdict: "ignore", code: "ERR_REPLAYED" };
  // [REJECT] A model that claims to stand for more peers than one may, or for fewer than the task asks for.
  const { least, most } = context.masses;
  if (announcement.mass < least || announcement.mass > most) return { verdict: "reject", code: "ERR_MASS" };
  // [REJECT] A body that can't be the task's.
  const { minBytes, maxBytes } = context.bodyBytes;
  if (announcement.bytes < minBytes || announcement.bytes > maxBytes)
    return { verdict: "reject", code: "ERR_MODEL_SIZE" };
  // [IGNORE] Faster than the task allows, or more from newcomers than this peer looks at.
  const allowance = allowanceOf(book, slot, nowMs);
  const rank = context.ranks.rankOf(announcement.author);
  if (allowance.tokens < 1 || !mayVerify(book, from, rank, nowMs)) return { verdict: "ignore", code: "ERR_RATE" };
  // [REJECT] Not signed by its author, or its checkpoint is not: nobody could witness that log.
  if (!isSigned(context, announcement)) return { verdict: "reject", code: "ERR_SIGNATURE" };
  const way = from === announcement.author ? "direct" : "passed";
  const relays = allowanceAt(nowMs, slot?.[way], LIMITS.relayedAnnouncements);
  const relay = relays.tokens >= 1;
  keep(book, announcement, rank, slot, {
    allowance: { tokens: allowance.tokens - 1, atMs: nowMs },
    direct: slot?.direct,
    passed: slot?.passed,
    [way]: relay ? { tokens: relays.tokens - 1, atMs: nowMs } : relays,
  });
  return relay ? { verdict: "accept" } : { verdict: "accept", relay: false };
}

/** What the author may still announce: less than one where it is faster than the task allows, or than its share. */
function allowanceOf({ context }: Book, slot: Slot | undefined, nowMs: number): Allowance {
  const share = Math.max(LEAST_PER_SECOND, KNOWN_PER_SECOND / Math.max(1, context.identities.announcers()));
  const rate: Rate = { burst: BURST, perSecond: Math.min(context.announcementsPerSecond, share) };
  return allowanceAt(nowMs, slot?.allowance, rate);
}

/** Whether a signature of this author may be looked at, and paid for by the one that brings it. */
function mayVerify({ context, newcomers }: Book, from: PeerId, rank: Rank, nowMs: number): boolean {
  if (rank === "known") return true;
  const { tokens, atMs } = allowanceAt(nowMs, newcomers.get(rank), LIMITS.newAnnouncements);
  if (tokens < 1 || !context.budget.pay(from, COST)) return false;
  newcomers.set(rank, { tokens: tokens - 1, atMs });
  return true;
}

function keep(
  book: Book,
  announcement: Announcement,
  rank: Rank,
  slot: Slot | undefined,
  { allowance, direct, passed }: Pick<Slot, "allowance" | "direct" | "passed">,
): void {
  const { context, seen } = book;
  const tag = slot?.tag ?? book.tags++;
  seen.add(tag, announcement.model, rank);
  // The same bytes as those of before, which are kept once instead.
  const shared = { task: context.task, publicKey: slot?.announced.publicKey ?? announcement.publicKey };
  const seenNow = { firstSeenMs: allowance.atMs, firstSeenCycle: context.cycle(), ...returned(context, slot) };
  const before = context.accountable && slot ? [slot.announced.sealed, ...slot.before].slice(0, KEPT_BEFORE) : NOTHING;
  context.identities.change(announcement.author, {
    isNear: rank === "near",
    slot: {
      announced: announced(announcement, { ...shared, ...seenNow }),
      before,
      tag,
      order: book.orders++,
      givenUp: false,
      stepMs: stepMsOf(slot, announcement.age, allowance.atMs),
      allowance,
      direct,
      passed,
      doubts: slot?.doubts,
    },
  });
}

/** A slow author is silent between any two of its announcements: it never goes away, and never returns. */
function returned(
  { cycle, silentCycles }: AnnouncementContext,
  slot: Slot | undefined,
): Pick<Announced, "returnedCycle" | "isSteady"> {
  if (slot === undefined) return { isSteady: false };
  const { firstSeenCycle, returnedCycle, isSteady } = slot.announced;
  const wasSilent = cycle() - firstSeenCycle > silentCycles;
  const since = wasSilent && isSteady ? cycle() : returnedCycle;
  return { isSteady: !wasSilent, ...(since !== undefined && { returnedCycle: since }) };
}

/** With the time since its announcement before, by which it grew older by some steps. */
function stepMsOf(slot: Slot | undefined, age: number, nowMs: number): number | undefined {
  if (slot === undefined || age <= slot.announced.age) return slot?.stepMs;
  const stepMs = (nowMs - slot.announced.firstSeenMs) / (age - slot.announced.age);
  return slot.stepMs === undefined ? stepMs : 0.7 * slot.stepMs + 0.3 * stepMs;
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
  const { tokens, atMs } = allowanceAt(nowMs, slot.doubts, DOUBTS);
  return tokens < 1 ? undefined : { tokens: tokens - 1, atMs };
}
