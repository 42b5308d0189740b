/**
 * Checkpoints: what a peer signs about its whole log, in the text formats of C2SP, so that tools for transparency logs read them.
 *
 *     hearsay-log/<log id, hexadecimal>      origin, which is also the name of the key          c2sp.org/tlog-checkpoint
 *     <size, decimal>
 *     <root, base64>
 *                                            an empty line ends the text that is signed          c2sp.org/signed-note
 *     — <name> <base64 of key id (4) | signature>      one line for each signature
 *
 * The log's own signature (type 01) is Ed25519 over the text with its last newline. A cosignature (type 04, c2sp.org/tlog-cosignature) is
 * the word of another peer, named by its peer id, that it has seen this log grow to this state and no other, at a time in seconds:
 * 8 bytes of time before the signature, which is over "cosignature/v1\ntime <t>\n" and the text. Key id: SHA-256(name | 0a | type | key),
 * its first 4 bytes. Signatures under names or keys that one does not know, and cosignatures that do not hold, are passed over, as signed-note
 * demands: what a third party writes below a checkpoint says nothing about the log's writer.
 */
import { base64pad } from "multiformats/bases/base64";
import { concatBytes, equalBytes, fromHex, toHex, utf8 } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import type { Crypto, Identity, PeerId } from "../../base/seams.ts";
import { SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { publicKeyFromPeerId } from "../../wire/identity.ts";
import { HASH_BYTES } from "./merkle.ts";

export interface Checkpoint {
  readonly logId: Uint8Array;
  /** Entries. */
  readonly size: number;
  /** Of the Merkle tree over them. */
  readonly root: Uint8Array;
}

/** A signature line, not verified. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  /** What comes after the key id. */
  readonly signature: Uint8Array;
}

export interface SignedCheckpoint extends Checkpoint {
  /** What the signatures are over. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Longest note that is read: a checkpoint with 16 signatures. */
export const MAX_NOTE_BYTES = 4096;
const MAX_SIGNATURES = 16;

const ORIGIN = "hearsay-log/";
const ED25519 = 0x01;
const COSIGNATURE = 0x04;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;
/** Cosignatures of a later time are passed over: 9999-12-31, the last day that a date of four digits can name. */
const LATEST_SECONDS = 253_402_300_799;
const LINE = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/;

/** The text that is signed. */
export function checkpointText({ logId, size, root }: Checkpoint): string {
  return `${originOf(logId)}\n${size}\n${toBase64(root)}\n`;
}

/** The writer's signature of a state of its log (64 bytes). */
export function checkpointSignature(checkpoint: Checkpoint, identity: Identity): Uint8Array {
  return identity.sign(utf8(checkpointText(checkpoint)));
}

/** The note of a log's own state, signed by its writer. */
export function signCheckpoint(checkpoint: Checkpoint, identity: Identity, crypto: Crypto): string {
  const signature = checkpointSignature(checkpoint, identity);
  return formatCheckpoint(checkpointFrom(checkpoint, identity.publicKey, signature, crypto));
}

/** The note as text, as it is stored, sent and exported. */
export function formatCheckpoint({ text, signatures }: SignedCheckpoint): string {
  const lines = signatures.map(({ name, keyId: id, signature }) => signatureLine(name, concatBytes(id, signature)));
  return `${text}\n${lines.join("")}`;
}

/** The checkpoint with the 64-byte signature of the log's writer, which is not verified (`isSignedBy`). */
export function checkpointFrom(
  checkpoint: Checkpoint,
  publicKey: Uint8Array,
  signature: Uint8Array,
  crypto: Crypto,
): SignedCheckpoint {
  const name = originOf(checkpoint.logId);
  const id = keyId(name, ED25519, publicKey, crypto);
  return { ...checkpoint, text: checkpointText(checkpoint), signatures: [{ name, keyId: id, signature }] };
}

/** The line by which `identity` cosigns; append it to the note. `seconds`: Unix time. */
export function cosign({ text }: SignedCheckpoint, identity: Identity, seconds: number, crypto: Crypto): string {
  const id = keyId(identity.peerId, COSIGNATURE, identity.publicKey, crypto);
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(seconds));
  return signatureLine(identity.peerId, concatBytes(id, time, identity.sign(cosigned(text, seconds))));
}

/**
 * Reads a note; signatures are not verified (`isSignedBy`, `cosignaturesOf`).
 * @throws HearsayError ERR_TOO_LARGE | ERR_DECODE.
 */
export function readCheckpoint(note: string): SignedCheckpoint {
  if (utf8(note).length > MAX_NOTE_BYTES) throw new HearsayError("ERR_TOO_LARGE", "a checkpoint of more than 4 KiB");
  const end = note.indexOf("\n\n");
  if (end < 0 || !note.endsWith("\n")) throw malformed("no text and signatures");
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) throw malformed(`more than ${MAX_SIGNATURES} signatures`);
  return { ...readText(text), text, signatures: lines.map(readLine) };
}

