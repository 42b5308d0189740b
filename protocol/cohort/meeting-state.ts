/**
 * What a peer has at hand for its cohorts, and where its model is on the way to one:
 *
 *     waiting   the newest model that the loop gave
 *     offered   the model that is offered in the draw of this epoch
 *     drawn     the model whose draw brought others together; they may ask for it until the next draw
 *     sitting   it is in a session (`member`), and used up
 */
import type { Clock, PeerId } from "../base/seams.ts";
import type { Mean, Outcome } from "./coordinator.ts";
import type { CohortSize } from "./draw.ts";
import type { Misdeed } from "./evidence.ts";
import type { Member } from "./member.ts";
import type { MemberParts, OfferedModel } from "./member-state.ts";
import type { OfferBook } from "./offer-book.ts";

export interface MeetingParts extends MemberParts {
  readonly clock: Clock;
}

export interface MeetingOptions {
  readonly task: Uint8Array;
  readonly cohort: CohortSize;
  /** Bytes of a masked vector. */
  readonly vectorBytes: number;
  readonly signal: AbortSignal;
  neighbours(): readonly PeerId[];
  /** @throws HearsayError where it cannot be brought, or is refused. */
  request(peer: PeerId, sealed: Uint8Array): Promise<Uint8Array>;
  /** Pulls bytes by their hash. @throws HearsayError. */
  pull(peer: PeerId, hash: Uint8Array, length: number): Promise<Uint8Array>;
  /** Serves bytes by their hash until the returned function is called. */
  lend(hash: Uint8Array, bytes: Uint8Array): () => void;
  /** How long an answer of this peer may take that comes with so many vectors: by how long its models take, or those of all. */
  patienceMs(peer: PeerId | undefined, vectors: number): number;
  encode(mean: Float32Array): Mean;
  /** Nobody may sit with it: there is evidence against it. */
  isBanned(peer: PeerId): boolean;
  released(outcome: Extract<Outcome, { readonly kind: "released" }>): void;
  onMisdeed(misdeed: Misdeed): void;
}

/** What meeting.ts and sessions.ts share. */
export interface MeetingState extends MeetingParts, MeetingOptions {
  readonly book: OfferBook;
  readonly links: (epoch: number) => Uint8Array;
  readonly member: Member;
  /** The newest model, until a session takes it. */
  waiting: { readonly params: Float32Array; readonly age: number } | undefined;
  /** The model that is offered in the draw of this epoch. */
  offered: OfferedModel | undefined;
  /** The model that the last draw brought together with those of others. */
  drawn: OfferedModel | undefined;
  /** Whether this epoch has been open for long enough to be drawn (`openWindow`). */
  isWindowOver: boolean;
  /** Whether a newer model waits than the one that is offered. */
  isSuperseded: boolean;
  /** Cancels the draw that is due, or the end of patience with a coordinator. */
  drawLater: (() => void) | undefined;
  giveUpLater: (() => void) | undefined;
  isSitting: boolean;
  /** Vectors under masks that it serves, by hash: the own one, and as coordinator those of the others. */
  readonly served: Map<string, Uint8Array>;
  readonly lent: (() => void)[];
  /** A session has ended: a model that waits may be offered again. */
  freed(): void;
  /** Draws that brought too few together, since the last session. */
  alone: number;
  readonly sessions: { joined: number; released: number; failed: number };
}
