/**
 * The messages of vertical learning, each a strict DAG-CBOR array. A message lies at its sender until it is fetched (mailbox.ts), by the name of its step.
 *
 *   ask         [2, session(32), step, offset]                          -> [2, total, chunk]; total 0: not there yet; an offset behind the end confirms the whole
 *   offer       [2, holder key(32), nonce(16), purpose, kind, parties, id column, target, ridge in millionths, epochs]      its SHA-256 is the session
 *   card        [2, ids, columns]                                       of a party that joins
 *   roster      [2, [key(32), ...]]                                     all parties, the label holder first
 *   points      [2, points]                                             32 bytes each
 *   places      [2, places]                                             4 bytes each, big end first
 *   run         [2, run(16)]
 *   masker      [2, x25519 key(32), signature(64)]                      signed: session | run | x25519 key, in the domain vertical
 *   maskers     [2, sealing key, [[key(32), x25519 key(32), signature(64)], ...]]
 *   residuals   [2, done, alpha, gamma, exponent, [sealed, ...]]
 *   products    [2, [sealed, ...]]
 *   words       [2, words]                                              8 bytes each, little end first; also of sums
 */
import { LIMITS } from "../base/limits.ts";
import { encodeCanonical, encodeWithBytes } from "../wire/canonical.ts";
import { isSignature } from "../wire/envelope.ts";
import { binary, bytes32, count, fields, list, malformed, PROTOCOL_VERSION, text } from "../wire/fields.ts";
import { POINT_BYTES } from "./matching.ts";
import { KINDS, type ProblemKind } from "./problem.ts";
import { bytesOfWords, wordsOfBytes } from "./words.ts";

export const VERTICAL_PROTOCOL: string = `/hearsay/vertical/${PROTOCOL_VERSION}.0.0`;

const MAX_STEP_CHARACTERS = 64;
const MAX_TEXT_CHARACTERS = 256;
export const NONCE_BYTES = 16;
const OFFER_FIELDS = 10;
const PLACE_BYTES = 4;
const MILLION = 1_000_000;
/** Exponents of residuals: those of float64. */
const MOST_EXPONENT = 1100;

export interface Ask {
  readonly session: Uint8Array;
  readonly step: string;
  readonly offset: number;
}

/** What is learned, with whom. */
export interface Offer {
  /** Public key of the label holder. */
  readonly holder: Uint8Array;
  readonly nonce: Uint8Array;
  /** For people. */
  readonly purpose: string;
  readonly kind: ProblemKind;
  /** The label holder among them. */
  readonly parties: number;
  /** Name of the column of ids at the label holder, for people. */
  readonly idColumn: string;
  /** Name of what is predicted: no other party should have a column of it. */
  readonly target: string;
  /** Weight of half the squared norm of the weights, beside the mean loss. */
  readonly ridge: number;
  /** At most. */
  readonly epochs: number;
}

/** How much a party brings. */
export interface Card {
  readonly numIds: number;
  readonly numColumns: number;
}

/** A party's key for masks, signed by it. */
export interface SignedMasker {
  readonly agreement: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Maskers {
  /** The label holder's; empty where nothing is sealed. */
  readonly sealingKey: Uint8Array;
  readonly maskers: readonly (SignedMasker & { readonly key: Uint8Array })[];
}

export interface Residuals {
  /** Nothing comes after it. */
  readonly done: boolean;
  /** The step that the epoch before came to. */
  readonly alpha: number;
  readonly gamma: number;
  /** Of the power of two that residuals were divided by. */
  readonly exponent: number;
  readonly sealed: readonly Uint8Array[];
}

export function encodeAsk({ session, step, offset }: Ask): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, session, step, offset]);
}

export function decodeAsk(bytes: Uint8Array): Ask {
  const [, session, step, offset] = fields(bytes, 4);
  return { session: bytes32(session), step: text(step, MAX_STEP_CHARACTERS), offset: count(offset) };
}

export function encodePart(total: number, chunk: Uint8Array): Uint8Array {
  return encodeWithBytes([PROTOCOL_VERSION, total], chunk);
}

