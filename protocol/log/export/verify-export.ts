/**
 * What a stranger can conclude from an exported log, with nothing but the file: that one key signed these entries, in this order, all that
 * the file promises; that the notes in it, and others that the stranger has, are of this history and no other; and who cosigned them.
 * Beside the reasons of log/verify/verifier.ts an export can fail for "file", "cut" (what is there holds, but there should be more) and "fork": the
 * writer has signed two things that cannot both be true.
 */
import { equalBytes } from "../../base/bytes.ts";
import { counted } from "../../base/counted.ts";
import { isHearsayError } from "../../base/errors.ts";
import type { Crypto, PeerId } from "../../base/seams.ts";
import type { Announcement } from "../../wire/announcement.ts";
import { openEnvelope } from "../../wire/envelope.ts";
import type { Statement } from "../entry/bodies.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { type Entry, logIdOf } from "../entry/entry.ts";
import { type Conviction, decodeEvidence, verifyEvidence } from "../entry/evidence.ts";
import {
  checkpointFrom,
  cosignaturesOf,
  isSignedBy,
  readCheckpoint,
  type SignedCheckpoint,
} from "../tree/checkpoint.ts";
import { createVerifier, type VerifyOptions } from "../verify/verifier.ts";
import { type Verification, verifyLog } from "../verify/verify.ts";
import { readCar } from "./car.ts";
import type { ExportedBlob, ExportedLog, ExportHeader } from "./exported.ts";
import { readJsonl } from "./jsonl.ts";
import { idOf } from "./withheld.ts";

export interface VerifyExportOptions extends Omit<VerifyOptions, "checkpoints"> {
  /** Other notes about the log, e.g. from somebody who has met the peer. */
  readonly notes?: readonly string[];
  /** What the writer announced, e.g. to the peer of the reader: each signs a state of its log. */
  readonly announced?: readonly Announcement[];
  /** Sees what follows the entries. */
  readonly onBlob?: (blob: ExportedBlob) => void;
}

export interface ExportVerification extends Verification {
  /** The largest state that the writer signed, of those in the file or given; undefined where there is none. */
  readonly checkpoint?: SignedCheckpoint;
  /**
   * Who says to have seen the log in such a state: none of it is known to be true but that their keys say so. Lines that do not hold are passed
   * over, since anybody could have written them.
   */
  readonly cosigners: readonly Cosigner[];
  /** What the evidence in the file proves against the writer's key; a fork is also `firstBad`. */
  readonly convictions: readonly Conviction[];
}

export interface Cosigner {
  readonly peer: PeerId;
  /** Entries that the log had. */
  readonly size: number;
  /** Unix time, by the cosigner's clock. */
  readonly seconds: number;
}

/** Reads an export of either format, which its first byte shows. @throws HearsayError ERR_LOG_CHAIN, as do the streams. */
export async function readExport(chunks: AsyncIterable<Uint8Array>, crypto: Crypto): Promise<ExportedLog> {
  const source = chunks[Symbol.asyncIterator]();
  let first = await source.next();
  while (first.done !== true && first.value.length === 0) first = await source.next();
  if (first.done === true) throw chainError(0, "cut", "the file is empty");
  async function* whole(): AsyncGenerator<Uint8Array> {
    for (let next = first; next.done !== true; next = await source.next()) yield next.value;
  }
  return first.value[0] === OPENING_BRACE ? readJsonl(whole(), crypto) : readCar(whole(), crypto);
}

const OPENING_BRACE = 0x7b;

/** Verifies an export from its first byte to its last. What the source throws passes through, but for ERR_LOG_CHAIN. */
export async function verifyExport(
  chunks: AsyncIterable<Uint8Array>,
  options: VerifyExportOptions,
): Promise<ExportVerification> {
  const { crypto, notes = [], announced = [] } = options;
  const cosigners: Cosigner[] = [];
  const convictions: Conviction[] = [];
  try {
    const log = await readExport(chunks, crypto);
    const inside = [log.header?.checkpoint, log.header?.cosigned].filter((note) => typeof note === "string");
    const claims = { inside: inside.map(readNote), given: notes.map(readNote), announced };
    const checkpoints = [
      ...claims.inside,
      ...claims.given,
      ...announced.map((one) => announcedCheckpoint(one, crypto)),
    ];
    const expected: VerifyOptions = {
      ...options,
      checkpoints,
      mayWithhold: true,
      onEntry(entry) {
        if (entry.type === "genesis") {
          cosigners.push(...judgeClaims(entry, log.header, claims, crypto));
          convictions.push(...(log.header?.evidence ?? []).map((proof) => judgeEvidence(entry, proof, crypto)));
        }
        options.onEntry?.(entry);
      },
    };
    const verifier = createVerifier(expected);
    const result = await verifyLog(everything(log, checkpoints, verifier.tree, options.onBlob), expected, verifier);
    const [checkpoint] = checkpoints.toSorted((a, b) => b.size - a.size);
    return { ...withFork(result, convictions), ...(checkpoint && { checkpoint }), cosigners, convictions };
  } catch (error) {
    if (!isHearsayError(error, "ERR_LOG_CHAIN")) throw error;
    const { seq, reason } = error.details as { seq: number; reason: ChainReason };
    return { ok: false, entries: 0, firstBad: { seq, reason, message: error.message }, cosigners, convictions };
  }
}

