/** The sessions of a peer, as coordinator and as member: who may sit together, how long each may take, and how one ends. */
import { equalBytes, keyOf } from "../base/bytes.ts";
import { HearsayError, isHearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import { type CoordinatorOptions, convene } from "./coordinator.ts";
import { type Drawn, isNear, reachOf } from "./draw.ts";
import type { MeetingState } from "./meeting-state.ts";
import type { MemberOptions, OfferedModel } from "./member-state.ts";
import { lotOf, type Offer } from "./offers.ts";
import type { Roster } from "./roster.ts";

/** Convenes a session, and reports its result. */
export async function hold(state: MeetingState, roster: Roster): Promise<void> {
  if (state.isSitting) return; // another one was faster
  const outcome = await convene(state, roster, coordinatorOptions(state));
  if (state.signal.aborted) return;
  if (outcome.kind === "released") {
    state.sessions.released++;
    state.released(outcome);
  } else state.sessions.failed++;
  leave(state);
}

function coordinatorOptions(state: MeetingState): CoordinatorOptions {
  const { task, cohort, vectorBytes, encode, identity, member, served } = state;
  const isSelf = ({ publicKey }: Offer) => equalBytes(publicKey, identity.publicKey);
  return {
    task,
    minimum: cohort.minimum,
    vectorBytes,
    encode,
    async ask(offer, sealed, vectors) {
      if (isSelf(offer)) return member.handle(sealed).catch(requireRefusal);
      return patiently(state, peerOf(offer), vectors, (peer) => untilAnswered(state, peer, sealed));
    },
    async obtain(offer, hash, length) {
      if (isSelf(offer)) return served.get(keyOf(hash));
      return patiently(state, peerOf(offer), 1, (peer) => state.pull(peer, hash, length));
    },
    serve: (hash, bytes) => serve(state, hash, bytes),
  };
}

export const peerOf = ({ publicKey }: Offer): PeerId => peerIdFromPublicKey(publicKey);

function requireRefusal(error: unknown): undefined {
  if (!isHearsayError(error)) throw error;
}

/** What comes of it within the time of this peer; undefined where nothing does, or it is refused. */
function patiently<T>(
  { clock, patienceMs }: MeetingState,
  peer: PeerId,
  vectors: number,
  begin: (peer: PeerId) => Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(patienceMs(peer, vectors), () => resolve(undefined));
    begin(peer).catch(requireRefusal).then(resolve, reject).finally(cancel);
  });
}

/** Asks again where the answer is that it comes later. Whoever waits for it has a limit. */
async function untilAnswered(state: MeetingState, peer: PeerId, sealed: Uint8Array): Promise<Uint8Array> {
  const { clock, patienceMs, signal, isBanned, request } = state;
  const endMs = clock.monotonicMs() + patienceMs(peer, LIMITS.maxCohort);
  while (!signal.aborted && !isBanned(peer) && clock.monotonicMs() < endMs) {
    const answer = await request(peer, sealed);
    if (answer.length > 0) return answer;
    await new Promise<void>((resolve) => void clock.after(patienceMs(peer, 0) / 4, resolve));
  }
  throw new HearsayError("ERR_TIMEOUT", "the member has not come to its answer");
}

/** A coordinator that asks no more, for as long as the slowest member may take, is given up: the model is used up, and the next one waits for the next draw. */
export function giveUpAfter(state: MeetingState, { offers }: Roster): void {
  const waits = offers.map((offer) => state.patienceMs(peerOf(offer), LIMITS.maxCohort));
  state.giveUpLater?.();
  state.giveUpLater = state.clock.after(2 * Math.max(...waits), () => {
    if (state.isSitting) state.sessions.failed++; // it has not vouched
    leave(state);
  });
}

export function leave(state: MeetingState): void {
  state.giveUpLater?.();
  state.giveUpLater = undefined;
  state.isSitting = false;
  state.served.clear();
  for (const end of state.lent.splice(0)) end();
  state.member.leave();
  state.freed();
}

type MemberCallbacks = Pick<MemberOptions, "take" | "isDrawn" | "serve" | "obtain" | "hashOf">;

/** @param of the state, which is made after these. */
export function memberOptions(of: () => MeetingState): MemberCallbacks {
  return {
    take: (offer) => take(of(), offer),
    isDrawn: (offers) => isDrawn(of(), offers),
    serve: (hash, bytes) => serve(of(), hash, bytes),
    async obtain(coordinator, hash, length) {
      const own = of().served.get(keyOf(hash)); // where this peer is the coordinator
      return own ?? patiently(of(), peerOf(coordinator), LIMITS.maxCohort, (peer) => of().pull(peer, hash, length));
    },
    hashOf: (mean) => of().encode(mean).hash,
  };
}

function serve({ served, lent, lend }: MeetingState, hash: Uint8Array, bytes: Uint8Array): void {
  if (served.has(keyOf(hash))) return;
  served.set(keyOf(hash), bytes);
  lent.push(lend(hash, bytes));
}

/** The model is in one sum at most: two sums of much the same members would show what differs. */
function take(state: MeetingState, offer: Uint8Array): OfferedModel | undefined {
  const { offered, drawn, waiting } = state;
  const asked = [drawn, offered].find((one) => one !== undefined && equalBytes(one.offer.sealed, offer));
  if (asked === undefined || state.isSitting) return undefined;
  if (asked === offered) state.offered = undefined;
  state.drawn = undefined;
  if (waiting?.params === asked.params) state.waiting = undefined;
  state.isSitting = true;
  state.alone = 0;
  state.sessions.joined++;
  return asked;
}

function isDrawn({ book, cohort, crypto, identity, isBanned }: MeetingState, offers: readonly Offer[]): boolean {
  const ring = book.ring(offers[0]?.epoch ?? 0);
  const isOwn = ({ offer: { publicKey } }: Drawn) => equalBytes(publicKey, identity.publicKey);
  const own = ring.find(isOwn);
  const others = offers.map((offer) => ({ offer, lot: lotOf(offer, crypto) })).filter((one) => !isOwn(one));
  if (own === undefined || others.some(({ offer }) => isBanned(peerOf(offer)))) return false;
  return isNear(own, others, ring, reachOf(cohort));
}
