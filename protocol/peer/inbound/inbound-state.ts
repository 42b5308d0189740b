/** What the inbound half holds, and what it knows of the authors whose models could be pulled. */
import type { Rng } from "../../base/rng.ts";
import type { Clock, PeerId } from "../../base/seams.ts";
import type { Task } from "../../base/task.ts";
import type { Identities } from "../memory/identities.ts";
import type { Ranks } from "../memory/ranks.ts";
import type { Announced } from "../stages.ts";
import type { AnnouncementBook } from "./announcements.ts";
import { type Choosing, type Committee, createCommittee } from "./committee.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import type { Puller, Round } from "./puller.ts";

export interface InboundComponents {
  readonly book: AnnouncementBook;
  readonly ranks: Ranks;
  readonly identities: Identities;
  readonly puller: Puller;
  readonly clock: Clock;
  /** Left out where all authors are alike. */
  readonly choosing?: Choosing | undefined;
}

export interface InboundOptions {
  readonly task: Task;
  readonly rng: Rng;
  /** The present cycle, and the largest norm of a model in it. Before the first `beginCycle` it is the last cycle of the run before. */
  readonly round: { -readonly [K in keyof Round]: Round[K] };
  readonly signal: AbortSignal;
  /** Where authors answer for their logs. */
  readonly isBanned?: (author: PeerId) => boolean;
}

/** Shared by the functions of inbound.ts and pulls.ts. */
export interface InboundState extends InboundComponents, InboundOptions {
  readonly inbox: Inbox;
  readonly committee: Committee;
  /** Authors whose models are pulled beyond the k, without a seat: newcomers that are tried out, and all whose pull has become slow. */
  readonly tryOuts: Set<PeerId>;
  /** Made for the first of them. */
  tryOutRng: Rng | undefined;
  triedCycle: number;
  /** Authors whose models were requested in this cycle, whether they came or not. */
  asked: Set<PeerId>;
  /** Pulls begun in this cycle that have a seat. */
  drawn: number;
  /** The most of these in this cycle. */
  most: number;
  /** Age of the own model at the merge, in a cycle that a budget of bytes plans; see fitting.ts. */
  plannedAge: number | undefined;
  /** Cancels the drawing that is put off, or nothing. */
  drawLater: (() => void) | undefined;
  /** Bodies refused since the last merge. */
  invalid: Announced[];
  /** Called once, when a pull has ended. */
  listener: (() => void) | undefined;
}

/** Models are held for this many committees: a member whose model is not held any more has it pulled again. */
const SPARE = 2;

export function createInboundState(components: InboundComponents, options: InboundOptions): InboundState {
  const { task, rng, round } = options;
  const { inboxSize, memory } = task.aggregation;
  const seats = Math.max(inboxSize, memory);
  return {
    ...components,
    ...options,
    inbox: createInbox({ capacity: SPARE * seats, memory }),
    committee: createCommittee(seats, rng.fork("pulls"), components.choosing),
    tryOuts: new Set(),
    tryOutRng: undefined,
    triedCycle: round.cycle - 1,
    asked: new Set(),
    drawn: 0,
    most: inboxSize,
    plannedAge: undefined,
    drawLater: undefined,
    invalid: [],
    listener: undefined,
  };
}

/** Authors of pulls that have a place, and a seat. */
export function seated({ puller, tryOuts }: InboundState): PeerId[] {
  return puller.places.placed().filter((author) => !tryOuts.has(author));
}

/** Whether an author has a model that is not held, and was not requested before in this cycle. */
export function isNew(state: InboundState, author: PeerId, near: ReadonlySet<PeerId>): boolean {
  const { book, inbox, asked } = state;
  if (asked.has(author)) return false;
  const newest = book.newest(author);
  if (newest === undefined || book.isGivenUp(author) || inbox.get(author)?.announced === newest) return false;
  return mayPull(state, author, near);
}

/** The authors that can be members of a committee: a model of theirs that is not too old is here, or can be pulled. */
export function youngAuthors({ task, book, inbox, round }: InboundState, near: ReadonlySet<PeerId>): PeerId[] {
  const others = inbox.authors().filter((author) => !near.has(author));
  const authors: PeerId[] = [];
  for (const { author, firstSeenCycle } of book.available(others.length === 0 ? near : [...near, ...others]))
    if (round.cycle - firstSeenCycle <= task.staleness.cutoff) authors.push(author);
  return authors;
}

/** Whether a model of this author is held, or could be pulled at any time. */
export function isOpen(state: InboundState, author: PeerId, near: ReadonlySet<PeerId>): boolean {
  const { identities, inbox, puller } = state;
  if (inbox.get(author) !== undefined) return true;
  return near.has(author) && !puller.strikes.has(author) && identities.isKnown(author);
}

export function mayPull({ puller, round }: InboundState, author: PeerId, near: ReadonlySet<PeerId>): boolean {
  const { strikes, places } = puller;
  return near.has(author) && !strikes.isOut(author, round.cycle) && places.mayTake(author, strikes.has(author));
}
