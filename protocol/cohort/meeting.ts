/**
 * Cohorts beside the learning loop: a model waits, its offer is told to the neighbours, the draw of the epoch brings some together, one of them convenes
 * the session. Nothing here is waited for by the loop, and what is alone waits and says so.
 *
 *     a model waits -> offer -> (a window) -> draw -> convene, or be asked to join -> released, or it waits on with the next model
 *
 * Whoever hears an offer of its epoch makes one too, where it has a model that waits. So everybody who has a model can be in a draw.
 */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { PeerId } from "../base/seams.ts";
import { cohortsOf, type Drawn } from "./draw.ts";
import type { MeetingOptions, MeetingParts, MeetingState } from "./meeting-state.ts";
import { createMember } from "./member.ts";
import { createOfferBook } from "./offer-book.ts";
import { createLinks, makeOffer, type Offer, type OwnOffer, readOffer } from "./offers.ts";
import { rosterOf } from "./roster.ts";
import { giveUpAfter, hold, leave, memberOptions, peerOf } from "./sessions.ts";
import { isOffer } from "./statements.ts";

export interface MeetingStatus {
  /** `model`: the loop has nothing new; `others`: a model waits for a draw that brings enough together; `session`: it is in a sum. */
  readonly waitsFor: "model" | "others" | "session";
  readonly epoch: number;
  /** Offers in the draw of this epoch, the own one among them. */
  readonly offers: number;
  /** Draws that brought too few together, since the last session. */
  readonly alone: number;
  /** Sessions by what came of them, as far as this peer saw. */
  readonly sessions: { readonly joined: number; readonly released: number; readonly failed: number };
}

export interface Meeting {
  /** This model waits for a cohort from now on, in place of one that waited. */
  offer(params: Float32Array, age: number): void;
  /** Answers a sealed offer or request. @throws HearsayError. */
  handle(from: PeerId, sealed: Uint8Array): Promise<Uint8Array>;
  status(): MeetingStatus;
}

/** The answer to an offer. */
const TAKEN: Uint8Array = new Uint8Array(0);

export function createMeeting(parts: MeetingParts, options: MeetingOptions): Meeting {
  const { crypto, secrecy } = parts;
  const state: MeetingState = {
    ...parts,
    ...options,
    book: createOfferBook(crypto),
    links: createLinks(crypto, secrecy),
    member: createMember(parts, { ...memberOptions(() => state), ...options, minimum: options.cohort.minimum }),
    waiting: undefined,
    offered: undefined,
    drawn: undefined,
    isWindowOver: false,
    isSuperseded: false,
    drawLater: undefined,
    giveUpLater: undefined,
    isSitting: false,
    served: new Map(),
    lent: [],
    alone: 0,
    sessions: { joined: 0, released: 0, failed: 0 },
    freed: () => offerWaiting(state),
  };
  options.signal.addEventListener("abort", () => {
    state.drawLater?.();
    leave(state);
  });
  return {
    offer(params, age) {
      state.waiting = { params, age };
      state.isSuperseded = state.offered?.offer.epoch === state.book.epoch();
      offerWaiting(state);
      drawIfDue(state);
    },
    handle: (from, sealed) => handle(state, from, sealed),
    status: () => statusOf(state),
  };
}

function statusOf({ waiting, offered, drawn, isSitting, book, alone, sessions }: MeetingState): MeetingStatus {
  const waitsFor = isSitting ? "session" : waiting || offered || drawn ? "others" : "model";
  return { waitsFor, epoch: book.epoch(), offers: book.ring(book.epoch()).length, alone, sessions: { ...sessions } };
}

/** Offers the model that waits in the draw of this epoch, where none is offered yet. */
function offerWaiting(state: MeetingState): void {
  const { book, links, task, waiting, offered, isSitting, signal } = state;
  const epoch = book.epoch();
  if (waiting === undefined || isSitting || offered?.offer.epoch === epoch || signal.aborted) return;
  const offer: OwnOffer = makeOffer(state, { task, epoch, link: links(epoch) });
  state.offered = { offer, ...waiting };
  book.make(offer);
  tell(state, offer);
  openWindow(state);
}

/** A neighbour that does not hear of the offer does not meet this peer. */
function tell({ neighbours, request }: MeetingState, { sealed }: Offer): void {
  for (const peer of neighbours()) void request(peer, sealed).catch(() => {});
}

