/**
 * Evidence against a key: statements that it signed, by which anybody can see that it has told two stories, or has ended. It stands by itself:
 * whoever has it needs no log, no network and no trust, only two signature checks.
 *
 *     fork    two statements about one log whose claims contradict each other
 *     end     the `end` entry of the key's log (bodies.ts): the key was replaced, revoked, or its peer left
 *
 *     statement       signed by the key                claims
 *     announcement    as sealed (wire/announcement)    entry at seq, its model, root at size seq + 1
 *     entry           signature | entry                entry at seq, the one before it; of a publish entry: its model
 *     checkpoint      a note, its own signature only   root at size
 *
 *     encoding        strict DAG-CBOR [1, kind, public key (32), task (32), generation, [[statement, bytes], ...]], statements in order of
 *                     their bytes; at most LIMITS.maxEvidenceBytes, so that it fits into one announcement on the evidence topic
 *
 * An entry vouches for the one before it, so that a long entry can be convicted by its successor. Checkpoints of different sizes prove nothing by themselves:
 * that no consistency proof was given may be anybody's fault. A peer that suspects their writer looks through its entries (peer/account/fork-search.ts). A key that signs nothing twice can't be accused of a fork by anybody.
 */
import { compareBytes, decodeUtf8, equalBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto, PeerId } from "../../base/seams.ts";
import { STORE } from "../../base/store-layout.ts";
import { decodeAnnouncement } from "../../wire/announcement.ts";
import { decodeCanonical, encodeCanonical } from "../../wire/canonical.ts";
import { openEnvelope } from "../../wire/envelope.ts";
import { peerIdFromPublicKey } from "../../wire/identity.ts";
import { isBytes32, isGeneration } from "../../wire/values.ts";
import { isSignedBy, readCheckpoint } from "../tree/checkpoint.ts";
import { type Entry, logIdOf, readEntry, signatureHolds } from "./entry.ts";
import { successionHolds } from "./succession.ts";

export type EvidenceKind = "fork" | "end";

/** Where a store keeps what proves something against a key, as it is gossiped; behind this comes the peer id. */
export const EVIDENCE_KEYS: string = STORE.evidence;

export function evidenceKey(peer: PeerId): string {
  return EVIDENCE_KEYS + peer;
}

export interface SignedStatement {
  readonly what: "announcement" | "entry" | "checkpoint";
  readonly bytes: Uint8Array;
}

/** The log that the statements are about. */
export interface AccusedLog {
  readonly publicKey: Uint8Array;
  readonly task: Uint8Array;
  readonly generation: number;
}

export interface Evidence extends AccusedLog {
  readonly kind: EvidenceKind;
  readonly statements: readonly SignedStatement[];
}

/** What evidence proves. */
export interface Conviction {
  readonly peer: PeerId;
  readonly kind: EvidenceKind;
  /** In words: where the statements contradict each other, or how the log ends. */
  readonly reason: string;
}

/** What a statement says is in one place of the log. */
interface Claim {
  readonly about: "entry" | "model" | "tree of size";
  readonly at: number;
  readonly says: Uint8Array;
}

type Reader = (bytes: Uint8Array, log: AccusedLog & { readonly logId: Uint8Array }, crypto: Crypto) => Claim[];

/** Each gives no claims for a statement that is not about this log, or not signed by its key. */
const READERS: Readonly<Record<SignedStatement["what"], Reader>> = {
  announcement(sealed, { publicKey, task, generation }, crypto) {
    const { seq, entry, model, root, ...said } = decodeAnnouncement(sealed);
    if (!equalBytes(said.publicKey, publicKey) || !equalBytes(said.task, task)) return [];
    if (said.generation !== generation) return [];
    if (openEnvelope("announcement", sealed, crypto, publicKey) === undefined) return [];
    return [
      { about: "entry", at: seq, says: entry },
      { about: "model", at: seq, says: model },
      { about: "tree of size", at: seq + 1, says: root },
    ];
  },
  entry(signed, log, crypto) {
    const entry = ownEntry(signed, log, crypto);
    if (entry === undefined) return [];
    const { seq, id, prev } = entry;
    const claims: Claim[] = [{ about: "entry", at: seq, says: id }];
    if (seq > 0) claims.push({ about: "entry", at: seq - 1, says: prev });
    if (entry.type === "publish") claims.push({ about: "model", at: seq, says: entry.body.model });
    return claims;
  },
  checkpoint(note, { logId, publicKey }, crypto) {
    const checkpoint = readCheckpoint(textOf(note));
    if (!equalBytes(checkpoint.logId, logId) || !isSignedBy(checkpoint, publicKey, crypto)) return [];
    return [{ about: "tree of size", at: checkpoint.size, says: checkpoint.root }];
  },
};

