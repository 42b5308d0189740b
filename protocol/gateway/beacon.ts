/**
 * What a member of a cluster says to the others every few seconds, signed.
 *
 *     beacon = envelope in the domain cluster of [1, "beacon", task(32), public key(32), gateway(32), model(32), age, atS, link, uptime, wish]
 *
 * It names the gateway that speaks for this member, and the newest model that the member has published. So it is a place in an election (election.ts), a sign
 * of life, and the member's word for a release of its gateway (certificate.ts), all at once.
 */
import { equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Crypto, Identity } from "../base/seams.ts";
import { seal, signIn } from "../wire/envelope.ts";
import { type Check, readStatement, type StatementForm, statementPayload } from "../wire/statements.ts";
import { isBytes32, isCount } from "../wire/values.ts";

/** What a member says beside its task and its key. */
export interface Beacon {
  /** The public key of its gateway; zeros where it knows none yet. */
  readonly gateway: Uint8Array;
  /** SHA-256 of the body of its newest publication; zeros where there is none. */
  readonly model: Uint8Array;
  /** Of that model, in optimiser steps. */
  readonly age: number;
  /** By its own clock, in seconds; of two beacons of one member the later one holds. */
  readonly atS: number;
  /** How good its line to the outside is: one of `LINK_GRADES`. */
  readonly link: number;
  /** log2(1 + hours) since its start, rounded down. */
  readonly uptime: number;
  /** 0: never, 1: auto, 2: prefer. */
  readonly wish: number;
}

/** How good a line to the outside is, as its owner or machine says: coarse, so that members seldom change places for it. */
export const LINK_GRADES = { metered: 0, slow: 1, usual: 2, fast: 3 } as const;
export type LinkGrade = (typeof LINK_GRADES)[keyof typeof LINK_GRADES];

interface Says {
  readonly beacon: Beacon;
}

/** Where there is no gateway, or no model. */
export const NONE: Uint8Array = new Uint8Array(32);

/** Longest beacon, signature included. */
export const MAX_BEACON_BYTES = 320;

const upTo =
  (most: number): Check =>
  (value) =>
    isCount(value) && value <= most;

const FORM: StatementForm<Says> = {
  domain: "cluster",
  name: "a beacon",
  maxBytes: MAX_BEACON_BYTES,
  fields: {
    beacon: [
      ["gateway", isBytes32],
      ["model", isBytes32],
      ["age", isCount],
      ["atS", isCount],
      ["link", upTo(LINK_GRADES.fast)],
      ["uptime", upTo(63)],
      ["wish", upTo(2)],
    ],
  },
};

/** What a member signs. */
export function beaconPayload(task: Uint8Array, publicKey: Uint8Array, says: Beacon): Uint8Array {
  return statementPayload(FORM, "beacon", task, publicKey, says);
}

export function sealBeacon(task: Uint8Array, says: Beacon, identity: Identity): Uint8Array {
  return seal("cluster", beaconPayload(task, identity.publicKey, says), identity);
}

/** A beacon that its member has signed. */
export interface SignedBeacon {
  readonly publicKey: Uint8Array;
  readonly says: Beacon;
  readonly signature: Uint8Array;
}

/** The own word, as `openBeacon` gives that of another. */
export function signBeacon(task: Uint8Array, says: Beacon, identity: Identity): SignedBeacon {
  const { publicKey } = identity;
  return { publicKey, says, signature: signIn("cluster", beaconPayload(task, publicKey, says), identity) };
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_OTHER_TASK | ERR_SIGNATURE, this one also where another key than `publicKey` signed. */
export function openBeacon(
  task: Uint8Array,
  publicKey: Uint8Array,
  sealed: Uint8Array,
  crypto: Pick<Crypto, "verify">,
): SignedBeacon {
  const { author, says } = readStatement(FORM, sealed, crypto, task);
  if (!equalBytes(author, publicKey))
    throw new HearsayError("ERR_SIGNATURE", "a beacon of another key than that of its bringer");
  return { publicKey: author, says: says as unknown as Beacon, signature: sealed.slice(0, 64) };
}
