/**
 * An offer: a peer has a model that it would give into a sum, in this epoch, with these keys. Keys are of one use.
 *
 *     offer = envelope in the domain cohort of [1, "offer", task(32), public key(32), epoch, link(32), mask key(32), share key(32)]
 *     link  = SHA-256(the link of the next epoch): whoever knows one of an author's links can check its later ones, and nobody but the author knows them before
 *     lot   = the first 6 bytes of SHA-256("hearsay/cohort-lot/v1" 00 task, epoch (8 bytes, big-endian), link), as a number
 *
 * So an author's lot of an epoch is settled when it gives its first link away, before anybody's lots of later epochs are known. It can stay away from an epoch whose
 * lot it does not like, and no more. A chain that nobody knows a link of yet counts for nothing in its first epoch.
 */
import { concatBytes, equalBytes, utf8 } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Crypto, Identity, Secrecy } from "../base/seams.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { openEnvelope, seal, sealedPayload } from "../wire/envelope.ts";
import { isBytes32, isCount } from "../wire/values.ts";
import { OFFER_KIND } from "./statements.ts";

export interface Offer {
  readonly task: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly epoch: number;
  readonly link: Uint8Array;
  readonly maskKey: Uint8Array;
  readonly shareKey: Uint8Array;
  /** As it came. */
  readonly sealed: Uint8Array;
}

/** What a peer keeps to itself of its own offer. */
export interface OwnOffer extends Offer {
  readonly maskSecret: Uint8Array;
  readonly shareSecret: Uint8Array;
}

const VERSION = 1;
const LOT_PREFIX = utf8("hearsay/cohort-lot/v1\0");
const SECRET_BYTES = 32;

/** A new offer, with keys of its own. */
export function makeOffer(
  { identity, secrecy }: { readonly identity: Identity; readonly secrecy: Secrecy },
  { task, epoch, link }: Pick<Offer, "task" | "epoch" | "link">,
): OwnOffer {
  const [maskSecret, shareSecret] = [secrecy.random(SECRET_BYTES), secrecy.random(SECRET_BYTES)];
  const [maskKey, shareKey] = [secrecy.publicKeyOf(maskSecret), secrecy.publicKeyOf(shareSecret)];
  const { publicKey } = identity;
  const payload = encodeCanonical([VERSION, OFFER_KIND, task, publicKey, epoch, link, maskKey, shareKey]);
  const sealed = seal("cohort", payload, identity);
  return { task, publicKey, epoch, link, maskKey, shareKey, sealed, maskSecret, shareSecret };
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_SIGNATURE. */
export function readOffer(sealed: Uint8Array, crypto: Pick<Crypto, "verify">): Offer {
  if (sealed.length > LIMITS.maxAnnouncementBytes)
    throw new HearsayError("ERR_TOO_LARGE", `an offer of ${sealed.length} bytes`);
  const value = decodeCanonical(sealedPayload(sealed), LIMITS.maxAnnouncementBytes);
  const [version, kind, task, publicKey, epoch, link, maskKey, shareKey, ...rest] = Array.isArray(value)
    ? (value as unknown[])
    : [];
  if (version !== VERSION || kind !== OFFER_KIND || rest.length > 0) throw new HearsayError("ERR_DECODE", "no offer");
  if (!isBytes32(task) || !isBytes32(publicKey) || !isBytes32(link) || !isBytes32(maskKey) || !isBytes32(shareKey))
    throw new HearsayError("ERR_DECODE", "an offer in which a key is not 32 bytes");
  if (!isCount(epoch)) throw new HearsayError("ERR_DECODE", "an offer for no epoch");
  if (openEnvelope("cohort", sealed, crypto as Crypto, publicKey) === undefined)
    throw new HearsayError("ERR_SIGNATURE", "an offer that its author did not sign");
  return { task, publicKey, epoch, link, maskKey, shareKey, sealed };
}

/** Where the author stands in the draw of the epoch: 0 .. 2^48 - 1. */
export function lotOf(
  { task, epoch, link }: Pick<Offer, "task" | "epoch" | "link">,
  crypto: Pick<Crypto, "sha256">,
): number {
  const number = new Uint8Array(8);
  new DataView(number.buffer).setBigUint64(0, BigInt(epoch));
  const hash = crypto.sha256(concatBytes(LOT_PREFIX, task, number, link));
  return hash.subarray(0, 6).reduce((sum, byte) => 256 * sum + byte, 0);
}

/** Whether `later` is of the chain of which `before` is the link of an earlier epoch. */
export function goesOn(
  before: Pick<Offer, "epoch" | "link">,
  later: Pick<Offer, "epoch" | "link">,
  { sha256 }: Pick<Crypto, "sha256">,
): boolean {
  const epochs = later.epoch - before.epoch;
  if (epochs < 1 || epochs > LIMITS.maxCohortLinks) return false;
  let { link } = later;
  for (let i = 0; i < epochs; i++) link = sha256(link);
  return equalBytes(link, before.link);
}

/** The links of this peer from one epoch on; a chain that is used up, or that an epoch before its first asks for, is made anew. */
export function createLinks({ sha256 }: Pick<Crypto, "sha256">, { random }: Pick<Secrecy, "random">) {
  let [first, links] = [0, [] as Uint8Array[]];
  return (epoch: number): Uint8Array => {
    if (epoch < first || epoch >= first + links.length)
      [first, links] = [epoch, chainFrom(random(SECRET_BYTES), sha256)];
    return links[epoch - first] as Uint8Array;
  };
}

function chainFrom(last: Uint8Array, sha256: Crypto["sha256"]): Uint8Array[] {
  const links = [last];
  while (links.length < LIMITS.maxCohortLinks) links.push(sha256(links.at(-1) as Uint8Array));
  return links.reverse();
}
