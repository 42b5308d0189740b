/**
 * Briefs: what neighbours tell of their models without a signature (wire/brief.ts), and what comes of each once its model is here. A brief costs what an announcement
 * costs: it counts against the rate of its author, and a newcomer pays for it as for a signature. It cannot be held against its author. So it is not passed on, and
 * not kept once a newer one has come.
 */
import { allowanceAt } from "../../base/bounded.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { PeerId, Verdict } from "../../base/seams.ts";
import { type Announcement, hasNote } from "../../wire/announcement.ts";
import { type Brief, readBrief } from "../../wire/brief.ts";
import { publicKeyFromPeerId } from "../../wire/identity.ts";
import type { Slot } from "../memory/record.ts";
import { type Announced, briefed, shown } from "../stages.ts";
import { allowanceOf, type Book, doubtsAfter, keep, mayVerify, misfit, newestOf } from "./announcement-book.ts";
import { contradicted, isOldBrief, isSamePosition } from "./announcement-order.ts";

/**
 * An author of which only briefs came for so long is asked for its newest announcement, so that whoever pulls none of its models hears of the head of its log too.
 * Whoever pulls them has it sooner (account/heads.ts).
 */
const LONGEST_UNSIGNED_MS = 2 * LIMITS.notedEveryMs;

/** Keeps a brief that a neighbour told, where it is newer than all that this one has announced. */
export function receiveBrief(book: Book, from: PeerId, numbers: readonly number[]): Verdict {
  const { context } = book;
  const nowMs = context.clock.monotonicMs();
  // [REJECT] Not the numbers of a brief.
  let brief: Brief;
  try {
    brief = readBrief(numbers);
  } catch (error) {
    if (isHearsayError(error)) return { verdict: "reject", code: error.code };
    throw error;
  }
  // [REJECT] Of a peer whose name is not its key.
  const publicKey = publicKeyFromPeerId(from);
  if (publicKey === undefined) return { verdict: "reject", code: "ERR_DECODE" };
  // [IGNORE] Of a key against which there is evidence.
  if (context.accountable?.isBanned(from)) return { verdict: "ignore", code: "ERR_BANNED" };
  // [IGNORE] Not newer than the newest of its author. It may tell of another head of its log, so it is asked for what it has signed.
  const slot = context.identities.get(from)?.slot;
  if (isOldBrief(brief, slot, context.accountable?.proved(from))) {
    if (slot) askNewest(book, from, slot, nowMs);
    return { verdict: "ignore", code: "ERR_REPLAYED" };
  }
  // [REJECT] A model that claims to stand for more peers than one may, or for fewer than the task asks for; a body that can't be the task's.
  const code = misfit(book, brief);
  if (code !== undefined) return { verdict: "reject", code };
  // [IGNORE] Faster than the task allows, or more from newcomers than this peer looks at.
  const allowance = allowanceOf(book, slot, nowMs);
  const rank = context.ranks.rankOf(from);
  if (allowance.tokens < 1 || !mayVerify(book, from, rank, nowMs)) return { verdict: "ignore", code: "ERR_RATE" };
  keep(
    book,
    (seen) => briefed({ task: context.task, author: from, publicKey }, brief, seen),
    { author: from, age: brief.age, rank, slot },
    {
      allowance: { tokens: allowance.tokens - 1, atMs: nowMs },
      direct: slot?.direct,
      passed: slot?.passed,
      signedMs: slot?.signedMs,
    },
  );
  const kept = context.identities.get(from)?.slot;
  if (kept && nowMs - (kept.signedMs ?? Number.NEGATIVE_INFINITY) >= LONGEST_UNSIGNED_MS)
    askNewest(book, from, kept, nowMs);
  return { verdict: "accept", relay: false };
}

/** Asks an author for what it has signed, as seldom as old announcements are looked into. */
function askNewest({ context }: Book, author: PeerId, slot: Slot, nowMs: number): void {
  const left = doubtsAfter(slot, nowMs);
  if (left === undefined) return;
  slot.doubts = left;
  context.askNewest?.(author);
}

/** As `AnnouncementBook.show`. */
export function show(book: Book, brief: Announced, announcement: Announcement): Announced {
  const { context, seen } = book;
  const { author, model } = announcement;
  const slot = context.identities.get(author)?.slot;
  const other = context.accountable && contradicted(announcement, slot, undefined);
  if (other !== undefined) {
    context.accountable?.onFork(other, announcement);
    throw new HearsayError("ERR_BANNED", "its author has signed another story about the same place of its log");
  }
  if (slot === undefined) return shown(brief, announcement);
  const isNow = isSamePosition(slot.announced, announcement);
  if (isNow && !slot.announced.isBrief) return slot.announced; // it was told by gossip meanwhile
  if (seen.has(slot.tag, model)) throw new HearsayError("ERR_REPLAYED", "a model that its author published before");
  seen.add(slot.tag, model, context.ranks.rankOf(author));
  const value = shown(isNow ? slot.announced : brief, announcement);
  if (isNow) slot.announced = value;
  else slot.before = newestOf([announcement.sealed, ...slot.before]); // a newer one has come meanwhile
  if (hasNote(announcement)) relay(book, slot, announcement.sealed);
  return value;
}

/** What others can be told, as seldom as what comes by announcement. */
function relay({ context }: Book, slot: Slot, sealed: Uint8Array): void {
  const nowMs = context.clock.monotonicMs();
  slot.signedMs = nowMs;
  const relays = allowanceAt(nowMs, slot.direct, LIMITS.relayedAnnouncements);
  if (relays.tokens < 1) return;
  slot.direct = { tokens: relays.tokens - 1, atMs: nowMs };
  context.passOn?.(sealed);
}
