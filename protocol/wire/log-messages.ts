/**
 * The log protocol: what others may ask about a peer's log. Requests and answers are strict DAG-CBOR arrays.
 *
 *   prove       [2, "prove", logId(32), seq, old]          -> [2, signed entry, inclusion, consistency, wanted]
 *   checkpoint  [2, "checkpoint", logId(32)]               -> [2, note, cosigned note | null]
 *   entries     [2, "entries", logId(32), from, limit]     -> [2, size, [signed entry, ...]]
 *   cosign      [2, "cosign", logId(32), size, line]       -> [2]
 *   evidence    [2, "evidence", id(32), from, held(32)]    -> [2, [evidence, ...]]
 *   generations [2, "generations", task(32)]               -> [2, [generation, ...]]
 *
 * `inclusion` shows that entry `seq` is in the tree of the first seq + 1 entries, `consistency` that this tree begins with that of the first
 * `old` (0: none is asked for); both are lists of hashes (log/tree/merkle.ts). `wanted`: a cosignature of the checkpoint of seq + 1 entries is
 * welcome, and goes back as `cosign`, a signature line (log/tree/checkpoint.ts). `entries` and `evidence` are as many as fit into a frame, from
 * a number on. "evidence" names the task, or the answerer's log; `held` sums up what the asker has (peer/account/bans.ts): nothing comes where the answerer
 * has the same. The answer to "cosign" promises nothing: a line that is not wanted any more is not kept. `generations`: of the
 * answerer's logs of the task, ascending, the newest 1024; it writes the last of them. Of those before it serves `checkpoint` and `entries`. Notes
 * and lines are text in the formats of C2SP. A log that the answerer has not: ERR_NOT_FOUND.
 */
import { LIMITS } from "../base/limits.ts";
import { encodeCanonical } from "./canonical.ts";
import { binary, bytes32, count, fields, list, malformed, PROTOCOL_VERSION, text } from "./fields.ts";
import { isBytes32, isGeneration } from "./values.ts";

/** Shared by all tasks: every request names a log, or the task. */
export const LOG_PROTOCOL: string = `/hearsay/log/${PROTOCOL_VERSION}.0.0`;

export type LogRequest =
  | { readonly what: "prove"; readonly logId: Uint8Array; readonly seq: number; readonly old: number }
  | { readonly what: "checkpoint"; readonly logId: Uint8Array }
  | { readonly what: "entries"; readonly logId: Uint8Array; readonly from: number; readonly limit: number }
  | { readonly what: "cosign"; readonly logId: Uint8Array; readonly size: number; readonly line: string }
  /** `logId`: the task, or the answerer's log. */
  | { readonly what: "evidence"; readonly logId: Uint8Array; readonly from: number; readonly held: Uint8Array }
  | { readonly what: "generations"; readonly task: Uint8Array };

export interface ProveAnswer {
  /** signature | entry */
  readonly entry: Uint8Array;
  readonly inclusion: readonly Uint8Array[];
  readonly consistency: readonly Uint8Array[];
  readonly wanted: boolean;
}

export interface CheckpointAnswer {
  readonly note: string;
  /** The newest that others cosigned, with their lines. */
  readonly cosigned?: string;
}

export interface EntriesAnswer {
  /** Entries of the log. */
  readonly size: number;
  readonly entries: readonly Uint8Array[];
}

/** Hashes of a proof about a tree of fewer than 2^53 leaves: log/tree/merkle.ts. */
export const MAX_PROOF_HASHES: number = 54;
const MAX_NOTE_LENGTH = 4096;
/** Generations that an answer names. */
const MAX_GENERATIONS = 1024;
/** For the array around a list, its version and a number. */
const MAX_HEADER_BYTES = 32;
const MAX_ITEM_HEADER_BYTES = 5;