/** Whether the holder of `publicKey` signed it as the writer of the log. */
export function isSignedBy(
  { text, logId, signatures }: SignedCheckpoint,
  publicKey: Uint8Array,
  crypto: Crypto,
): boolean {
  const name = originOf(logId);
  const id = keyId(name, ED25519, publicKey, crypto);
  return signatures.some(
    (line) =>
      line.name === name &&
      equalBytes(line.keyId, id) &&
      line.signature.length === SIGNATURE_BYTES &&
      crypto.verify(publicKey, utf8(text), line.signature),
  );
}

/**
 * The one line that a cosigner brings, not verified.
 * @throws HearsayError ERR_DECODE for anything but exactly one signature line with its line feed.
 */
export function readCosignature(line: string): NoteSignature {
  if (line.indexOf("\n") !== line.length - 1) throw malformed("not exactly one line of a cosigner");
  return readLine(line.slice(0, -1));
}

/** A cosignature that holds. */
export interface Cosignature {
  readonly peer: PeerId;
  /** Unix time, by the cosigner's clock. */
  readonly seconds: number;
  readonly line: NoteSignature;
}

/** The cosignatures that hold, the first of each cosigner; all other lines are passed over. */
export function cosignaturesOf(checkpoint: SignedCheckpoint, crypto: Crypto): Cosignature[] {
  const held = new Map<PeerId, Cosignature>();
  for (const line of checkpoint.signatures) {
    const seconds = held.has(line.name) ? undefined : cosignedAt(checkpoint, line, crypto);
    if (seconds !== undefined) held.set(line.name, { peer: line.name, seconds, line });
  }
  return [...held.values()];
}

/** The note as it is kept and passed on: the writer's line, then the cosignatures that hold. Undefined where the writer did not sign it. */
export function withHeldLines(
  checkpoint: SignedCheckpoint,
  publicKey: Uint8Array,
  crypto: Crypto,
): SignedCheckpoint | undefined {
  const own = checkpoint.signatures.find((line) =>
    isSignedBy({ ...checkpoint, signatures: [line] }, publicKey, crypto),
  );
  if (own === undefined) return undefined;
  return { ...checkpoint, signatures: [own, ...cosignaturesOf(checkpoint, crypto).map(({ line }) => line)] };
}

/** The time of a cosignature that holds and says a date that can be; undefined for any other line. */
export function cosignedAt({ text }: SignedCheckpoint, line: NoteSignature, crypto: Crypto): number | undefined {
  const publicKey = publicKeyFromPeerId(line.name);
  if (publicKey === undefined || line.signature.length !== TIME_BYTES + SIGNATURE_BYTES) return undefined;
  if (!equalBytes(line.keyId, keyId(line.name, COSIGNATURE, publicKey, crypto))) return undefined;
  const { buffer, byteOffset } = line.signature;
  const seconds = Number(new DataView(buffer, byteOffset).getBigUint64(0));
  if (seconds > LATEST_SECONDS) return undefined;
  const holds = crypto.verify(publicKey, cosigned(text, seconds), line.signature.subarray(TIME_BYTES));
  return holds ? seconds : undefined;
}

function originOf(logId: Uint8Array): string {
  return ORIGIN + toHex(logId);
}

function cosigned(text: string, seconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
}

function keyId(name: string, type: number, publicKey: Uint8Array, { sha256 }: Crypto): Uint8Array {
  return sha256(concatBytes(utf8(`${name}\n`), Uint8Array.of(type), publicKey)).slice(0, KEY_ID_BYTES);
}

function signatureLine(name: string, bytes: Uint8Array): string {
  return `— ${name} ${toBase64(bytes)}\n`;
}

function readText(text: string): Checkpoint {
  const [origin = "", size = "", root = "", ...rest] = text.slice(0, -1).split("\n");
  if (rest.length > 0) throw malformed("lines after the root"); // extensions are permitted by the format and unknown here
  const logId = origin.startsWith(ORIGIN) ? fromHex(origin.slice(ORIGIN.length)) : undefined;
  if (logId?.length !== HASH_BYTES) throw malformed("the first line names no log");
  if (!/^(?:0|[1-9]\d{0,15})$/.test(size) || !Number.isSafeInteger(Number(size)))
    throw malformed("the second line is not a number of entries");
  const hash = fromBase64(root);
  if (hash?.length !== HASH_BYTES) throw malformed("the third line is not a hash");
  return { logId, size: Number(size), root: hash };
}

function readLine(line: string): NoteSignature {
  const [, name = "", encoded = ""] = LINE.exec(line) ?? [];
  const bytes = fromBase64(encoded);
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) throw malformed("a line that is no signature");
  return { name, keyId: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
}

function toBase64(bytes: Uint8Array): string {
  return base64pad.baseEncode(bytes);
}

/** Undefined for anything but the one encoding of some bytes. */
function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = base64pad.baseDecode(text);
    return toBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function malformed(what: string): HearsayError {
  return new HearsayError("ERR_DECODE", `not a checkpoint: ${what}`);
}
