/**
 * Inbound half of the loop: announcement -> do I want it? -> pull by hash -> validate -> inbox.
 *
 * Whom to read is the receiver's choice: in every cycle, shortly before its merge, it draws a committee (committee.ts), and pulls up to k models of
 * members that it does not hold yet, a few at a time (places.ts).
 *
 * Where authors answer for their logs, the proof is pulled beside the body, and a model without one is refused (proofs.ts).
 */
import { type HearsayError, isHearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { PeerId, Verdict } from "../seams.ts";
import { type Announcement, decodeAnnouncement } from "../wire/announcement.ts";
import { type AnnouncementBook, type AnnouncementContext, createAnnouncementBook } from "./announcements.ts";
import type { Rank } from "./announcers.ts";
import { createCommittee } from "./committee.ts";
import { countRefused, type PeerContext } from "./context.ts";
import { fetchBody, lookInto, type Proofs } from "./fetch.ts";
import { createInbox } from "./inbox.ts";
import { createPlaces } from "./places.ts";
import type { Announced, Candidate } from "./stages.ts";
import { createStrikes } from "./strikes.ts";

export interface Inbound {
  /** Announcement bytes from anywhere: the topic, or a hello. */
  receive(from: PeerId, sealed: Uint8Array): Verdict;
  /** A new cycle starts, which will merge about `mergeInMs` from now: draw anew, up to k models. `ownNorm` bounds what is let in. */
  beginCycle(cycle: number, ownNorm: number, mergeInMs: number): void;
  /** The merge may be due sooner than was expected: what is still put off is drawn at once. */
  drawNow(): void;
  fresh(): number;
  /** Fresh candidates that it makes sense to wait for: as many authors as delivered within two cycles, at most k; of a full committee, those under way. */
  wanted(cycleMs: number): number;
  /** Candidates of this merge, sorted by peer id, and bodies refused since the last merge. */
  take(): Taken;
  /** `taken` are now in the log; see `Inbox.merged`. */
  merged(taken: Taken, keep: (candidate: Candidate) => boolean): void;
  /** Moving average of the duration of a pull, ms; 0 before the first. */
  pullMs(): number;
  /** The newest announcement of an author that came. */
  newest(author: PeerId): Announcement | undefined;
  /** Calls back once, when a pull has ended. */
  onFresh(callback: () => void): void;
}

export interface Taken {
  readonly candidates: readonly Candidate[];
  readonly invalid: readonly Announced[];
}

/** A model may be this many times as long as one's own; anything robust rules can bound is let in. */
const MAX_NORM_RATIO = 10;

/** Time for the pulls of a cycle, in mean durations of one, for each wave of them: some take longer than the mean. */
const LEAD = 2;

/** Models are held for this many committees: a member whose model is not held any more has it pulled again. */
const SPARE = 2;

/** An author is hoped for as long as its last model came within this many cycles: dead, silent and much slower ones are not. */
const DELIVERY_CYCLES = 2;

/** Failed pulls whose author did not answer, or too slowly. */
const SILENT: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT"];

/** The list of neighbours may be so old when an author is ranked. */
const RANK_MS = 1000;

/** Failed pulls that are no fault of the model: unreachable, too slow, or replaced meanwhile. */
const NO_FAULT_OF_THE_MODEL: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT", "ERR_NOT_FOUND"];

/** How authors answer for their logs; left out where they do not. */
export type Accountable = NonNullable<AnnouncementContext["accountable"]> &
  Proofs & {
    /** Gives it the announcements that are known: with their authors this peer has dealt. */
    useBook(book: Pick<AnnouncementBook, "newest" | "announcedBy">): void;
  };

/** @param startCycle own cycles before this start: the staleness of what comes before the first `beginCycle` counts from it. */
export function createInbound(context: PeerContext, startCycle: number, accountable?: Accountable): Inbound {
  const { task, counters, clock, codec } = context;
  const { inboxSize, memory } = task.aggregation;
  const seats = Math.max(inboxSize, memory);
  const inbox = createInbox({ capacity: SPARE * seats, memory });
  const committee = createCommittee(seats, context.rng.fork("pulls"));
  const strikes = createStrikes(LIMITS.maxAnnouncers);
  const places = createPlaces(context, codec.maxBytes);
  /** Newcomers whose models are pulled beyond the k, without a seat. */
  const tryOuts = new Set<PeerId>();
  const tryOutRng = context.rng.fork("try-outs");
  let triedCycle = startCycle - 1;
  /** Whose models were asked for in this cycle, whether they came or not. */
  let asked = new Set<PeerId>();
  /** When each author last delivered a model, in this order. */
  const deliveredMs = new Map<PeerId, number>();
  let cycle = startCycle;
  let maxNorm = Number.MAX_VALUE;
  let drawn = 0;
  /** Cancels the drawing that is put off, or nothing. */
  let drawLater: (() => void) | undefined;
  let invalid: Announced[] = [];
  let listener: (() => void) | undefined;

  const book = createAnnouncementBook({
    task: context.taskId,
    self: context.identity.peerId,
    bodyBytes: codec,
    announcementsPerSecond: task.limits.announcementsPerSecond,
    clock,
    crypto: context.crypto,
    cycle: () => cycle,
    rankOf,
    pay: context.budget.pay,
    ...(accountable && { accountable }),
  });
  accountable?.useBook(book);
  let [near, nearSinceMs] = [new Set<PeerId>(), Number.NEGATIVE_INFINITY];

  function rankOf(author: PeerId): Rank {
    if (context.standing.isKnown(author)) return "known";
    return neighbours(RANK_MS).has(author) ? "near" : "far";
  }

  /** Who is connected, or was a moment ago: the list is made anew, and an announcement is worth less than that. */
  function neighbours(maxAgeMs: number): ReadonlySet<PeerId> {
    const nowMs = clock.monotonicMs();
    if (nowMs - nearSinceMs >= maxAgeMs) [near, nearSinceMs] = [new Set(context.transport.peers()), nowMs];
    return near;
  }

  /**
   * Draws k models so late that they are just here when they are merged: a model that waits for the end of a training grows
   * stale, and stale models hold everybody back (half the cycles to a given accuracy on skewed data, sim/README.md).
   */
  function drawInTime(mergeInMs: number): void {
    drawLater?.();
    drawLater = undefined;
    const leadMs = LEAD * places.meanMs() * Math.ceil(inboxSize / LIMITS.maxConcurrentPulls);
    if (leadMs > 0 && mergeInMs > leadMs) {
      drawLater = clock.after(mergeInMs - leadMs, () => {
        drawLater = undefined;
        draw();
      });
    } else draw();
  }

  /**
   * Draws members and pulls what they have that is not here, until k pulls have begun: older models do not stand in for what is over that budget.
   * @param announcer who has announced something, where that is the occasion: of no interest but where it is a neighbour.
   */
  function draw(announcer?: PeerId): void {
    if (drawLater !== undefined || context.signal.aborted) return;
    if (drawn >= inboxSize && !mayTryOut()) return;
    if (announcer !== undefined && strikes.isOut(announcer, cycle)) return; // the list of neighbours costs more than anything else here
    const near = neighbours(0); // announcements come from everywhere, bodies from neighbours
    if (announcer !== undefined && !near.has(announcer)) return;
    drawMembers(near);
    tryOut(near);
  }

  function drawMembers(near: ReadonlySet<PeerId>): void {
    let young: PeerId[] | undefined;
    const choices = () => {
      young ??= youngAuthors(near);
      return places.inTurns(young.filter((author) => inbox.get(author) !== undefined || mayPull(author, near)));
    };
    const wanted = () => committee.members().find((author) => isNew(author, near));
    while (drawn < inboxSize) {
      if (!places.hasFree() && !((wanted() !== undefined || committee.hasNext(choices)) && makePlace())) return;
      const author = wanted();
      if (author !== undefined) void pull(book.newest(author) as Announced);
      else if (committee.next(choices) === undefined) return;
    }
  }

  /** Once a cycle while newcomers are distrusted, who take no seat from anybody then. */
  function mayTryOut(): boolean {
    return triedCycle !== cycle && places.distrustsNewcomers() && places.hasFree();
  }

  /** Pulls a newcomer's model when the seats are taken: who delivers is known from then on. */
  function tryOut(near: ReadonlySet<PeerId>): void {
    if (!mayTryOut() || (drawn < inboxSize && !committee.isFull())) return;
    const [, newcomers = []] = places.inTurns(youngAuthors(near).filter((author) => isNew(author, near)));
    const author = newcomers[newcomers.length === 0 ? 0 : tryOutRng.below(newcomers.length)];
    if (author === undefined) return;
    triedCycle = cycle;
    tryOuts.add(author);
    void pull(book.newest(author) as Announced);
  }

  /** Authors of pulls that have a place, and a seat. */
  function seated(): PeerId[] {
    return places.placed().filter((author) => !tryOuts.has(author));
  }

  /** A pull that takes much longer than others goes on without a place, and its author without a seat: others wait. */
  function makePlace(): boolean {
    const author = places.release();
    if (author === undefined) return false;
    if (!tryOuts.has(author)) drawn--;
    if (inbox.get(author) === undefined) committee.dismiss(author);
    return true;
  }

  /** Whether an author has a model that is not held, and could not be had before in this cycle. */
  function isNew(author: PeerId, near: ReadonlySet<PeerId>): boolean {
    const newest = book.newest(author);
    if (newest === undefined || book.isGivenUp(author) || inbox.get(author)?.announced === newest) return false;
    return !asked.has(author) && mayPull(author, near);
  }

  /** Who can be a member: there is a model of it that is not too old, here or to be had. */
  function youngAuthors(near: ReadonlySet<PeerId>): PeerId[] {
    const young = book
      .available(new Set([...near, ...inbox.authors()]))
      .filter(({ firstSeenCycle }) => cycle - firstSeenCycle <= task.staleness.cutoff);
    return young.map(({ author }) => author);
  }

  function mayPull(author: PeerId, near: ReadonlySet<PeerId>): boolean {
    return near.has(author) && !strikes.isOut(author, cycle) && places.mayTake(author, strikes.has(author));
  }

  async function pull(announced: Announced): Promise<void> {
    const { author } = announced;
    if (!tryOuts.has(author)) drawn++;
    asked.add(author);
    const signal = places.take(author, strikes.has(author));
    try {
      const protocol = context.names.blob;
      const proofs = accountable && { proofs: accountable };
      const fetched = await fetchBody(context, announced, { protocol, maxBytes: codec.maxBytes, signal, ...proofs });
      inbox.put(lookInto(fetched, codec, maxNorm));
      delivered(author);
    } catch (error) {
      if (!isHearsayError(error)) throw error;
      if (seated().includes(author)) drawn--;
      if (inbox.get(author) === undefined) committee.dismiss(author);
      places.end(author, outcomeOf(error));
      if (!context.signal.aborted) failed(announced, error);
    } finally {
      tryOuts.delete(author);
      draw();
      listener?.();
    }
  }

  function delivered(author: PeerId): void {
    strikes.forgive(author);
    places.end(author, "delivered");
    context.standing.delivered(author);
    deliveredMs.delete(author); // re-inserted at the end
    deliveredMs.set(author, clock.monotonicMs());
  }

  function failed(announced: Announced, { code, message, details }: HearsayError): void {
    countRefused(counters, code);
    context.observe?.({ kind: "refused", peer: announced.author, code, message });
    if (isBusy({ code, details })) return; // asked again in the next cycle
    const lost = SILENT.includes(code) && context.standing.isKnown(announced.author);
    if (code !== "ERR_NOT_FOUND" && strikes.add(announced.author, cycle, lost)) return; // asked again in the next cycle
    book.giveUp(announced);
    if (NO_FAULT_OF_THE_MODEL.includes(code)) return;
    invalid.push(announced);
    if (invalid.length > LIMITS.maxInboxSize) invalid.shift();
  }

  return {
    receive(from, sealed) {
      const verdict = book.receive(from, sealed);
      if (verdict.code !== undefined) {
        countRefused(counters, verdict.code);
        if (verdict.verdict === "reject") {
          context.observe?.({
            kind: "refused",
            peer: from,
            code: verdict.code,
            message: "an announcement was rejected",
          });
        }
      }
      if (verdict.verdict === "accept") draw(decodeAnnouncement(sealed).author);
      return verdict;
    },
    beginCycle(newCycle, ownNorm, mergeInMs) {
      cycle = newCycle;
      maxNorm = MAX_NORM_RATIO * (ownNorm + 1);
      for (const author of places.lateNewcomers()) tryOuts.add(author); // their seats are free
      const pulling = seated();
      drawn = pulling.length;
      asked = new Set(places.pulling());
      committee.begin([...pulling, ...inbox.fresh()]);
      drawInTime(mergeInMs);
    },
    drawNow() {
      if (drawLater === undefined) return;
      drawLater();
      drawLater = undefined;
      draw();
    },
    fresh: () => inbox.fresh().length,
    wanted(cycleMs) {
      const sinceMs = clock.monotonicMs() - DELIVERY_CYCLES * cycleMs;
      for (const [author, atMs] of deliveredMs) {
        if (atMs >= sinceMs) break;
        deliveredMs.delete(author);
      }
      const hoped = Math.min(inboxSize, deliveredMs.size);
      return committee.isFull() ? Math.min(hoped, inbox.fresh().length + seated().length) : hoped;
    },
    take() {
      const counts = (author: PeerId) => committee.has(author) && !accountable?.isBanned(author);
      const candidates = inbox.select().filter(({ announced }) => counts(announced.author));
      return { candidates, invalid: [...invalid] };
    },
    merged(taken, keep) {
      invalid = invalid.filter((announced) => !taken.invalid.includes(announced));
      for (const { announced } of inbox.merged(taken.candidates, keep)) book.giveUp(announced);
    },
    pullMs: places.meanMs,
    newest: (author) => book.newest(author),
    onFresh(callback) {
      listener = () => {
        listener = undefined;
        callback();
      };
    },
  };
}

function outcomeOf(error: HearsayError): "silent" | "busy" | "refused" {
  if (SILENT.includes(error.code)) return "silent";
  return isBusy(error) ? "busy" : "refused";
}

/** Its author answers too many at the moment. */
function isBusy({ code, details }: Pick<HearsayError, "code" | "details">): boolean {
  return code === "ERR_RATE" && details.limit === undefined;
}