/** States that the writer has signed: in the file, or from elsewhere. */
interface Claims {
  readonly inside: readonly SignedCheckpoint[];
  readonly given: readonly SignedCheckpoint[];
  readonly announced: readonly Announcement[];
}

/** The state that an announcement signs; its note may be missing. */
function announcedCheckpoint(
  { publicKey, task, generation, seq, root, note }: Announcement,
  crypto: Crypto,
): SignedCheckpoint {
  const logId = logIdOf(publicKey, task, crypto, generation);
  return checkpointFrom({ logId, size: seq + 1, root }, publicKey, note, crypto);
}

/** What stands beside the entries, judged as soon as the genesis says whose log it is; those who cosigned. */
function judgeClaims(
  { body: { peer, task, generation = 0 }, logId }: Entry & Statement<"genesis">,
  header: ExportHeader | undefined,
  { inside, given, announced }: Claims,
  crypto: Crypto,
): Cosigner[] {
  const { publicKey, task: about, generation: number } = header ?? { publicKey: peer, task, generation };
  const named = equalBytes(publicKey, peer) && equalBytes(about, task) && number === generation;
  must(named, 0, "file", "the header names another log");
  for (const one of announced) {
    must(equalBytes(announcedCheckpoint(one, crypto).logId, logId), 0, "log-id", "an announcement is of another log");
    const isSigned = openEnvelope("announcement", one.sealed, crypto, peer) !== undefined;
    must(isSigned, 0, "signature", "an announcement is not signed by the log's writer");
  }
  return [...inside, ...given].flatMap((note) => {
    must(equalBytes(note.logId, logId), 0, "log-id", "a checkpoint is of another log");
    must(isSignedBy(note, peer, crypto), 0, "signature", "a checkpoint is not signed by the log's writer");
    return cosignaturesOf(note, crypto).map(({ peer: by, seconds }) => ({ peer: by, size: note.size, seconds }));
  });
}

/** The entries, and after them, or where there are too many, what the file is short of. */
async function* everything(
  log: ExportedLog,
  checkpoints: readonly SignedCheckpoint[],
  tree: { readonly size: number },
  onBlob: VerifyExportOptions["onBlob"],
): AsyncGenerator<Uint8Array> {
  const promised = log.header?.size;
  for await (const signed of log.entries) {
    must(
      tree.size < (promised ?? Number.POSITIVE_INFINITY),
      tree.size,
      "file",
      "the header says that the log ends before it",
    );
    yield signed;
  }
  const { size } = tree;
  must(
    size === (promised ?? size),
    size,
    "cut",
    `it is missing: the header promises ${counted(promised ?? size, "entry", "entries")}`,
  );
  for (const note of checkpoints)
    must(
      note.size <= size,
      size,
      "cut",
      `it is missing: the log's writer has signed that it had ${counted(note.size, "entry", "entries")}`,
    );
  for await (const blob of log.blobs) onBlob?.(blob);
}

/**
 * Where two exports of one log, both verified as far as they hold, first differ: its writer signed two entries for one place.
 * Undefined where one continues the other.
 */
export async function firstDifference(
  one: ExportedLog,
  other: ExportedLog,
  entries: number,
  crypto: Crypto,
): Promise<number | undefined> {
  const others = other.entries[Symbol.asyncIterator]();
  let seq = 0;
  for await (const signed of one.entries) {
    if (seq >= entries) return undefined;
    const { done, value } = await others.next();
    if (done === true) return undefined;
    if (!equalBytes(idOf(signed, crypto), idOf(value, crypto))) return seq;
    seq += 1;
  }
  return undefined;
}

/** Entries against a signed checkpoint, or evidence: either is the writer's word against the writer's. */
function withFork(result: Verification, convictions: readonly Conviction[]): Verification {
  const { firstBad, entries } = result;
  if (firstBad?.reason === "checkpoint") return { ...result, firstBad: { ...firstBad, reason: "fork" } };
  const fork = convictions.find(({ kind }) => kind === "fork");
  if (fork === undefined) return result;
  return { ...result, ok: false, firstBad: { seq: entries, reason: "fork", message: `evidence: ${fork.reason}` } };
}

function judgeEvidence(
  { body: { peer, task } }: Entry & Statement<"genesis">,
  proof: Uint8Array,
  crypto: Crypto,
): Conviction {
  try {
    const evidence = decodeEvidence(proof);
    const conviction = verifyEvidence(evidence, crypto);
    if (conviction && equalBytes(evidence.publicKey, peer) && equalBytes(evidence.task, task)) return conviction;
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
  }
  throw chainError(0, "file", "the evidence proves nothing against the log's writer");
}

function readNote(note: string): SignedCheckpoint {
  try {
    const checkpoint = readCheckpoint(note);
    must(checkpoint.size > 0, 0, "decode", "a checkpoint of no entries");
    return checkpoint;
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
    throw chainError(0, "decode", cause.message, cause);
  }
}

function must(holds: boolean, seq: number, reason: ChainReason, message: string): void {
  if (!holds) throw chainError(seq, reason, message);
}
