/**
 * Which entities two parties share, and nothing about the others: elliptic-curve Diffie-Hellman private set intersection (Meadows 1986; Huberman, Franklin, Hogg
 * 1999) over ristretto255. H maps an id to a point that nobody knows a logarithm of; a and b are secrets of the two parties, of one matching.
 *
 *     label holder -> party    H(x)^a of its ids, in random order
 *     party -> label holder    (H(x)^a)^b, in that order; H(y)^b of its own ids, in random order
 *     label holder             finds x = y where (H(x)^a)^b = (H(y)^b)^a
 *     label holder -> party    at which places of its list its ids are, of those that *all* parties have, in an order that the holder drew
 *
 * So a party learns which of its ids all have, and how many ids the holder has. The holder also learns, of each of several parties, which of its own ids that party has.
 * That a party has no ids in mind but its own, nobody can check: whoever guesses an id and puts it into its list learns whether the other has it. Hence the bound on
 * ids, one matching for one run, and people who start it.
 */
import { concatBytes, keyOf, utf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Secrecy } from "../base/seams.ts";
import type { BlindGroup, GroupBytes } from "./seams.ts";

const DOMAIN = utf8("hearsay/vertical/id/v1\0");
export const POINT_BYTES = 32;
/** Points between two breaths: 1 ms. An answer to another party takes many turns of the event loop, each of which waits for one of these. */
const BREATH = 3;

/** What points are made with. `breathe` lets others work for a moment. */
export interface MatchingParts {
  readonly crypto: Pick<Crypto, "sha256">;
  readonly group: BlindGroup;
  readonly secrecy: Pick<Secrecy, "random">;
  readonly breathe: () => Promise<void>;
}

/** One party's ids under its secret. */
export interface BlindedIds {
  /** Secret, of this matching. */
  readonly scalar: GroupBytes;
  /** Place in the list -> row of the party. */
  readonly rows: readonly number[];
  /** Concatenated, POINT_BYTES each. */
  readonly points: Uint8Array;
}

/**
 * Refuses ids that cannot be matched.
 * @throws HearsayError ERR_DATA: none, too many, an empty one or one that is there twice.
 */
export function checkIds(ids: readonly string[], column: string): void {
  const refuse = (what: string) => new HearsayError("ERR_DATA", `column ${JSON.stringify(column)}: ${what}`);
  if (ids.length === 0) throw refuse("there are no ids");
  if (ids.length > LIMITS.maxVerticalIds)
    throw refuse(`${ids.length} ids; at most ${LIMITS.maxVerticalIds} can be matched: take a part of the table`);
  const seen = new Map<string, number>();
  ids.forEach((id, row) => {
    if (id === "") throw refuse(`row ${row + 1} has no id`);
    const before = seen.get(id);
    if (before !== undefined)
      throw refuse(
        `${JSON.stringify(id)} is in row ${before + 1} and in row ${row + 1}: one row for each entity; is it the right column?`,
      );
    seen.set(id, row);
  });
}

/** Blinds ids in random order, under a fresh secret. `session` keeps the points of one session apart from those of all others. */
export async function blindIds(ids: readonly string[], session: Uint8Array, parts: MatchingParts): Promise<BlindedIds> {
  const scalar = parts.group.scalar();
  const rows = shuffled(ids.length, parts.secrecy);
  const points = new Uint8Array(POINT_BYTES * ids.length);
  for (const [place, row] of rows.entries()) {
    const point = parts.group.multiply(scalar, hashToGroup(ids[row] as string, session, parts));
    if (point === undefined) throw new HearsayError("ERR_DATA", "an id maps to no point: change it"); // never: one in 2^252
    points.set(point, POINT_BYTES * place);
    if (place % BREATH === 0) await parts.breathe();
  }
  return { scalar, rows, points };
}

/**
 * Multiplies the points of another party with the own secret, in their order.
 * @throws HearsayError ERR_DECODE: not points, too many, or one of them twice.
 */
export async function blindAgain(points: Uint8Array, scalar: GroupBytes, parts: MatchingParts): Promise<Uint8Array> {
  const count = countPoints(points);
  const again = new Uint8Array(points.length);
  for (let place = 0; place < count; place++) {
    const point = parts.group.multiply(scalar, pointAt(points, place));
    if (point === undefined) throw new HearsayError("ERR_DECODE", `point ${place} of another party is none`);
    again.set(point, POINT_BYTES * place);
    if (place % BREATH === 0) await parts.breathe();
  }
  return again;
}

/**
 * Place in the other party's list by place in the own list, of shared ids.
 * @param own the own points under both secrets, as the other party returned them.
 * @param theirs the other party's points under both secrets.
 * @throws HearsayError ERR_DECODE where the other party returned a list of another length, or a point twice.
 */
export function findShared(own: Uint8Array, theirs: Uint8Array, numOwn: number): Map<number, number> {
  if (countPoints(own) !== numOwn)
    throw new HearsayError("ERR_DECODE", `the other party returned ${countPoints(own)} of ${numOwn} points`);
  const places = new Map<string, number>();
  const numTheirs = countPoints(theirs);
  for (let place = 0; place < numTheirs; place++) places.set(keyOf(pointAt(theirs, place)), place);
  const shared = new Map<number, number>();
  for (let place = 0; place < numOwn; place++) {
    const there = places.get(keyOf(pointAt(own, place)));
    if (there !== undefined) shared.set(place, there);
  }
  return shared;
}

/** How many points there are, none of them twice. @throws HearsayError ERR_DECODE. */
function countPoints(points: Uint8Array): number {
  const count = points.length / POINT_BYTES;
  if (!Number.isInteger(count) || count === 0 || count > LIMITS.maxVerticalIds)
    throw new HearsayError("ERR_DECODE", `${points.length} bytes are not 1 to ${LIMITS.maxVerticalIds} points`);
  const seen = new Set<string>();
  for (let place = 0; place < count; place++) seen.add(keyOf(pointAt(points, place)));
  if (seen.size < count) throw new HearsayError("ERR_DECODE", "a point of another party is there twice");
  return count;
}

function pointAt(points: Uint8Array, place: number): Uint8Array {
  return points.subarray(POINT_BYTES * place, POINT_BYTES * (place + 1));
}

function hashToGroup(id: string, session: Uint8Array, { crypto, group }: MatchingParts): GroupBytes {
  const half = (which: number) => crypto.sha256(concatBytes(DOMAIN, Uint8Array.of(which), session, utf8(id)));
  return group.fromHash(concatBytes(half(0), half(1)));
}

/** 0 .. n - 1 in an order that nobody can foresee: sorted by 128 random bits each. */
function shuffled(length: number, { random }: Pick<Secrecy, "random">): number[] {
  const bytes = random(16 * length);
  const keys = Array.from({ length }, (_, i) => keyOf(bytes.subarray(16 * i, 16 * i + 16)));
  return Array.from({ length }, (_, i) => i).sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
}
