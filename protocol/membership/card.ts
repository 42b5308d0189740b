/** What the address book knows of one peer, and how long it waits between attempts to reach it. */
import { LIMITS } from "../base/limits.ts";
import type { Rng } from "../base/rng.ts";
import type { PeerId } from "../base/seams.ts";

export const REDIAL_FIRST_MS = 500;
/** While a peer was lost not long ago, counted from what it was there before. */
export const REDIAL_SOON_MS = 5_000;
/** Peers that are known. */
export const REDIAL_LONGEST_MS = 60_000;
/** Peers that were reached once and have delivered nothing. */
const REDIAL_RARELY_MS = 600_000;
/** Nobody has reached these yet. */
const RETRY_STRANGER_MS = 15_000;

/** After the second connection in a row that the peer did not want, twice as long after the next: one may be chance. */
const REFUSED_FIRST_MS = 5_000;
/** A connection that ends so soon was not wanted, unless the peer has greeted on it: then it was lost, as those of vehicles that pass each other are. */
const BRIEF_MS = 2 * LIMITS.pointOnMs;

/** A peer that was there for a while is looked for often for as long again, but at least and at most so long. */
const SOON_AT_LEAST_MS = 300_000;
const SOON_AT_MOST_MS = 3_600_000;
/** After that, the wait is this part of the time since it was lost. */
const PART_OF_ABSENCE = 16;

export interface Card {
  readonly peer: PeerId;
  /** The owner of this peer named it. */
  configured: boolean;
  /** Where a dial reached it, or the owner says it is; what worked last comes first. */
  verified: string[];
  /** What else it or others told. */
  told: UnreachedAddress[];
  /** Who told of it first. */
  source: string;
  connected: boolean;
  /** Rounds in a row in which no address answered, and the next address of this round. */
  failures: number;
  turn: number;
  /** Whether it has greeted since it connected: whoever is full, or is spoken for, does not. */
  hasGreeted: boolean;
  /** Connections in a row that ended soon, and those in a row that did so without a greeting. */
  brief: number;
  refusals: number;
  nextDialMs: number;
  /** When it was reached, in this run. */
  reachedMs: number | undefined;
  connectedMs: number;
  lostMs: number;
  wasThereMs: number;
}

/** An address that no dial has reached. */
export interface UnreachedAddress {
  readonly address: string;
  /** It was the peer itself that told, from this very host. */
  readonly own: boolean;
}

export function newCard(peer: PeerId, source: string, nowMs: number): Card {
  return {
    peer,
    configured: false,
    verified: [],
    told: [],
    source,
    connected: false,
    failures: 0,
    turn: 0,
    hasGreeted: false,
    brief: 0,
    refusals: 0,
    nextDialMs: nowMs,
    reachedMs: undefined,
    connectedMs: nowMs,
    lostMs: nowMs,
    wasThereMs: 0,
  };
}

/** Nobody has reached it: what is said of it may be invented. */
export function isStranger({ configured, verified }: Card): boolean {
  return !configured && verified.length === 0;
}

/** Puts what is new first, keeps what is there, drops the oldest; false where nothing was new. */
export function addTold(card: Card, addresses: readonly UnreachedAddress[]): boolean {
  const known = new Set([...card.verified, ...card.told.map(({ address }) => address)]);
  const fresh = addresses.filter(({ address }) => !known.has(address));
  if (fresh.length === 0) return false;
  const room = LIMITS.maxAddressesPerPeer - card.verified.length;
  card.told = [...fresh, ...card.told]
    .sort((a, b) => Number(b.own) - Number(a.own)) // its own word counts more than that of others
    .slice(0, Math.max(1, room));
  return true;
}

/** The address works: it comes first. */
export function verify(card: Card, address: string): void {
  card.told = card.told.filter((told) => told.address !== address);
  card.verified = [address, ...card.verified.filter((other) => other !== address)];
  card.verified.length = Math.min(card.verified.length, LIMITS.maxAddressesPerPeer - 1);
}

/** The last connection has closed, on which the peer has greeted or not. One that was refused does not count as time that the peer was there. */
export function closed(card: Card, nowMs: number, hasGreeted: boolean): void {
  const lastedMs = nowMs - card.connectedMs;
  card.connected = false;
  card.lostMs = nowMs;
  card.brief = lastedMs < BRIEF_MS ? card.brief + 1 : 0;
  card.refusals = card.brief > 0 && !hasGreeted ? card.refusals + 1 : 0;
  if (card.refusals === 0) card.wasThereMs = lastedMs;
  card.failures = Math.max(1, card.brief);
  card.turn = 0;
}

/** @param trusted it is configured, or has delivered. */
export function waitMs(card: Card, trusted: boolean, nowMs: number, rng: Rng): number {
  return delayMs(card, trusted, nowMs - card.lostMs) * (0.5 + rng.uniform());
}

function delayMs(card: Card, trusted: boolean, absentMs: number): number {
  if (isStranger(card)) return RETRY_STRANGER_MS * Math.max(1, card.failures);
  const longestMs = trusted ? REDIAL_LONGEST_MS : REDIAL_RARELY_MS;
  if (card.refusals > 1) return doubledMs(REFUSED_FIRST_MS, card.refusals - 1, longestMs);
  const soonMs = Math.min(SOON_AT_MOST_MS, Math.max(SOON_AT_LEAST_MS, card.wasThereMs));
  if (absentMs < soonMs) return doubledMs(REDIAL_FIRST_MS, card.failures, REDIAL_SOON_MS);
  return Math.min(longestMs, Math.max(REDIAL_SOON_MS, absentMs / PART_OF_ABSENCE));
}

/** The first wait, doubled with every time after the first. */
export function doubledMs(firstMs: number, times: number, longestMs: number): number {
  let delayMs = firstMs;
  for (let time = 1; time < times && delayMs < longestMs; time++) delayMs *= 2;
  return Math.min(delayMs, longestMs);
}
