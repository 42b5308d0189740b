/** The members of a session, in the order of their keys, and what follows from how many they are. */
import { compareBytes, concatBytes, equalBytes, utf8 } from "../base/bytes.ts";
import type { Crypto } from "../base/seams.ts";
import type { Offer } from "./offers.ts";
import { placesIn, sizeOf } from "./statements.ts";

export interface Roster {
  /** SHA-256 of all offers: keys are of one use, so no two sessions have one id. */
  readonly session: Uint8Array;
  /** In the order of the public keys. The place of a member is its index here. */
  readonly offers: readonly Offer[];
}

const PREFIX = utf8("hearsay/cohort-session/v1\0");

/** @param offers of different authors. */
export function rosterOf(offers: readonly Offer[], { sha256 }: Pick<Crypto, "sha256">): Roster {
  const sorted = offers.toSorted((a, b) => compareBytes(a.publicKey, b.publicKey));
  return { session: sha256(concatBytes(PREFIX, ...sorted.map(({ sealed }) => sha256(sealed)))), offers: sorted };
}

/** The place of a member; -1 for somebody else. */
export function placeOf({ offers }: Roster, publicKey: Uint8Array): number {
  return offers.findIndex((offer) => equalBytes(offer.publicKey, publicKey));
}

/**
 * Parts that give a secret back: more than two thirds of those that it was split among, so that of two sets of survivors of which a coordinator tells, at most
 * one finds so many honest members that know of no other.
 */
export function thresholdOf(roster: number): number {
  return Math.floor((2 * sizeOf(roster)) / 3) + 1;
}

/** Fewest members with which a session goes on. */
export function fewest(roster: number, minimum: number): number {
  return Math.max(thresholdOf(roster), minimum);
}

/** Every member but one. */
export function othersIn(members: number, place: number): number[] {
  return placesIn(members).filter((other) => other !== place);
}
