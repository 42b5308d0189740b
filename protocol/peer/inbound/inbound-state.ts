/** What the inbound half holds, and what it knows of the authors whose models could be pulled. */
import type { Rng } from "../../base/rng.ts";
import type { PeerId } from "../../base/seams.ts";
import type { PeerContext } from "../context.ts";
import type { Proofs } from "../loop/fetch.ts";
import { createRanks, type Ranks } from "../memory/ranks.ts";
import type { Announced } from "../stages.ts";
import { type AnnouncementBook, type AnnouncementContext, createAnnouncementBook } from "./announcements.ts";
import { type Committee, createCommittee } from "./committee.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createPlaces, type Places } from "./places.ts";
import { createStrikes, type Strikes } from "./strikes.ts";

/** How authors answer for their logs; left out where they do not. */
export type Accountable = NonNullable<AnnouncementContext["accountable"]> & Proofs;

/** Shared by the functions of inbound.ts and pulls.ts. */
export interface InboundState {
  readonly context: PeerContext;
  readonly accountable: Accountable | undefined;
  readonly ranks: Ranks;
  readonly book: AnnouncementBook;
  readonly inbox: Inbox;
  readonly committee: Committee;
  readonly strikes: Strikes;
  readonly places: Places;
  /** Newcomers whose models are pulled beyond the k, without a seat. */
  readonly tryOuts: Set<PeerId>;
  readonly tryOutRng: Rng;
  triedCycle: number;
  /** Whose models were asked for in this cycle, whether they came or not. */
  asked: Set<PeerId>;
  cycle: number;
  /** Largest norm that is let in. */
  maxNorm: number;
  /** Pulls begun in this cycle that have a seat. */
  drawn: number;
  /** Cancels the drawing that is put off, or nothing. */
  drawLater: (() => void) | undefined;
  /** Bodies refused since the last merge. */
  invalid: Announced[];
  /** Hears once that a pull has ended. */
  listener: (() => void) | undefined;
}

/** Models are held for this many committees: a member whose model is not held any more has it pulled again. */
const SPARE = 2;

export function createInboundState(
  context: PeerContext,
  startCycle: number,
  accountable: Accountable | undefined,
): InboundState {
  const { task, clock, codec, rng, identities } = context;
  const { inboxSize, memory } = task.aggregation;
  const seats = Math.max(inboxSize, memory);
  const ranks = createRanks(context);
  const book = createAnnouncementBook({
    task: context.taskId,
    self: context.identity.peerId,
    bodyBytes: codec,
    announcementsPerSecond: task.limits.announcementsPerSecond,
    clock,
    crypto: context.crypto,
    cycle: () => state.cycle,
    rankOf: ranks.rankOf,
    identities,
    pay: context.budget.pay,
    ...(accountable && { accountable }),
  });
  const state: InboundState = {
    context,
    accountable,
    ranks,
    book,
    inbox: createInbox({ capacity: SPARE * seats, memory }),
    committee: createCommittee(seats, rng.fork("pulls")),
    strikes: createStrikes(identities),
    places: createPlaces({ ...context, standing: identities }, codec.maxBytes),
    tryOuts: new Set(),
    tryOutRng: rng.fork("try-outs"),
    triedCycle: startCycle - 1,
    asked: new Set(),
    cycle: startCycle,
    maxNorm: Number.MAX_VALUE,
    drawn: 0,
    drawLater: undefined,
    invalid: [],
    listener: undefined,
  };
  return state;
}

/** Authors of pulls that have a place, and a seat. */
export function seated({ places, tryOuts }: InboundState): PeerId[] {
  return places.placed().filter((author) => !tryOuts.has(author));
}

/** Whether an author has a model that is not held, and could not be had before in this cycle. */
export function isNew(state: InboundState, author: PeerId, near: ReadonlySet<PeerId>): boolean {
  const { book, inbox, asked } = state;
  const newest = book.newest(author);
  if (newest === undefined || book.isGivenUp(author) || inbox.get(author)?.announced === newest) return false;
  return !asked.has(author) && mayPull(state, author, near);
}

/** Who can be a member: there is a model of it that is not too old, here or to be had. */
export function youngAuthors({ context, book, inbox, cycle }: InboundState, near: ReadonlySet<PeerId>): PeerId[] {
  const young = book
    .available(new Set([...near, ...inbox.authors()]))
    .filter(({ firstSeenCycle }) => cycle - firstSeenCycle <= context.task.staleness.cutoff);
  return young.map(({ author }) => author);
}

export function mayPull({ strikes, places, cycle }: InboundState, author: PeerId, near: ReadonlySet<PeerId>): boolean {
  return near.has(author) && !strikes.isOut(author, cycle) && places.mayTake(author, strikes.has(author));
}
