/**
 * The announcement of a published model: what gossipsub carries, under 1 KiB, sealed by the author's key.
 *
 * Payload, strict DAG-CBOR: [1, task(32), author public key(32), seq, entry(32), model(32), bytes, age, tsMs].
 * `seq` and `entry` are sequence number and id of the publish entry in the author's log, so an announcement commits to the log.
 */
import { equalBytes } from "../bytes.ts";
import { HearsayError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import type { Identity, PeerId } from "../seams.ts";
import { decodeCanonical, encodeCanonical } from "./canonical.ts";
import { seal, sealedPayload } from "./envelope.ts";
import { peerIdFromPublicKey } from "./identity.ts";
import { isBytes32, isCount } from "./values.ts";

export interface Announcement {
  readonly task: Uint8Array;
  readonly author: PeerId;
  readonly publicKey: Uint8Array;
  /** Log sequence number of the publish entry: grows with every announcement of an author. */
  readonly seq: number;
  /** Id of the publish entry. */
  readonly entry: Uint8Array;
  /** SHA-256 of the model body. */
  readonly model: Uint8Array;
  /** Length of the body. */
  readonly bytes: number;
  /** SGD steps in the model's lineage, as the author claims. */
  readonly age: number;
  /** The author's clock: for display only. */
  readonly tsMs: number;
}

export type AnnouncementDraft = Omit<Announcement, "author" | "publicKey">;

export function encodeAnnouncement(draft: AnnouncementDraft, identity: Identity): Uint8Array {
  const { task, seq, entry, model, bytes, age, tsMs } = draft;
  return seal(
    "announcement",
    encodeCanonical([1, task, identity.publicKey, seq, entry, model, bytes, age, tsMs]),
    identity,
  );
}

/** The last one decoded: gossip brings the same bytes again and again, to a process of many peers from each neighbour. */
let latest: { readonly sealed: Uint8Array; readonly announcement: Announcement } | undefined;

/**
 * The fields of a sealed announcement; the signature is not checked here (`openEnvelope` does, after cheaper checks).
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL.
 */
export function decodeAnnouncement(sealed: Uint8Array): Announcement {
  if (sealed.length > LIMITS.maxAnnouncementBytes) {
    throw new HearsayError("ERR_TOO_LARGE", `an announcement of ${sealed.length} bytes`);
  }
  if (latest === undefined || !equalBytes(latest.sealed, sealed))
    latest = { announcement: decode(sealed), sealed: sealed.slice() };
  return latest.announcement;
}

function decode(sealed: Uint8Array): Announcement {
  const fields = decodeCanonical(sealedPayload(sealed), LIMITS.maxAnnouncementBytes);
  if (!Array.isArray(fields) || fields.length !== 9 || fields[0] !== 1) throw malformed("not a version 1 announcement");
  const [, task, publicKey, seq, entry, model, bytes, age, tsMs] = fields;
  if (!isBytes32(task) || !isBytes32(publicKey) || !isBytes32(entry) || !isBytes32(model))
    throw malformed("a hash or key is not 32 bytes");
  if (!isCount(seq) || !isCount(bytes) || !isCount(age) || !isCount(tsMs))
    throw malformed("a number is not in 0 .. 2^53-1");
  if (age > LIMITS.maxAge) throw malformed(`an age above ${LIMITS.maxAge}`);
  return { task, author: peerIdFromPublicKey(publicKey), publicKey, seq, entry, model, bytes, age, tsMs };
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", message);
}
