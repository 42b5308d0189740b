/** How parties come together: the label holder shows its offer to whoever has the session, and takes those that accept, until all places are taken. */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity, PeerId } from "../base/seams.ts";
import { peerIdFromPublicKey, publicKeyFromPeerId } from "../wire/identity.ts";
import type { Mailbox } from "./mailbox.ts";
import {
  type Card,
  decodeCard,
  decodeOffer,
  decodeRoster,
  encodeCard,
  encodeOffer,
  encodeRoster,
  type Offer,
} from "./messages.ts";
import type { Session } from "./party.ts";

const OFFER = "offer";
const ROSTER = "roster";
const CARD = "card";

/** The label holder's side. */
export interface Door {
  /** For a mailbox: which peer may ask for what. Strangers see the offer while there are places. */
  mayFetch(peer: PeerId, step: string): boolean;
  onAsk(peer: PeerId, step: string): void;
  /** All parties, when every place is taken, and each has the roster. */
  readonly complete: Promise<Session>;
}

export interface DoorParts {
  readonly offer: Offer;
  readonly crypto: Pick<Crypto, "sha256">;
  /** Asked for when somebody comes, since it needs the door. */
  readonly mailbox: () => Mailbox;
  readonly observe?: (peer: PeerId, card: Card) => void;
}

export function createDoor({ offer, crypto, mailbox, observe }: DoorParts): Door {
  const encoded = encodeOffer(offer);
  const cards = new Map<PeerId, Card | undefined>(); // undefined: it was asked for
  const { promise, resolve, reject } = Promise.withResolvers<Session>();
  const places = offer.parties - 1;

  async function close(): Promise<void> {
    const members = [...cards.keys()];
    const parties = [offer.holder, ...members.map((peer) => publicKeyFromPeerId(peer) as Uint8Array)];
    for (const member of members) mailbox().post(member, ROSTER, encodeRoster(parties));
    await Promise.all(members.map((member) => mailbox().delivered(member, ROSTER)));
    resolve({ id: crypto.sha256(encoded), offer, parties });
  }

  async function take(peer: PeerId): Promise<void> {
    cards.set(peer, undefined);
    try {
      const card = decodeCard(await mailbox().fetch(peer, CARD));
      cards.set(peer, card);
      observe?.(peer, card);
    } catch {
      cards.delete(peer); // its place is free again
      return;
    }
    if (cards.size === places && [...cards.values()].every((card) => card !== undefined)) close().catch(reject);
  }

  return {
    complete: promise,
    mayFetch: (peer, step) => cards.has(peer) || ((step === OFFER || step === ROSTER) && cards.size < places),
    onAsk(peer, step) {
      if (step === OFFER) mailbox().post(peer, OFFER, encoded);
      if (step === ROSTER && !cards.has(peer) && publicKeyFromPeerId(peer) !== undefined) void take(peer);
    },
  };
}

/**
 * What a session is about, for a party that was told of it.
 * @throws HearsayError ERR_INVITE where the peer's offer is another one; ERR_NOT_FOUND where it has none, or all places are taken.
 */
export async function fetchOffer(
  mailbox: Mailbox,
  holder: PeerId,
  session: Uint8Array,
  crypto: Pick<Crypto, "sha256">,
): Promise<Offer> {
  const encoded = await mailbox.fetch(holder, OFFER);
  if (!equalBytes(crypto.sha256(encoded), session))
    throw new HearsayError("ERR_INVITE", "the offer is not that of the invite: ask for a new one");
  const offer = decodeOffer(encoded);
  if (peerIdFromPublicKey(offer.holder) !== holder)
    throw new HearsayError("ERR_INVITE", `the offer is by another party than ${holder}: ask for a new one`);
  return offer;
}

/** Takes a place, and waits until all are taken. @throws HearsayError ERR_DECODE for a roster that cannot be; as `Mailbox.fetch`. */
export async function takePlace(
  mailbox: Mailbox,
  { id, offer, card, identity }: { id: Uint8Array; offer: Offer; card: Card; identity: Identity },
): Promise<Session> {
  const holder = peerIdFromPublicKey(offer.holder);
  mailbox.post(holder, CARD, encodeCard(card));
  const parties = decodeRoster(await mailbox.fetch(holder, ROSTER));
  await mailbox.confirm(holder, ROSTER);
  const isThere = (key: Uint8Array) => parties.some((other) => equalBytes(other, key));
  const distinct = new Set(parties.map(peerIdFromPublicKey)).size;
  if (distinct !== offer.parties || !equalBytes(parties[0] as Uint8Array, offer.holder) || !isThere(identity.publicKey))
    throw new HearsayError("ERR_DECODE", "the label holder's list of parties is not that of its offer");
  return { id, offer, parties };
}

/** Refuses an identity that offers and joins. @throws HearsayError ERR_CONFIG. */
export function checkRoles(offer: Offer, own: Uint8Array, columns: readonly string[]): void {
  if (equalBytes(offer.holder, own))
    throw new HearsayError("ERR_CONFIG", "this is the peer that offers the session: join with another --state");
  if (columns.includes(offer.target))
    throw new HearsayError(
      "ERR_CONFIG",
      `the table has a column ${JSON.stringify(offer.target)}, which is what is predicted: one party has the labels; leave it out here (--drop)`,
    );
}

/** The largest power of two that is not above it, as the log tells the number of rows. */
export function rowsBucket(numRows: number): number {
  let bucket = 1;
  while (2 * bucket <= Math.min(numRows, LIMITS.maxVerticalIds)) bucket *= 2;
  return bucket;
}
