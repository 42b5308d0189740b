/**
 * What members of a cohort say to each other. Everything is signed by the one who says it, so that what nobody may say convicts whoever said it.
 *
 *     statement = envelope in the domain cohort of [1, kind, session(32), public key(32), ...]        strict DAG-CBOR, closed
 *
 * A set of members is a number: bit i stands for member i, by the place of its offer in `join`.
 */

import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity } from "../base/seams.ts";
import { decodeCanonical } from "../wire/canonical.ts";
import { isSignature, seal, sealedPayload } from "../wire/envelope.ts";
import {
  type Check,
  readStatement,
  type StatementFields,
  type StatementForm,
  statementPayload,
} from "../wire/statements.ts";
import { isBytes32, isCount } from "../wire/values.ts";

/** A part of a secret, or a box with parts, of or for the member at that place. */
export type Piece = readonly [place: number, bytes: Uint8Array];

/** What each kind says beside session and author. The first six are the coordinator's, the others what members answer. */
export interface Says {
  /** These offers make a cohort. */
  readonly join: { readonly offers: readonly Uint8Array[] };
  /** These have joined: each splits its secrets among them. */
  readonly share: { readonly roster: number };
  /** Their boxes, as `shares`: each masks its vector for those that sent some. */
  readonly mask: { readonly shares: readonly Uint8Array[] };
  /** These have sent a masked vector, as `masked`. */
  readonly survive: { readonly survivors: number; readonly masked: readonly Uint8Array[] };
  /** Whose seeds and whose keys are needed, and the words of members, as `survivors`, that they know of the same survivors. */
  readonly unmask: { readonly seeds: number; readonly keys: number; readonly survivors: readonly Uint8Array[] };
  /** The mean, and the parts from which each can compute it. */
  readonly vouch: { readonly model: Uint8Array; readonly age: number; readonly unmasked: readonly Uint8Array[] };
  readonly joined: Record<never, never>;
  /** Boxes for the others of the roster, and SHA-256 of the seed, by which false parts show (secrets.ts). */
  readonly shares: { readonly roster: number; readonly commitment: Uint8Array; readonly boxes: readonly Piece[] };
  /** SHA-256 of the masked vector, and the age of the model. */
  readonly masked: { readonly hash: Uint8Array; readonly age: number };
  readonly survivors: { readonly survivors: number };
  readonly unmasked: { readonly seeds: readonly Piece[]; readonly keys: readonly Piece[] };
  /** Signature of the result (certificate.ts). */
  readonly vouched: { readonly signature: Uint8Array };
}

export type StatementKind = keyof Says;

export type Statement<K extends StatementKind = StatementKind> = {
  [T in K]: Says[T] & {
    readonly kind: T;
    readonly session: Uint8Array;
    readonly publicKey: Uint8Array;
    /** As it came. */
    readonly sealed: Uint8Array;
  };
}[K];

/** Stands where statements have their kind. */
export const OFFER_KIND = "offer";
const MAX_PIECE_BYTES = 128;

const set: Check = (value) => isCount(value) && value < 1 << LIMITS.maxCohort;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length <= LIMITS.maxCohort && value.every(check);
const sealedList = listOf((value) => value instanceof Uint8Array && value.length <= LIMITS.maxAnnouncementBytes);
const pieces = listOf((value) => {
  const [place, bytes, ...rest] = Array.isArray(value) ? value : [];
  const isPlace = isCount(place) && place < LIMITS.maxCohort;
  return isPlace && bytes instanceof Uint8Array && bytes.length <= MAX_PIECE_BYTES && rest.length === 0;
});
const age: Check = (value) => isCount(value) && value <= LIMITS.maxAge;

/** Fields of each kind, in their order. */
const FIELDS: StatementFields<Says> = {
  join: [["offers", sealedList]],
  share: [["roster", set]],
  mask: [["shares", sealedList]],
  survive: [
    ["survivors", set],
    ["masked", sealedList],
  ],
  unmask: [
    ["seeds", set],
    ["keys", set],
    ["survivors", sealedList],
  ],
  vouch: [
    ["model", isBytes32],
    ["age", age],
    ["unmasked", sealedList],
  ],
  joined: [],
  shares: [
    ["roster", set],
    ["commitment", isBytes32],
    ["boxes", pieces],
  ],
  masked: [
    ["hash", isBytes32],
    ["age", age],
  ],
  survivors: [["survivors", set]],
  unmasked: [
    ["seeds", pieces],
    ["keys", pieces],
  ],
  vouched: [["signature", isSignature]],
};

const FORM: StatementForm<Says> = {
  domain: "cohort",
  fields: FIELDS,
  maxBytes: LIMITS.maxRequestBytes,
  name: "a statement",
};

/** A statement of this peer. */
export function say<K extends StatementKind>(
  kind: K,
  session: Uint8Array,
  says: Says[K],
  identity: Identity,
): Uint8Array {
  return seal("cohort", statementPayload(FORM, kind, session, identity.publicKey, says), identity);
}

/**
 * A statement of whoever signed it.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_SIGNATURE.
 */
export function read(sealed: Uint8Array, crypto: Pick<Crypto, "verify">): Statement {
  const { kind, subject: session, author: publicKey, says } = readStatement(FORM, sealed, crypto);
  return { kind, session, publicKey, sealed, ...says } as unknown as Statement;
}

/** The same, of one kind. @throws HearsayError as `read`, and ERR_DECODE for another kind. */
export function readAs<K extends StatementKind>(
  kind: K,
  sealed: Uint8Array,
  crypto: Pick<Crypto, "verify">,
): Statement<K> {
  const statement = read(sealed, crypto);
  if (statement.kind !== kind)
    throw new HearsayError("ERR_DECODE", `a statement that is ${statement.kind}, not ${kind}`);
  return statement as Statement<K>;
}

/** Whether something signed is an offer (offers.ts) rather than a statement; nothing of it is checked. */
export function isOffer(sealed: Uint8Array): boolean {
  try {
    const value = decodeCanonical(sealedPayload(sealed), LIMITS.maxRequestBytes);
    return Array.isArray(value) && value[1] === OFFER_KIND;
  } catch {
    return false;
  }
}

/** How many members a set has. */
export function sizeOf(members: number): number {
  let size = 0;
  for (let rest = members; rest > 0; rest &= rest - 1) size++;
  return size;
}

/** Places in a set, ascending. */
export function placesIn(members: number): number[] {
  return Array.from({ length: LIMITS.maxCohort }, (_, i) => i).filter((place) => has(members, place));
}

export function has(members: number, place: number): boolean {
  return ((members >> place) & 1) === 1;
}

/** The set of these places. */
export function setOf(places: Iterable<number>): number {
  let members = 0;
  for (const place of places) members |= 1 << place;
  return members;
}
