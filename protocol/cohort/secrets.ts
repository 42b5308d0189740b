/**
 * The secrets of a member, in parts for the others: of the secret of its masks, and of the seed of its own mask. A session reveals one of the two, never both:
 * the seed where its vector is in the sum, the secret where it fell out after others had masked for it.
 *
 *     box of i for j = ChaCha20-Poly1305(HKDF(X25519(share secret of i, share key of j), salt = session, info = "hearsay/cohort/share/v1" | i | j), part of secret | part of seed)
 */
import { concatBytes, equalBytes, utf8 } from "../base/bytes.ts";
import type { Crypto, Secrecy } from "../base/seams.ts";
import { type Mask, pairMask } from "./masks.ts";
import type { OwnOffer } from "./offers.ts";
import { othersIn, type Roster, thresholdOf } from "./roster.ts";
import { type Piece, placesIn, sizeOf } from "./statements.ts";

/** What a member holds of one member's secrets. */
export interface SecretParts {
  readonly key: Uint8Array;
  readonly seed: Uint8Array;
}

const SECRET_BYTES = 32;
const PART_BYTES = SECRET_BYTES + 1;
const INFO = utf8("hearsay/cohort/share/v1");

const infoOf = (from: number, to: number) => concatBytes(INFO, Uint8Array.of(from, to));

/** What a member knows of its session. */
export interface Seat {
  readonly roster: Roster;
  readonly offer: OwnOffer;
  readonly place: number;
}

/** Splits both secrets among a set of members. @returns boxes for the others, and the own parts. */
export async function splitSecrets(
  secrecy: Secrecy,
  { roster, offer, place }: Seat,
  seed: Uint8Array,
  members: number,
): Promise<{ readonly boxes: readonly Piece[]; readonly own: SecretParts }> {
  const [count, threshold] = [sizeOf(members), thresholdOf(members)];
  const [keys, seeds] = await Promise.all([
    secrecy.split(offer.maskSecret, count, threshold),
    secrecy.split(seed, count, threshold),
  ]);
  const places = placesIn(members);
  const partsOf = (at: number) => ({ key: keys[at] as Uint8Array, seed: seeds[at] as Uint8Array });
  const boxes = places.flatMap((other, at): Piece[] => {
    if (other === place) return [];
    const shareKey = roster.offers[other]?.shareKey as Uint8Array;
    const key = secrecy.agree(offer.shareSecret, shareKey, roster.session, infoOf(place, other));
    const { key: first, seed: second } = partsOf(at);
    return key === undefined ? [] : [[other, secrecy.seal(key, concatBytes(first, second))]];
  });
  return { boxes, own: partsOf(places.indexOf(place)) };
}

/** What another member put into the box for this one; undefined where it is not for it, or changed. */
export function openBox(
  secrecy: Secrecy,
  { roster, offer, place }: Seat,
  from: number,
  box: Uint8Array,
): SecretParts | undefined {
  const shareKey = roster.offers[from]?.shareKey as Uint8Array;
  const key = secrecy.agree(offer.shareSecret, shareKey, roster.session, infoOf(from, place));
  const both = key && secrecy.open(key, box);
  if (both?.length !== 2 * PART_BYTES) return undefined;
  return { key: both.slice(0, PART_BYTES), seed: both.slice(PART_BYTES) };
}

/** The masks of a member for the others of a set, with its own first. Undefined where the key of one is no key. */
export function ownMasks(secrecy: Secrecy, seat: Seat, seed: Uint8Array, members: number): Mask[] | undefined {
  const pairs = pairMasks(secrecy, seat.roster, { secret: seat.offer.maskSecret, place: seat.place, others: members });
  return pairs && [{ key: seed, sign: 1 }, ...pairs];
}

function pairMasks(
  secrecy: Secrecy,
  { session, offers }: Roster,
  { secret, place, others }: { readonly secret: Uint8Array; readonly place: number; readonly others: number },
): Mask[] | undefined {
  const masks: Mask[] = [];
  for (const other of othersIn(others, place)) {
    const maskKey = offers[other]?.maskKey as Uint8Array;
    const mask = pairMask(secrecy, secret, maskKey, { session, own: place, other });
    if (mask === undefined) return undefined;
    masks.push(mask);
  }
  return masks;
}

/** Parts of many members, sorted by whose secret each is of. */
export function gather(pieces: Iterable<Piece>): Map<number, Uint8Array[]> {
  const parts = new Map<number, Uint8Array[]>();
  for (const [place, part] of pieces) parts.set(place, [...(parts.get(place) ?? []), part]);
  return parts;
}

export interface Unmasking {
  /** Members among whom secrets were split. */
  readonly roster: number;
  /** Those of them that masked for each other. */
  readonly masked: number;
  /** Those of these whose vectors are in the sum. */
  readonly survivors: number;
  /** SHA-256 of each seed, by place. */
  readonly commitments: ReadonlyMap<number, Uint8Array>;
  /** Parts that were revealed, by the place of whose secret it is. */
  readonly seeds: ReadonlyMap<number, readonly Uint8Array[]>;
  readonly keys: ReadonlyMap<number, readonly Uint8Array[]>;
}

/** What takes the masks off that are still on the sum of the survivors; undefined where too many parts are missing or false. */
export async function remainingMasks(
  { crypto, secrecy }: { readonly crypto: Pick<Crypto, "sha256">; readonly secrecy: Secrecy },
  roster: Roster,
  { roster: members, masked, survivors, commitments, seeds, keys }: Unmasking,
): Promise<Mask[] | undefined> {
  const threshold = thresholdOf(members);
  const masks: Mask[] = [];
  for (const place of placesIn(survivors)) {
    const isRight = (seed: Uint8Array) => equalBytes(crypto.sha256(seed), commitments.get(place) as Uint8Array);
    const seed = await restore(secrecy, seeds.get(place), threshold, isRight);
    if (seed === undefined) return undefined;
    masks.push({ key: seed, sign: -1 });
  }
  for (const place of placesIn(masked & ~survivors)) {
    const isRight = (secret: Uint8Array) =>
      equalBytes(secrecy.publicKeyOf(secret), roster.offers[place]?.maskKey as Uint8Array);
    const secret = await restore(secrecy, keys.get(place), threshold, isRight);
    // The survivors masked for it with the other signs than it would have masked for them.
    const pairs = secret && pairMasks(secrecy, roster, { secret, place, others: survivors });
    if (pairs === undefined) return undefined;
    masks.push(...pairs);
  }
  return masks;
}

/** From any `threshold` parts that give what was committed to: a few false ones do no harm where there are more. */
async function restore(
  secrecy: Secrecy,
  parts: readonly Uint8Array[] = [],
  threshold: number,
  isRight: (secret: Uint8Array) => boolean,
): Promise<Uint8Array | undefined> {
  for (const some of subsets(parts, threshold)) {
    const secret = await secrecy.combine(some);
    if (secret?.length === SECRET_BYTES && isRight(secret)) return secret;
  }
  return undefined;
}

/** All selections of so many: at most ten of five. */
function subsets<T>(from: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return from.flatMap((first, i) => subsets(from.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
}
