/**
 * The announcement of a published model: what gossipsub carries, under 1 KiB, sealed by the author's key.
 *
 * Payload, strict DAG-CBOR: [2, task(32), author public key(32), generation, seq, entry(32), root(32), note(64), model(32), bytes, age, tsMs, mass].
 * Version 3 ends with what was spent of a privacy budget, in all (base/spent.ts): only tasks that ask for privacy have it.
 * Those of version 1, which end with tsMs, are read from stores and evidence; their mass is 1.
 * `seq` and `entry` are number and id of the publish entry in that generation of the author's log, `root` is that of the tree over
 * the log's first seq + 1 entries, so an announcement commits to the whole log; `note` is the author's signature of that checkpoint.
 */
import { concatBytes, equalBytes } from "../base/bytes.ts";
import { HearsayError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { Identity, PeerId } from "../base/seams.ts";
import { isSpent, type Spent } from "../base/spent.ts";
import { MAX_MASS } from "../base/weight.ts";
import { decodeCanonical, encodeCanonical } from "./canonical.ts";
import { isSignature, SIGNATURE_BYTES, seal, sealedPayload } from "./envelope.ts";
import { peerIdFromPublicKey } from "./identity.ts";
import { isBytes32, isCount, isGeneration, isMass } from "./values.ts";

export interface Announcement {
  readonly task: Uint8Array;
  readonly author: PeerId;
  readonly publicKey: Uint8Array;
  /** Of the author's log; see `GenesisBody.generation`. */
  readonly generation: number;
  /** Log sequence number of the publish entry: grows with every announcement of an author, within a generation. */
  readonly seq: number;
  /** Id of the publish entry. */
  readonly entry: Uint8Array;
  /** Root of the Merkle tree over the entries 0 .. seq. */
  readonly root: Uint8Array;
  /** The author's Ed25519 signature of the checkpoint (log, seq + 1, root); whoever needs it verifies it (log/tree/checkpoint.ts). 64 zeros where it has not come. */
  readonly note: Uint8Array;
  /** SHA-256 of the model body. */
  readonly model: Uint8Array;
  /** Length of the body. */
  readonly bytes: number;
  /** SGD steps in the model's lineage, as the author claims. */
  readonly age: number;
  /** How many models it stands for, 1 .. MAX_MASS: above 1 where it is an aggregate itself. */
  readonly mass: number;
  /** What the author has spent of its privacy budget, where the task has one: an own announcement tells a peer what its store may have lost. */
  readonly spent?: Spent | undefined;
  /** The author's clock, in whole minutes: for display only. */
  readonly tsMs: number;
  /** As it came, signature and all: what can be shown to others. */
  readonly sealed: Uint8Array;
}

/** Mass 1 where it is left out. */
export type AnnouncementDraft = Omit<Announcement, "author" | "publicKey" | "sealed" | "mass"> &
  Partial<Pick<Announcement, "mass">>;

export function encodeAnnouncement(draft: AnnouncementDraft, identity: Identity): Uint8Array {
  return seal("announcement", payloadOf(draft, identity.publicKey), identity);
}

function payloadOf(draft: AnnouncementDraft, publicKey: Uint8Array): Uint8Array {
  const { task, generation, seq, entry, root, note, model, bytes, age, tsMs, mass = 1, spent } = draft;
  const fields = [task, publicKey, generation, seq, entry, root, note, model, bytes, age, tsMs, mass];
  return encodeCanonical(spent === undefined ? [2, ...fields] : [3, ...fields, spent]);
}

/** Stands for `note` in an announcement of which the author has signed no checkpoint: nobody's signature. */
export const NO_NOTE: Uint8Array = new Uint8Array(SIGNATURE_BYTES);

/** Whether it brings its author's signature of the checkpoint, without which it is passed on to nobody. Of those that come with their model (model-messages.ts) few do. */
export function hasNote({ note }: Pick<Announcement, "note">): boolean {
  return !equalBytes(note, NO_NOTE);
}

/** The announcement over which an author has put this signature, which is not checked here. */
export function announcementUnder(draft: AnnouncementDraft, publicKey: Uint8Array, seal: Uint8Array): Announcement {
  return decode(concatBytes(seal, payloadOf(draft, publicKey)));
}

/**
 * Gossip brings the same bytes again and again, to a process of many peers from each neighbour. So the last ones decoded are at hand, and all whose bytes came
 * in an array that is still there, as those of a simulation do. Bytes are compared: an array may be used for others.
 */
const decoded = new WeakMap<Uint8Array, Announcement>();
let latest: Announcement | undefined;

/**
 * The fields of a sealed announcement; the signature is not checked here (`openEnvelope` does, after cheaper checks).
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL.
 */
export function decodeAnnouncement(sealed: Uint8Array): Announcement {
  if (sealed.length > LIMITS.maxAnnouncementBytes) {
    throw new HearsayError("ERR_TOO_LARGE", `an announcement of ${sealed.length} bytes`);
  }
  const known = decoded.get(sealed);
  if (known !== undefined && equalBytes(known.sealed, sealed)) return known;
  if (latest === undefined || !equalBytes(latest.sealed, sealed)) latest = decode(sealed.slice());
  decoded.set(sealed, latest);
  return latest;
}

/** Elements of a payload, by version. */
const LENGTHS: ReadonlyMap<unknown, number> = new Map([
  [1, 12],
  [2, 13],
  [3, 14],
]);

function decode(sealed: Uint8Array): Announcement {
  const fields = decodeCanonical(sealedPayload(sealed), LIMITS.maxAnnouncementBytes, 0); // all are kept as long as `sealed`
  const length = Array.isArray(fields) && LENGTHS.get(fields[0]);
  if (!Array.isArray(fields) || fields.length !== length) throw malformed("no announcement of version 1, 2 or 3");
  const [, task, publicKey, generation, seq, entry, root, note, model, bytes, age, tsMs, mass = 1, spent] = fields;
  if (!isBytes32(task) || !isBytes32(publicKey) || !isBytes32(entry) || !isBytes32(root) || !isBytes32(model))
    throw malformed("a hash or key is not 32 bytes");
  if (!isSignature(note)) throw malformed("the note is no signature");
  if (!isCount(seq) || !isCount(bytes) || !isCount(age) || !isCount(tsMs))
    throw malformed("a number is not in 0 .. 2^53-1");
  if (!isGeneration(generation)) throw malformed("the generation is not in 0 .. 2^32-1");
  if (age > LIMITS.maxAge) throw malformed(`an age above ${LIMITS.maxAge}`);
  if (!isMass(mass)) throw malformed(`the mass is not in 1 .. ${MAX_MASS}`);
  if (spent !== undefined && !isSpent(spent)) throw malformed("what was spent is no list of [rate, noise, steps]");
  const author = peerIdFromPublicKey(publicKey);
  const told = spent && { spent };
  return {
    task: latest !== undefined && equalBytes(latest.task, task) ? latest.task : task, // nearly all are of one: kept once
    author,
    publicKey,
    generation,
    seq,
    entry,
    root,
    note,
    model,
    bytes,
    age,
    tsMs,
    mass,
    ...told,
    sealed,
  };
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", message);
}
