/**
 * The word of a cluster for a release of its gateway: of each member whose model is in it, the beacon that names this gateway and that model.
 *
 *     certificate = [1, [[public key(32), model(32), age, atS, link, uptime, wish, signature(64)], ...]], sorted by key
 *
 * A release is the coordinate median of these models, in the order of the keys, so whoever has their bodies can make it again. Its mass is their number: nobody
 * can be counted without its signature, nor by two gateways at one time, since a beacon names one. Keys are free all the same: see README.md.
 */
import { compareBytes, equalBytes } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto } from "../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { isSignature, verifyIn } from "../wire/envelope.ts";
import { isBytes32, isCount } from "../wire/values.ts";
import { type Beacon, beaconPayload, type SignedBeacon } from "./beacon.ts";

/** What a log calls the mechanism of a release under a certificate. */
export const CLUSTER = "cluster";

/** Fewest models of which a release is made: of two, the median is the mean. */
export const LEAST_MEMBERS = 3;

const VERSION = 1;

/** A beacon counts that was signed at most so long before the minute of the release, or so long after its beginning. */
const BEFORE_S = 300;
const AFTER_S = 120;

export function encodeClusterCertificate(beacons: readonly SignedBeacon[]): Uint8Array {
  const sorted = beacons.toSorted((a, b) => compareBytes(a.publicKey, b.publicKey));
  return encodeCanonical([
    VERSION,
    sorted.map(({ publicKey, says: { model, age, atS, link, uptime, wish }, signature }) => {
      return [publicKey, model, age, atS, link, uptime, wish, signature];
    }),
  ]);
}

/** What a certificate is held against. */
export interface ClusterClaim {
  readonly task: Uint8Array;
  readonly age: number;
  /** Whose log publishes it: the gateway that all beacons name. */
  readonly publicKey: Uint8Array;
  readonly mass: number;
  /** Of the publication. */
  readonly tsMs: number;
}

/** The members, in the order of the median; or why the certificate is none for what is published. Never throws. */
export function readClusterCertificate(
  bytes: Uint8Array,
  claim: ClusterClaim,
  crypto: Pick<Crypto, "verify">,
): readonly SignedBeacon[] | string {
  const members = decode(bytes, claim.publicKey);
  if (members === undefined) return "it is no certificate of a cluster";
  if (members.length !== claim.mass) return `${members.length} members signed it, it claims ${claim.mass}`;
  if (members.length < LEAST_MEMBERS) return `${members.length} members signed it, at least ${LEAST_MEMBERS} have to`;
  if (!members.some(({ publicKey }) => equalBytes(publicKey, claim.publicKey))) return "its publisher is no member";
  if (medianAge(members) !== claim.age) return `age ${claim.age}; those of its members make ${medianAge(members)}`;
  const late = members.find(({ says }) => !isOfThatTime(says, claim.tsMs));
  if (late !== undefined) return "a member signed it long before or after";
  const holds = ({ publicKey, says, signature }: SignedBeacon) =>
    verifyIn("cluster", beaconPayload(claim.task, publicKey, says), signature, crypto as Crypto, publicKey);
  return members.every(holds) ? members : "a signature does not hold";
}

/** Whether a beacon can stand in a certificate of a publication of this minute. */
export function isOfThatTime({ atS }: Pick<Beacon, "atS">, tsMs: number): boolean {
  const sinceS = atS - tsMs / 1000;
  return sinceS >= -BEFORE_S && sinceS <= AFTER_S;
}

/** The lower median: what a release may say of its age. */
export function medianAge(members: readonly { readonly says: Pick<Beacon, "age"> }[]): number {
  const ages = members.map(({ says }) => says.age).sort((a, b) => a - b);
  return ages[Math.floor((ages.length - 1) / 2)] ?? 0;
}

function decode(bytes: Uint8Array, gateway: Uint8Array): readonly SignedBeacon[] | undefined {
  if (bytes.length > LIMITS.maxClusterCertificateBytes) return undefined;
  let value: unknown;
  try {
    value = decodeCanonical(bytes, LIMITS.maxClusterCertificateBytes);
  } catch {
    return undefined;
  }
  const [version, list, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
  if (version !== VERSION || !Array.isArray(list) || rest.length > 0) return undefined;
  if (list.length > LIMITS.maxClusterMembers) return undefined;
  const members: SignedBeacon[] = [];
  for (const row of list as unknown[]) {
    const one = memberOf(row, gateway);
    const last = members.at(-1);
    if (one === undefined || (last && compareBytes(last.publicKey, one.publicKey) >= 0)) return undefined; // each key once
    members.push(one);
  }
  return members;
}

function memberOf(row: unknown, gateway: Uint8Array): SignedBeacon | undefined {
  if (!Array.isArray(row) || row.length !== 8) return undefined;
  const [publicKey, model, age, atS, link, uptime, wish, signature] = row as unknown[];
  if (!isBytes32(publicKey) || !isBytes32(model) || !isSignature(signature)) return undefined;
  if (!isCount(age) || !isCount(atS) || !isCount(link) || !isCount(uptime) || !isCount(wish)) return undefined;
  return { publicKey, says: { gateway, model, age, atS, link, uptime, wish }, signature };
}