/** The window lasts as long as an answer of the slowest may take: whoever hears of the epoch can be in its draw. */
function openWindow(state: MeetingState): void {
  if (state.isWindowOver) return;
  state.drawLater ??= state.clock.after(state.patienceMs(undefined, 0), () => {
    state.drawLater = undefined;
    state.isWindowOver = true;
    drawIfDue(state);
  });
}

/**
 * An epoch is over when everybody is in it who was in the last one; or a newer model waits than the one that is offered, which so waits no longer than a
 * training; or others have gone on and half of those that are hoped for are in. So a draw is among most of the neighbours, and not among those that
 * happen to have trained at one moment.
 *
 * Where too few for a cohort have come so far, and others are behind, they wait there for them, each with its newest model. Else one that trains faster,
 * and was ahead once, would meet nobody again.
 */
function drawIfDue(state: MeetingState): void {
  if (!state.isWindowOver) return;
  const { offered, waiting, book, cohort } = state;
  const { here, hoped, ahead, all } = book.counts();
  if (here < cohort.minimum && here < all && offered?.offer.epoch === book.epoch()) {
    if (state.isSuperseded) tell(state, offered.offer); // neighbours that came since then hear of it now
    [state.offered, state.isSuperseded] = [{ ...offered, ...waiting }, false];
    return;
  }
  if (here >= hoped || state.isSuperseded || (ahead > 0 && 2 * here >= hoped)) draw(state);
}

/** The draw of this epoch, as far as this peer heard; and on to the next one. */
function draw(state: MeetingState): void {
  const { book, offered, waiting, cohort, crypto, identity, isSuperseded } = state;
  const epoch = book.epoch();
  const isOwn = ({ offer }: Drawn) => equalBytes(offer.publicKey, identity.publicKey);
  const run = cohortsOf(book.ring(epoch), cohort).find((members) => members.some(isOwn));
  book.next();
  [state.isWindowOver, state.isSuperseded, state.drawn] = [false, false, undefined];
  if (offered?.offer.epoch === epoch) {
    state.offered = undefined;
    state.drawn = run && offered;
    if (run === undefined) state.alone++;
    else if (waiting?.params === offered.params) state.waiting = undefined;
    if (run !== undefined && isOwn(run[0] as Drawn)) {
      const offers = run.map(({ offer }) => offer);
      void hold(state, rosterOf(offers, crypto)); // it makes its next offer when that has ended
      return;
    }
  }
  if (isSuperseded) offerWaiting(state);
}

async function handle(state: MeetingState, from: PeerId, sealed: Uint8Array): Promise<Uint8Array> {
  if (isOffer(sealed)) return hear(state, from, sealed);
  const { member } = state;
  const answer = await member.handle(sealed);
  const session = member.sitting();
  if (session !== undefined) giveUpAfter(state, session.roster);
  if (member.hasVouched() && state.isSitting) {
    state.isSitting = false; // it answers once more where its word was lost, and may sit in another session
    state.sessions.released++;
    offerWaiting(state);
  }
  return answer;
}

function hear(state: MeetingState, from: PeerId, sealed: Uint8Array): Uint8Array {
  const { crypto, task, book, isBanned } = state;
  const offer = readOffer(sealed, crypto);
  // Each tells its own neighbours: whom a peer sits with, it is connected with.
  if (peerOf(offer) !== from) throw new HearsayError("ERR_COHORT", "an offer is told by its author");
  if (!equalBytes(offer.task, task)) throw new HearsayError("ERR_OTHER_TASK", "an offer for another task");
  if (isBanned(from)) throw new HearsayError("ERR_BANNED", "there is evidence against its author");
  if (book.hear(offer) === "old")
    throw new HearsayError("ERR_REPLAYED", "an offer for that epoch, or a later one, came before");
  if (hasEnded(state, offer)) {
    state.sessions.failed++;
    leave(state);
  }
  if (offer.epoch >= book.epoch()) openWindow(state);
  offerWaiting(state);
  drawIfDue(state);
  return TAKEN;
}

/** Nobody makes an offer while it sits: one of the own coordinator says that its session is over, and this peer need not wait until its patience is. */
function hasEnded({ member, isSitting }: MeetingState, { publicKey, epoch }: Offer): boolean {
  const session = member.sitting();
  if (session === undefined || !isSitting) return false;
  const { offers } = session.roster;
  const convened = offers[session.coordinator] as Offer;
  return equalBytes(convened.publicKey, publicKey) && epoch > convened.epoch;
}