export function encodeLogRequest(request: LogRequest): Uint8Array {
  if (request.what === "generations") return encodeCanonical([PROTOCOL_VERSION, request.what, request.task]);
  const { what, logId } = request;
  switch (what) {
    case "prove":
      return encodeCanonical([PROTOCOL_VERSION, what, logId, request.seq, request.old]);
    case "checkpoint":
      return encodeCanonical([PROTOCOL_VERSION, what, logId]);
    case "entries":
      return encodeCanonical([PROTOCOL_VERSION, what, logId, request.from, request.limit]);
    case "cosign":
      return encodeCanonical([PROTOCOL_VERSION, what, logId, request.size, request.line]);
    case "evidence":
      return encodeCanonical([PROTOCOL_VERSION, what, logId, request.from, request.held]);
  }
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL, like all decoders here. */
export function decodeLogRequest(bytes: Uint8Array): LogRequest {
  const [, what, id, first, second] = fields(bytes, 3);
  if (!isBytes32(id)) throw malformed("not a request about a log or a task");
  const logId = id;
  if (what === "prove") return { what, logId, seq: count(first), old: count(second) };
  if (what === "entries") return { what, logId, from: count(first), limit: count(second) };
  if (what === "cosign") return { what, logId, size: count(first), line: note(second) };
  if (what === "evidence") return { what, logId, from: count(first), held: bytes32(second) };
  if (what === "checkpoint") return { what, logId };
  if (what === "generations") return { what, task: id };
  throw malformed("an unknown request");
}

export function encodeProveAnswer({ entry, inclusion, consistency, wanted }: ProveAnswer): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, entry, inclusion, consistency, wanted]);
}

export function decodeProveAnswer(bytes: Uint8Array): ProveAnswer {
  const [, entry, inclusion, consistency, wanted] = fields(bytes, 5);
  if (typeof wanted !== "boolean") throw malformed("`wanted` is not a truth value");
  return { entry: binary(entry), inclusion: proof(inclusion), consistency: proof(consistency), wanted };
}

export function encodeCheckpointAnswer({ note, cosigned }: CheckpointAnswer): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, note, cosigned ?? null]);
}

export function decodeCheckpointAnswer(bytes: Uint8Array): CheckpointAnswer {
  const [, newest, cosigned] = fields(bytes, 3);
  return { note: note(newest), ...(cosigned !== null && { cosigned: note(cosigned) }) };
}

export function encodeEntriesAnswer({ size, entries }: EntriesAnswer): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, size, entries]);
}

export function decodeEntriesAnswer(bytes: Uint8Array): EntriesAnswer {
  const [, size, entries] = fields(bytes, 3);
  return { size: count(size), entries: list(entries).map(binary) };
}

export function encodeCosignAnswer(): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION]);
}

export function encodeEvidenceAnswer(evidence: readonly Uint8Array[]): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, evidence]);
}

export function decodeEvidenceAnswer(bytes: Uint8Array): Uint8Array[] {
  const [, evidence] = fields(bytes, 2);
  return list(evidence).map(binary);
}

export function encodeGenerationsAnswer(generations: readonly number[]): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, generations.slice(-MAX_GENERATIONS)]);
}

export function decodeGenerationsAnswer(bytes: Uint8Array): number[] {
  const [, generations] = fields(bytes, 2);
  const known = list(generations);
  if (known.length <= MAX_GENERATIONS && known.every(isGeneration)) return known;
  throw malformed(`not at most ${MAX_GENERATIONS} generations`);
}

/** How many of the first items of a list fit into one answer: counts them down as they are offered. */
export function createFrameBudget(): (item: Uint8Array) => boolean {
  let left = LIMITS.maxFrameBytes - MAX_HEADER_BYTES;
  return (item) => {
    left -= item.length + MAX_ITEM_HEADER_BYTES;
    return left >= 0;
  };
}

function note(value: unknown): string {
  return text(value, MAX_NOTE_LENGTH);
}

function proof(value: unknown): Uint8Array[] {
  const hashes = list(value);
  if (hashes.length <= MAX_PROOF_HASHES && hashes.every(isBytes32)) return hashes;
  throw malformed(`a proof is at most ${MAX_PROOF_HASHES} hashes`);
}