export function decodePart(bytes: Uint8Array): { readonly total: number; readonly chunk: Uint8Array } {
  const [, total, chunk] = fields(bytes, 3);
  return { total: count(total), chunk: binary(chunk) };
}

export function encodeOffer(offer: Offer): Uint8Array {
  const { holder, nonce, purpose, kind, parties, idColumn, target, ridge, epochs } = offer;
  const what = [purpose, kind, parties, idColumn, target];
  return encodeCanonical([PROTOCOL_VERSION, holder, nonce, ...what, Math.round(MILLION * ridge), epochs]);
}

/** Has one form: it is hashed. */
export function decodeOffer(bytes: Uint8Array): Offer {
  const value = fields(bytes, OFFER_FIELDS);
  if (value.length !== OFFER_FIELDS) throw malformed(`an offer has ${OFFER_FIELDS} fields`);
  const [, holder, nonce, purpose, kind, parties, idColumn, target, millionths, epochs] = value;
  if (!KINDS.includes(kind as ProblemKind)) throw malformed(`the kind is none of ${KINDS.join(", ")}`);
  return {
    holder: bytes32(holder),
    nonce: bytesOf(nonce, NONCE_BYTES),
    purpose: text(purpose, MAX_TEXT_CHARACTERS),
    kind: kind as ProblemKind,
    parties: between(parties, 2, LIMITS.maxVerticalParties),
    idColumn: text(idColumn, MAX_TEXT_CHARACTERS),
    target: text(target, MAX_TEXT_CHARACTERS),
    ridge: between(millionths, 1, 1000 * MILLION) / MILLION,
    epochs: between(epochs, 1, LIMITS.maxVerticalEpochs),
  };
}

export function encodeCard({ numIds, numColumns }: Card): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, numIds, numColumns]);
}

export function decodeCard(bytes: Uint8Array): Card {
  const [, numIds, numColumns] = fields(bytes, 3);
  return {
    numIds: between(numIds, 1, LIMITS.maxVerticalIds),
    numColumns: between(numColumns, 1, LIMITS.maxVerticalColumns),
  };
}

export function encodeRoster(keys: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, keys]);
}

export function decodeRoster(bytes: Uint8Array): Uint8Array[] {
  const [, keys] = fields(bytes, 2);
  return few(keys, LIMITS.maxVerticalParties).map(bytes32);
}

export function encodePoints(points: Uint8Array): Uint8Array {
  return encodeWithBytes([PROTOCOL_VERSION], points);
}

export function decodePoints(bytes: Uint8Array): Uint8Array {
  const [, points] = fields(bytes, 2, LIMITS.maxVerticalMessageBytes);
  const found = binary(points);
  if (found.length % POINT_BYTES !== 0 || found.length > POINT_BYTES * LIMITS.maxVerticalIds)
    throw malformed(`${found.length} bytes of points`);
  return found;
}

export function encodePlaces(places: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(PLACE_BYTES * places.length);
  const view = new DataView(bytes.buffer);
  places.forEach((place, i) => {
    view.setUint32(PLACE_BYTES * i, place);
  });
  return encodeWithBytes([PROTOCOL_VERSION], bytes);
}

/** None of them twice, and all below `numPlaces`. */
export function decodePlaces(bytes: Uint8Array, numPlaces: number): number[] {
  const [, places] = fields(bytes, 2, LIMITS.maxVerticalMessageBytes);
  const found = binary(places);
  if (found.length % PLACE_BYTES !== 0 || found.length > PLACE_BYTES * numPlaces)
    throw malformed(`${found.length} bytes of places`);
  const view = new DataView(found.buffer, found.byteOffset, found.length);
  const list = Array.from({ length: found.length / PLACE_BYTES }, (_, i) => view.getUint32(PLACE_BYTES * i));
  if (list.some((place) => place >= numPlaces) || new Set(list).size < list.length)
    throw malformed("a place is there twice, or is none");
  return list;
}

export function encodeRun(run: Uint8Array): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, run]);
}