/**
 * What the evidence proves; undefined where it proves nothing.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL where a statement is none at all.
 */
export function verifyEvidence(evidence: Evidence, crypto: Crypto): Conviction | undefined {
  const { publicKey, task, generation, kind, statements } = evidence;
  const log = { publicKey, task, generation, logId: logIdOf(publicKey, task, crypto, generation) };
  const reason = kind === "fork" ? contradiction(statements, log, crypto) : ending(statements, log, crypto);
  return reason === undefined ? undefined : { peer: peerIdFromPublicKey(publicKey), kind, reason };
}

/** @throws RangeError where it is longer than LIMITS.maxEvidenceBytes: long entries, or notes with cosignatures. */
export function encodeEvidence({ kind, publicKey, task, generation, statements }: Evidence): Uint8Array {
  const inOrder = statements.toSorted((a, b) => compareBytes(a.bytes, b.bytes)).map(({ what, bytes }) => [what, bytes]);
  const bytes = encodeCanonical([1, kind, publicKey, task, generation, inOrder]);
  if (bytes.length > LIMITS.maxEvidenceBytes)
    throw new RangeError(`evidence of ${bytes.length} bytes; at most ${LIMITS.maxEvidenceBytes} are permitted`);
  return bytes;
}

/** Its form only; `verifyEvidence` says whether it proves anything. @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL. */
export function decodeEvidence(bytes: Uint8Array): Evidence {
  const fields = decodeCanonical(bytes, LIMITS.maxEvidenceBytes);
  if (!Array.isArray(fields) || fields.length !== 6) throw malformed("not an array of 6");
  const [version, kind, publicKey, task, generation, statements] = fields as unknown[];
  if (version !== 1) throw malformed("of another version");
  if (kind !== "fork" && kind !== "end") throw malformed("of an unknown kind");
  if (!isBytes32(publicKey) || !isBytes32(task)) throw malformed("key or task is not 32 bytes");
  if (!isGeneration(generation)) throw malformed("the generation is not in 0 .. 2^32-1");
  if (!Array.isArray(statements) || statements.length !== (kind === "fork" ? 2 : 1))
    throw malformed("not two statements of a fork, or one of an end");
  const read = statements.map(readStatement);
  const [first, second] = read;
  if (first && second && compareBytes(first.bytes, second.bytes) >= 0)
    throw new HearsayError("ERR_NOT_CANONICAL", "the statements of evidence are out of order");
  return { kind, publicKey, task, generation, statements: read };
}

/** The evidence that two statements make, encoded; undefined where they make none, or none that is short enough. */
export function forkBetween(
  { publicKey, task, generation }: AccusedLog,
  statements: readonly [SignedStatement, SignedStatement],
  crypto: Crypto,
): Uint8Array | undefined {
  const evidence: Evidence = { publicKey, task, generation, kind: "fork", statements };
  try {
    return verifyEvidence(evidence, crypto) && encodeEvidence(evidence);
  } catch (error) {
    if (error instanceof HearsayError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where the two statements contradict each other. */
function contradiction(
  statements: Evidence["statements"],
  log: Parameters<Reader>[1],
  crypto: Crypto,
): string | undefined {
  const [first, second] = statements.map(({ what, bytes }) => READERS[what](bytes, log, crypto));
  for (const one of first ?? [])
    for (const other of second ?? [])
      if (one.about === other.about && one.at === other.at && !equalBytes(one.says, other.says))
        return `two stories about the ${one.about} ${one.at}`;
  return undefined;
}

/** How the key's log ends. */
function ending([statement]: Evidence["statements"], log: Parameters<Reader>[1], crypto: Crypto): string | undefined {
  if (statement?.what !== "entry") return undefined;
  const entry = ownEntry(statement.bytes, log, crypto);
  if (entry?.type !== "end" || !successionHolds(entry.body, log, crypto)) return undefined;
  const { next } = entry.body;
  return next === null ? "the key was revoked" : `the key was replaced by that of ${peerIdFromPublicKey(next)}`;
}

function ownEntry(
  signed: Uint8Array,
  { logId, publicKey }: { logId: Uint8Array; publicKey: Uint8Array },
  crypto: Crypto,
): Entry | undefined {
  const entry = readEntry(signed, crypto);
  return equalBytes(entry.logId, logId) && signatureHolds(entry, crypto, publicKey) ? entry : undefined;
}

function readStatement(value: unknown): SignedStatement {
  const [what, bytes] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [];
  if (typeof what !== "string" || !Object.hasOwn(READERS, what) || !(bytes instanceof Uint8Array))
    throw malformed("a statement is not [what, bytes]");
  return { what: what as SignedStatement["what"], bytes };
}

function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw malformed("a checkpoint that is not UTF-8");
  return text;
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", `not evidence: ${message}`);
}
