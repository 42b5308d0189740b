/** What announcements.ts and briefs.ts share: the slot of each author, the checks that both make, and the rates and costs that bound them. */
import { type Allowance, allowanceAt, type Rate } from "../../base/bounded.ts";
import type { ErrorCode } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, Crypto, PeerId } from "../../base/seams.ts";
import type { BodyCodec } from "../../codec/codec.ts";
import type { Announcement } from "../../wire/announcement.ts";
import type { Seen } from "../heard.ts";
import type { Budget } from "../memory/budget.ts";
import type { Identities } from "../memory/identities.ts";
import type { Rank, Ranks } from "../memory/ranks.ts";
import type { Slot } from "../memory/record.ts";
import type { Announced } from "../stages.ts";
import type { SeenModels } from "./seen-models.ts";

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
  /** How many models an announced one may stand for. */
  readonly masses: { readonly least: number; readonly most: number };
  /** Own cycles so far. */
  cycle(): number;
  /** Own cycles of silence after which an author that announces again counts as returned (loop/reunion.ts). */
  readonly silentCycles: number;
  /** Left out where authors do not answer for their logs. */
  readonly accountable?: Accountable;
  /** Passes on a sealed announcement that came with its model. */
  passOn?(sealed: Uint8Array): void;
  /** Asks an author for its newest signed announcement, after a brief that an author with a single log would not send. */
  askNewest?(author: PeerId): void;
}

/** How authors answer for their logs. */
export interface Accountable {
  isBanned(author: PeerId): boolean;
  /** The newest announcement that an author has proved, perhaps before this peer was restarted. */
  proved(author: PeerId): Announcement | undefined;
  /** Called with two signed announcements that contradict each other. */
  onFork(first: Announcement, second: Announcement): void;
  /** Called with a signed announcement that is older than the newest, and new here: it is of the author's past, or of another head of its log. */
  onOld(announcement: Announcement): void;
}

export type AnnouncementContext = AnnouncementComponents & AnnouncementOptions;

/** The state behind `AnnouncementBook`. */
export interface Book {
  readonly context: AnnouncementContext;
  readonly seen: SeenModels;
  readonly newcomers: Map<Rank, Allowance>;
  tags: number;
  orders: number;
}

/** Announcements of one author that are let through at once, beyond its rate. */
const BURST = 10;

/** Announcements a second that all known authors share, and that each may send at least. */
const KNOWN_PER_SECOND = 500;
const LEAST_PER_SECOND = 2;

/** Cost of verifying two signatures and keeping 0.5 KiB, in units of peer/memory/budget.ts. */
const COST = 0.5;

/** How many old announcements of an author are looked into. */
const DOUBTS = { burst: 5, perSecond: 0.2 };

/** Signed announcements of an author that are kept beside its newest. Two heads of one log that announce in turn are seldom further apart. */
const KEPT_BEFORE = 3;
const NOTHING: readonly Uint8Array[] = [];

/** Why an announced model cannot be one of the task: it stands for more peers than it may, or for fewer than the task asks for, or has another length. */
export function misfit(
  { context: { masses, bodyBytes } }: Book,
  { mass, bytes }: Pick<Announcement, "mass" | "bytes">,
): ErrorCode | undefined {
  if (mass < masses.least || mass > masses.most) return "ERR_MASS";
  return bytes < bodyBytes.minBytes || bytes > bodyBytes.maxBytes ? "ERR_MODEL_SIZE" : undefined;
}

/** How many announcements the author may still make: less than one where it is faster than the task, or its share, allows. */
export function allowanceOf({ context }: Book, slot: Slot | undefined, nowMs: number): Allowance {
  const share = Math.max(LEAST_PER_SECOND, KNOWN_PER_SECOND / Math.max(1, context.identities.announcers()));
  const rate: Rate = { burst: BURST, perSecond: Math.min(context.announcementsPerSecond, share) };
  return allowanceAt(nowMs, slot?.allowance, rate);
}

/** Whether a signature of this author may be verified; the peer that brought it pays. A brief has no signature, and costs as much. */
export function mayVerify({ context, newcomers }: Book, from: PeerId, rank: Rank, nowMs: number): boolean {
  if (rank === "known") return true;
  const { tokens, atMs } = allowanceAt(nowMs, newcomers.get(rank), LIMITS.newAnnouncements);
  if (tokens < 1 || !context.budget.pay(from, COST)) return false;
  newcomers.set(rank, { tokens: tokens - 1, atMs });
  return true;
}

/** What is left after one more old announcement of an author is looked into; undefined where that was too many. */
export function doubtsAfter(slot: Slot, nowMs: number): Allowance | undefined {
  const { tokens, atMs } = allowanceAt(nowMs, slot.doubts, DOUBTS);
  return tokens < 1 ? undefined : { tokens: tokens - 1, atMs };
}

/** The author whose newest announcement this is. */
interface Newest extends Pick<Announcement, "author" | "age"> {
  readonly rank: Rank;
  /** What is kept of its author. */
  readonly slot: Slot | undefined;
}

/**
 * Keeps the newest announcement of an author.
 * @param make makes the value, given when and how the announcement came.
 */
export function keep(
  book: Book,
  make: (seen: Seen) => Announced,
  { author, age, rank, slot }: Newest,
  { allowance, direct, passed, signedMs }: Pick<Slot, "allowance" | "direct" | "passed" | "signedMs">,
): void {
  const { context } = book;
  const seen = { firstSeenMs: allowance.atMs, firstSeenCycle: context.cycle(), ...returned(context, slot) };
  context.identities.change(author, {
    isNear: rank === "near",
    slot: {
      announced: make(seen),
      before: context.accountable && slot ? signedOf(slot) : NOTHING,
      tag: slot?.tag ?? book.tags++,
      order: book.orders++,
      givenUp: false,
      stepMs: stepMsOf(slot, age, allowance.atMs),
      allowance,
      direct,
      passed,
      signedMs,
      doubts: slot?.doubts,
    },
  });
}

/** The signed announcements that are kept when a newer one comes. */
function signedOf({ announced, before }: Slot): readonly Uint8Array[] {
  return announced.isBrief ? before : newestOf([announced.sealed, ...before]);
}

/** @param signed as they came, the newest first. */
export function newestOf(signed: readonly Uint8Array[]): readonly Uint8Array[] {
  return signed.slice(0, KEPT_BEFORE);
}

/** Whether the author has returned after a silence. One that is always slow is silent between any two announcements: it does not count as returned. */
function returned(
  { cycle, silentCycles }: AnnouncementContext,
  slot: Slot | undefined,
): Pick<Seen, "returnedCycle" | "isSteady"> {
  if (slot === undefined) return { isSteady: false, returnedCycle: undefined };
  const { firstSeenCycle, returnedCycle, isSteady } = slot.announced;
  const wasSilent = cycle() - firstSeenCycle > silentCycles;
  return { isSteady: !wasSilent, returnedCycle: wasSilent && isSteady ? cycle() : returnedCycle };
}

/** Mean time for one step of its age, with the time and the steps since its previous announcement. */
function stepMsOf(slot: Slot | undefined, age: number, nowMs: number): number | undefined {
  if (slot === undefined || age <= slot.announced.age) return slot?.stepMs;
  const stepMs = (nowMs - slot.announced.firstSeenMs) / (age - slot.announced.age);
  return slot.stepMs === undefined ? stepMs : 0.7 * slot.stepMs + 0.3 * stepMs;
}
