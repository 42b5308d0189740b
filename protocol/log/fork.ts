/**
 * Proof of a fork: two statements of one key about one place in its log that cannot both be true. It stands by itself: whoever has it needs
 * no log, no network and no trust, only two signature checks.
 *
 *     announcements   the same number of a log entry, different entries
 *     entries         the same number, different entries (signature | entry; only where both together are short)
 *     checkpoints     the same size, different roots (notes with the writer's signature alone)
 *
 *     encoding        strict DAG-CBOR [1, kind, public key (32), task (32), first, second], first < second as bytes;
 *                     at most MAX_FORK_PROOF_BYTES, so that it fits into one announcement on the evidence topic
 *
 * Sizes of checkpoints that differ prove nothing: that no consistency proof was given may be anybody's fault.
 */
import { compareBytes, equalBytes } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import type { Crypto, PeerId } from "../seams.ts";
import { decodeAnnouncement } from "../wire/announcement.ts";
import { decodeCanonical, encodeCanonical } from "../wire/canonical.ts";
import { openEnvelope } from "../wire/envelope.ts";
import { peerIdFromPublicKey } from "../wire/identity.ts";
import { isBytes32 } from "../wire/values.ts";
import { isSignedBy, readCheckpoint } from "./checkpoint.ts";
import { logIdOf, readEntry, signatureHolds } from "./entry.ts";

export interface ForkProof {
  readonly kind: ForkKind;
  /** Of the log's writer. */
  readonly publicKey: Uint8Array;
  readonly task: Uint8Array;
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

/** What a proof proves. */
export interface Fork {
  readonly peer: PeerId;
  readonly kind: ForkKind;
  /** Number of the entry, or size of the log, about which there are two statements. */
  readonly at: number;
}

export type ForkKind = "announcements" | "entries" | "checkpoints";

export const MAX_FORK_PROOF_BYTES = 1024;

/** What a statement of a key says: about which place, and what is there. */
interface Statement {
  readonly at: number;
  readonly says: Uint8Array;
}

type Reader = (
  statement: Uint8Array,
  by: Pick<ForkProof, "publicKey" | "task">,
  crypto: Crypto,
) => Statement | undefined;

/** Each gives undefined for a statement that is not about this key's log of this task, or not signed by it. */
const READERS: Readonly<Record<ForkKind, Reader>> = {
  announcements(sealed, { publicKey, task }, crypto) {
    const announcement = decodeAnnouncement(sealed);
    if (!equalBytes(announcement.publicKey, publicKey) || !equalBytes(announcement.task, task)) return undefined;
    if (openEnvelope("announcement", sealed, crypto, publicKey) === undefined) return undefined;
    return { at: announcement.seq, says: announcement.entry };
  },
  entries(signed, { publicKey, task }, crypto) {
    const entry = readEntry(signed, crypto);
    if (!equalBytes(entry.logId, logIdOf(publicKey, task, crypto))) return undefined;
    return signatureHolds(entry, crypto, publicKey) ? { at: entry.seq, says: entry.id } : undefined;
  },
  checkpoints(note, { publicKey, task }, crypto) {
    const checkpoint = readCheckpoint(decodeText(note));
    if (!equalBytes(checkpoint.logId, logIdOf(publicKey, task, crypto))) return undefined;
    return isSignedBy(checkpoint, publicKey, crypto) ? { at: checkpoint.size, says: checkpoint.root } : undefined;
  },
};

/**
 * The fork that a proof proves; undefined where it proves none.
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL where it is no proof at all.
 */
export function verifyFork(proof: ForkProof, crypto: Crypto): Fork | undefined {
  const read = READERS[proof.kind];
  const first = read(proof.first, proof, crypto);
  const second = first && read(proof.second, proof, crypto);
  if (first === undefined || second === undefined) return undefined;
  if (first.at !== second.at || equalBytes(first.says, second.says)) return undefined;
  return { peer: peerIdFromPublicKey(proof.publicKey), kind: proof.kind, at: first.at };
}

/** @throws RangeError where it is longer than MAX_FORK_PROOF_BYTES: long entries, or notes with cosignatures. */
export function encodeForkProof({ kind, publicKey, task, first, second }: ForkProof): Uint8Array {
  const inOrder = compareBytes(first, second) <= 0 ? [first, second] : [second, first];
  const bytes = encodeCanonical([1, kind, publicKey, task, ...inOrder]);
  if (bytes.length > MAX_FORK_PROOF_BYTES)
    throw new RangeError(`a fork proof of ${bytes.length} bytes; at most ${MAX_FORK_PROOF_BYTES} are permitted`);
  return bytes;
}

/** Its form only; `verifyFork` says whether it proves anything. @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL. */
export function decodeForkProof(bytes: Uint8Array): ForkProof {
  const fields = decodeCanonical(bytes, MAX_FORK_PROOF_BYTES);
  if (!Array.isArray(fields) || fields.length !== 6) throw malformed("not an array of 6");
  const [version, kind, publicKey, task, first, second] = fields as unknown[];
  if (version !== 1) throw malformed("of another version");
  if (typeof kind !== "string" || !Object.hasOwn(READERS, kind)) throw malformed("of an unknown kind");
  if (!isBytes32(publicKey) || !isBytes32(task)) throw malformed("key or task is not 32 bytes");
  if (!(first instanceof Uint8Array) || !(second instanceof Uint8Array)) throw malformed("statements are not bytes");
  if (compareBytes(first, second) > 0)
    throw new HearsayError("ERR_NOT_CANONICAL", "the statements of a fork proof are out of order");
  return { kind: kind as ForkKind, publicKey, task, first, second };
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new HearsayError("ERR_DECODE", "a checkpoint that is not UTF-8", {}, cause);
  }
}

function malformed(what: string): HearsayError {
  return new HearsayError("ERR_DECODE", `not a fork proof: ${what}`);
}
