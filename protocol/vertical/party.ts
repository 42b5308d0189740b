/** What the two roles of a session share: who is in it, the tools, and how a run begins. */
import { concatBytes, equalBytes, toHex } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import type { Crypto, Identity, PeerId } from "../base/seams.ts";
import { signIn, verifyIn } from "../wire/envelope.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Masker } from "./masks.ts";
import type { MatchingParts } from "./matching.ts";
import {
  decodeMasker,
  decodeMaskers,
  decodeRun,
  encodeMasker,
  encodeMaskers,
  encodeRun,
  NONCE_BYTES,
  type Offer,
  type SignedMasker,
} from "./messages.ts";
import type { VerticalCrypto } from "./seams.ts";

/** Of an x25519 key. */
const SECRET_BYTES = 32;

/** A session that all parties have joined. */
export interface Session {
  /** SHA-256 of the offer. */
  readonly id: Uint8Array;
  readonly offer: Offer;
  /** Public keys of all parties, the label holder first. */
  readonly parties: readonly Uint8Array[];
}

export interface PartyParts {
  readonly session: Session;
  readonly identity: Identity;
  readonly crypto: Crypto;
  readonly tools: VerticalCrypto;
  readonly mailbox: Mailbox;
  readonly breathe: () => Promise<void>;
}

/** Why the parties come together. */
export type Purpose = "match" | "train" | "predict";

/** A run as a party without labels sees it. */
export interface MemberRun {
  readonly name: string;
  readonly run: Uint8Array;
  readonly holder: PeerId;
  /** Empty where nothing is sealed. */
  readonly sealingKey: Uint8Array;
  /** x25519, forgotten with the run. */
  readonly secret: Uint8Array;
  /** The other parties without labels. */
  readonly others: readonly Masker[];
}

export function matchingParts({ crypto, tools, breathe }: PartyParts): MatchingParts {
  return { crypto, group: tools.group, secrecy: tools.secrecy, breathe };
}

export function membersOf({ parties }: Session): PeerId[] {
  return parties.slice(1).map(peerIdFromPublicKey);
}

/**
 * Begins a run at all parties: each has a fresh key for masks, which it signs for this run. A party that comes for a run once more ends this one
 * (ERR_STATE), so that all can begin anew.
 */
export async function beginAsHolder(
  parts: PartyParts,
  purpose: Purpose,
  sealingKey: Uint8Array = new Uint8Array(0),
): Promise<string> {
  const { mailbox, session, tools } = parts;
  const run = tools.secrecy.random(NONCE_BYTES);
  const name = toHex(run);
  mailbox.begin(name);
  const members = membersOf(session);
  for (const member of members) mailbox.post(member, stepOf(purpose), encodeRun(run));
  const maskers = await Promise.all(
    members.map(async (member, i) => {
      const key = session.parties[i + 1] as Uint8Array;
      return { key, ...signed(parts, run, key, decodeMasker(await mailbox.fetch(member, `${name}/masker`))) };
    }),
  );
  const message = encodeMaskers({ sealingKey, maskers });
  for (const member of members) {
    mailbox.retract(member, stepOf(purpose));
    mailbox.post(member, `${name}/maskers`, message);
  }
  return name;
}

/** Ends the run at all parties where it failed at one. */
export async function orEnd<T>({ mailbox }: PartyParts, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    mailbox.begin("");
    throw error;
  }
}

/** Joins the run that the label holder begins. */
export async function beginAsMember(parts: PartyParts, purpose: Purpose): Promise<MemberRun> {
  const { mailbox, session, identity, tools } = parts;
  const holder = peerIdFromPublicKey(session.parties[0] as Uint8Array);
  const run = decodeRun(await mailbox.fetch(holder, stepOf(purpose)));
  const name = toHex(run);
  const secret = tools.secrecy.random(SECRET_BYTES);
  const agreement = tools.secrecy.publicKeyOf(secret);
  const signature = signIn("vertical", statement(session, run, agreement), identity);
  mailbox.post(holder, `${name}/masker`, encodeMasker({ agreement, signature }));
  const { sealingKey, maskers } = decodeMaskers(await mailbox.fetch(holder, `${name}/maskers`));
  const named = maskers.map(({ key }) => key);
  const expected = session.parties.slice(1);
  if (named.length !== expected.length || expected.some((key, i) => !equalBytes(key, named[i] as Uint8Array)))
    throw new HearsayError("ERR_SIGNATURE", "the label holder names other parties than those that joined");
  for (const masker of maskers) signed(parts, run, masker.key, masker);
  const others = maskers.filter(({ key }) => !equalBytes(key, identity.publicKey));
  return { name, run, holder, sealingKey, secret, others };
}

/** Where a run for a purpose is found. */
export function stepOf(purpose: Purpose): string {
  return `${purpose}/run`;
}

/** @throws HearsayError ERR_SIGNATURE where the party did not sign it for this run: that of an earlier one is of no use. */
function signed({ crypto, session }: PartyParts, run: Uint8Array, key: Uint8Array, masker: SignedMasker): SignedMasker {
  if (verifyIn("vertical", statement(session, run, masker.agreement), masker.signature, crypto, key)) return masker;
  throw new HearsayError("ERR_SIGNATURE", `the masking key of ${peerIdFromPublicKey(key)} is not signed for this run`);
}

function statement(session: Session, run: Uint8Array, agreement: Uint8Array): Uint8Array {
  return concatBytes(session.id, run, agreement);
}

/** Names the party whose message is at fault. */
export async function blaming<T>(peer: PeerId, step: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof HearsayError) || error.code === "ERR_TIMEOUT") throw error;
    throw new HearsayError(error.code, `${peer}, ${step}: ${error.message}`, { peer, step }, error);
  }
}
