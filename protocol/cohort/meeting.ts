/**
 * Cohorts beside the learning loop: a model waits, its offer is told to the neighbours, the draw of the epoch brings some together, one of them convenes the session. Nothing
 * here is waited for by the loop, and what is alone waits and says so.
 *
 *     a model waits -> offer -> (a window) -> draw -> convene, or be asked to join -> released, or it waits on with the next model
 *
 * Whoever hears an offer of its epoch makes one too, where it has a model that waits. So everybody who has a model can be in a draw.
 */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { PeerId } from "../base/seams.ts";
import { cohortsOf, type Drawn } from "./draw.ts";
import type { Hall, MeetingOptions, MeetingParts } from "./hall.ts";
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
  const hall: Hall = {
    ...parts,
    ...options,
    book: createOfferBook(crypto),
    links: createLinks(crypto, secrecy),
    member: createMember(parts, { ...memberOptions(() => hall), ...options, minimum: options.cohort.minimum }),
    waiting: undefined,
    standing: undefined,
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
    freed: () => stand(hall),
  };
  options.signal.addEventListener("abort", () => {
    hall.drawLater?.();
    leave(hall);
  });
  return {
    offer(params, age) {
      hall.waiting = { params, age };
      hall.isSuperseded = hall.standing?.offer.epoch === hall.book.epoch();
      stand(hall);
      drawIfDue(hall);
    },
    handle: (from, sealed) => handle(hall, from, sealed),
    status: () => statusOf(hall),
  };
}

function statusOf({ waiting, standing, drawn, isSitting, book, alone, sessions }: Hall): MeetingStatus {
  const waitsFor = isSitting ? "session" : waiting || standing || drawn ? "others" : "model";
  return { waitsFor, epoch: book.epoch(), offers: book.ring(book.epoch()).length, alone, sessions: { ...sessions } };
}

/** Makes an offer for this epoch, where a model waits and none was made. */
function stand(hall: Hall): void {
  const { book, links, task, waiting, standing, isSitting, signal } = hall;
  const epoch = book.epoch();
  if (waiting === undefined || isSitting || standing?.offer.epoch === epoch || signal.aborted) return;
  const offer: OwnOffer = makeOffer(hall, { task, epoch, link: links(epoch) });
  hall.standing = { offer, ...waiting };
  book.make(offer);
  tell(hall, offer);
  openWindow(hall);
}

/** A neighbour that does not hear of the offer does not meet this peer. */
function tell({ neighbours, request }: Hall, { sealed }: Offer): void {
  for (const peer of neighbours()) void request(peer, sealed).catch(() => {});
}

/** The window lasts as long as an answer of the slowest may take: whoever hears of the epoch can be in its draw. */
function openWindow(hall: Hall): void {
  if (hall.isWindowOver) return;
  hall.drawLater ??= hall.clock.after(hall.patienceMs(undefined, 0), () => {
    hall.drawLater = undefined;
    hall.isWindowOver = true;
    drawIfDue(hall);
  });
}

/**
 * An epoch is over when everybody is in it who was in the last one; or a newer model waits than the one that stands, which so waits no longer than a training; or others have gone on
 * and half of those that are hoped for are in. So a draw is among most of the neighbours, and not among those that happen to have trained at one moment.
 *
 * Where too few for a cohort have come so far, and others are behind, they wait there for them, each with its newest model. Else one that trains faster, and was ahead once, would meet nobody again.
 */
function drawIfDue(hall: Hall): void {
  if (!hall.isWindowOver) return;
  const { standing, waiting, book, cohort } = hall;
  const { here, hoped, ahead, all } = book.counts();
  if (here < cohort.minimum && here < all && standing?.offer.epoch === book.epoch()) {
    if (hall.isSuperseded) tell(hall, standing.offer); // neighbours that came since then hear of it now
    [hall.standing, hall.isSuperseded] = [{ ...standing, ...waiting }, false];
    return;
  }
  if (here >= hoped || hall.isSuperseded || (ahead > 0 && 2 * here >= hoped)) draw(hall);
}

/** The draw of this epoch, as far as this peer heard; and on to the next one. */
function draw(hall: Hall): void {
  const { book, standing, waiting, cohort, crypto, identity, isSuperseded } = hall;
  const epoch = book.epoch();
  const isOwn = ({ offer }: Drawn) => equalBytes(offer.publicKey, identity.publicKey);
  const run = cohortsOf(book.ring(epoch), cohort).find((members) => members.some(isOwn));
  book.next();
  [hall.isWindowOver, hall.isSuperseded, hall.drawn] = [false, false, undefined];
  if (standing?.offer.epoch === epoch) {
    hall.standing = undefined;
    hall.drawn = run && standing;
    if (run === undefined) hall.alone++;
    else if (waiting?.params === standing.params) hall.waiting = undefined;
    if (run !== undefined && isOwn(run[0] as Drawn)) {
      const offers = run.map(({ offer }) => offer);
      void hold(hall, rosterOf(offers, crypto)); // it makes its next offer when that has ended
      return;
    }
  }
  if (isSuperseded) stand(hall);
}

async function handle(hall: Hall, from: PeerId, sealed: Uint8Array): Promise<Uint8Array> {
  if (isOffer(sealed)) return hear(hall, from, sealed);
  const { member } = hall;
  const answer = await member.handle(sealed);
  const session = member.sitting();
  if (session !== undefined) giveUpAfter(hall, session.roster);
  if (member.hasVouched() && hall.isSitting) {
    hall.isSitting = false; // it answers once more where its word was lost, and may sit at another table
    hall.sessions.released++;
    stand(hall);
  }
  return answer;
}

function hear(hall: Hall, from: PeerId, sealed: Uint8Array): Uint8Array {
  const { crypto, task, book, isBanned } = hall;
  const offer = readOffer(sealed, crypto);
  // Each tells its own neighbours: whom a peer sits with, it is connected with.
  if (peerOf(offer) !== from) throw new HearsayError("ERR_COHORT", "an offer is told by its author");
  if (!equalBytes(offer.task, task)) throw new HearsayError("ERR_OTHER_TASK", "an offer for another task");
  if (isBanned(from)) throw new HearsayError("ERR_BANNED", "there is evidence against its author");
  if (book.hear(offer) === "old")
    throw new HearsayError("ERR_REPLAYED", "an offer for that epoch, or a later one, came before");
  if (hasEnded(hall, offer)) {
    hall.sessions.failed++;
    leave(hall);
  }
  if (offer.epoch >= book.epoch()) openWindow(hall);
  stand(hall);
  drawIfDue(hall);
  return TAKEN;
}

/** Nobody makes an offer while it sits: one of the own coordinator says that its session is over, and this peer need not wait until its patience is. */
function hasEnded({ member, isSitting }: Hall, { publicKey, epoch }: Offer): boolean {
  const session = member.sitting();
  if (session === undefined || !isSitting) return false;
  const { offers } = session.roster;
  const convened = offers[session.coordinator] as Offer;
  return equalBytes(convened.publicKey, publicKey) && epoch > convened.epoch;
}