export function decodeRun(bytes: Uint8Array): Uint8Array {
  const [, run] = fields(bytes, 2);
  return bytesOf(run, NONCE_BYTES);
}

export function encodeMasker({ agreement, signature }: SignedMasker): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, agreement, signature]);
}

export function decodeMasker(bytes: Uint8Array): SignedMasker {
  const [, agreement, signature] = fields(bytes, 3);
  return maskerOf(agreement, signature);
}

export function encodeMaskers({ sealingKey, maskers }: Maskers): Uint8Array {
  const signed = maskers.map(({ key, agreement, signature }) => [key, agreement, signature]);
  return encodeCanonical([PROTOCOL_VERSION, sealingKey, signed]);
}

export function decodeMaskers(bytes: Uint8Array): Maskers {
  const [, sealingKey, signed] = fields(bytes, 3, LIMITS.maxVerticalMessageBytes);
  const maskers = few(signed, LIMITS.maxVerticalParties).map((item) => {
    if (!Array.isArray(item) || item.length !== 3) throw malformed("a masker is not [key, x25519 key, signature]");
    return { key: bytes32(item[0]), ...maskerOf(item[1], item[2]) };
  });
  return { sealingKey: atMost(sealingKey, LIMITS.maxSealingKeyBytes), maskers };
}

export function encodeResiduals({ done, alpha, gamma, exponent, sealed }: Residuals): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, done, alpha, gamma, exponent, sealed]);
}

export function decodeResiduals(bytes: Uint8Array): Residuals {
  const [, done, alpha, gamma, exponent, sealed] = fields(bytes, 6, LIMITS.maxVerticalMessageBytes);
  if (typeof done !== "boolean") throw malformed("done is not true or false");
  if (!Number.isSafeInteger(exponent) || Math.abs(exponent as number) > MOST_EXPONENT)
    throw malformed("the exponent is not that of a number");
  return { done, alpha: real(alpha), gamma: real(gamma), exponent: exponent as number, sealed: sealedIn(sealed) };
}

export function encodeProducts(sealed: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, sealed]);
}

export function decodeProducts(bytes: Uint8Array): Uint8Array[] {
  const [, sealed] = fields(bytes, 2, LIMITS.maxVerticalMessageBytes);
  return sealedIn(sealed);
}

export function encodeWords(words: BigUint64Array): Uint8Array {
  return encodeWithBytes([PROTOCOL_VERSION], bytesOfWords(words));
}

/** @param length how many there have to be. */
export function decodeWords(bytes: Uint8Array, length: number): BigUint64Array {
  const [, words] = fields(bytes, 2, LIMITS.maxVerticalMessageBytes);
  const found = binary(words);
  if (found.length !== 8 * length) throw malformed(`${found.length} bytes, not ${length} words`);
  return wordsOfBytes(found);
}

function maskerOf(agreement: unknown, signature: unknown): SignedMasker {
  if (!isSignature(signature)) throw malformed("no signature");
  return { agreement: bytes32(agreement), signature };
}

function sealedIn(value: unknown): Uint8Array[] {
  return few(value, LIMITS.maxSealedPerMessage).map((item) => atMost(item, LIMITS.maxSealedBytes));
}

function few(value: unknown, most: number): unknown[] {
  const items = list(value);
  if (items.length > most) throw malformed(`${items.length} of what there may be ${most}`);
  return items;
}

function atMost(value: unknown, maxBytes: number): Uint8Array {
  const bytes = binary(value);
  if (bytes.length > maxBytes) throw malformed(`${bytes.length} bytes of what may have ${maxBytes}`);
  return bytes;
}

function bytesOf(value: unknown, length: number): Uint8Array {
  const bytes = binary(value);
  if (bytes.length !== length) throw malformed(`not ${length} bytes`);
  return bytes;
}

function between(value: unknown, least: number, most: number): number {
  const number = count(value);
  if (number < least || number > most) throw malformed(`${number} is not in ${least} .. ${most}`);
  return number;
}

function real(value: unknown): number {
  if (typeof value === "number") return value; // finite: the decoder refuses all others
  throw malformed("not a number");
}
