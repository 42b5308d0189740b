/** The sessions of a peer, as coordinator and as member: who may sit together, how long each may take, and how one ends. */
import { equalBytes, keyOf } from "../base/bytes.ts";
import { HearsayError, isHearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import type { MemberOptions, Standing } from "./chair.ts";
import { type CoordinatorOptions, convene } from "./coordinator.ts";
import { type Drawn, isNear, reachOf } from "./draw.ts";
import type { Hall } from "./hall.ts";
import { lotOf, type Offer } from "./offers.ts";
import type { Roster } from "./roster.ts";

/** Convenes a session, and reports its result. */
export async function hold(hall: Hall, roster: Roster): Promise<void> {
  if (hall.isSitting) return; // another one was faster
  const outcome = await convene(hall, roster, coordinatorOptions(hall));
  if (hall.signal.aborted) return;
  if (outcome.kind === "released") {
    hall.sessions.released++;
    hall.released(outcome);
  } else hall.sessions.failed++;
  leave(hall);
}

function coordinatorOptions(hall: Hall): CoordinatorOptions {
  const { task, cohort, vectorBytes, encode, identity, member, served } = hall;
  const isSelf = ({ publicKey }: Offer) => equalBytes(publicKey, identity.publicKey);
  return {
    task,
    minimum: cohort.minimum,
    vectorBytes,
    encode,
    async ask(offer, sealed, vectors) {
      if (isSelf(offer)) return member.handle(sealed).catch(requireRefusal);
      return patiently(hall, peerOf(offer), vectors, (peer) => untilAnswered(hall, peer, sealed));
    },
    async obtain(offer, hash, length) {
      if (isSelf(offer)) return served.get(keyOf(hash));
      return patiently(hall, peerOf(offer), 1, (peer) => hall.pull(peer, hash, length));
    },
    serve: (hash, bytes) => serve(hall, hash, bytes),
  };
}

export const peerOf = ({ publicKey }: Offer): PeerId => peerIdFromPublicKey(publicKey);

function requireRefusal(error: unknown): undefined {
  if (!isHearsayError(error)) throw error;
}

/** What comes of it within the time of this peer; undefined where nothing does, or it is refused. */
function patiently<T>(
  { clock, patienceMs }: Hall,
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
async function untilAnswered(hall: Hall, peer: PeerId, sealed: Uint8Array): Promise<Uint8Array> {
  const { clock, patienceMs, signal, isBanned, request } = hall;
  const endMs = clock.monotonicMs() + patienceMs(peer, LIMITS.maxCohort);
  while (!signal.aborted && !isBanned(peer) && clock.monotonicMs() < endMs) {
    const answer = await request(peer, sealed);
    if (answer.length > 0) return answer;
    await new Promise<void>((resolve) => void clock.after(patienceMs(peer, 0) / 4, resolve));
  }
  throw new HearsayError("ERR_TIMEOUT", "the member has not come to its answer");
}

/** A coordinator that asks no more, for as long as the slowest member may take, is given up: the model is used up, and the next one waits for the next draw. */
export function giveUpAfter(hall: Hall, { offers }: Roster): void {
  const waits = offers.map((offer) => hall.patienceMs(peerOf(offer), LIMITS.maxCohort));
  hall.giveUpLater?.();
  hall.giveUpLater = hall.clock.after(2 * Math.max(...waits), () => {
    if (hall.isSitting) hall.sessions.failed++; // it has not vouched
    leave(hall);
  });
}

export function leave(hall: Hall): void {
  hall.giveUpLater?.();
  hall.giveUpLater = undefined;
  hall.isSitting = false;
  hall.served.clear();
  for (const end of hall.lent.splice(0)) end();
  hall.member.leave();
  hall.freed();
}

type MemberCallbacks = Pick<MemberOptions, "take" | "isDrawn" | "serve" | "obtain" | "hashOf">;

/** @param of the hall, once there is one. */
export function memberOptions(of: () => Hall): MemberCallbacks {
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

function serve({ served, lent, lend }: Hall, hash: Uint8Array, bytes: Uint8Array): void {
  if (served.has(keyOf(hash))) return;
  served.set(keyOf(hash), bytes);
  lent.push(lend(hash, bytes));
}

/** The model is in one sum at most: two sums of much the same members would show what differs. */
function take(hall: Hall, offer: Uint8Array): Standing | undefined {
  const { standing, drawn, waiting } = hall;
  const asked = [drawn, standing].find((one) => one !== undefined && equalBytes(one.offer.sealed, offer));
  if (asked === undefined || hall.isSitting) return undefined;
  if (asked === standing) hall.standing = undefined;
  hall.drawn = undefined;
  if (waiting?.params === asked.params) hall.waiting = undefined;
  hall.isSitting = true;
  hall.alone = 0;
  hall.sessions.joined++;
  return asked;
}

function isDrawn({ book, cohort, crypto, identity, isBanned }: Hall, offers: readonly Offer[]): boolean {
  const ring = book.ring(offers[0]?.epoch ?? 0);
  const isOwn = ({ offer: { publicKey } }: Drawn) => equalBytes(publicKey, identity.publicKey);
  const own = ring.find(isOwn);
  const others = offers.map((offer) => ({ offer, lot: lotOf(offer, crypto) })).filter((one) => !isOwn(one));
  if (own === undefined || others.some(({ offer }) => isBanned(peerOf(offer)))) return false;
  return isNear(own, others, ring, reachOf(cohort));
}
