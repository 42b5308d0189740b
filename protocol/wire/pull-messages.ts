/**
 * A model with its proof, in one answer. Strict DAG-CBOR arrays, as in messages.ts:
 *
 *   pull   [2, generation, seq, old]  ->  [2, prev(32), trained(32), mechanism, shared, growth, wanted, total, chunk, certificate where it is of a cohort]
 *
 * The asker has an announcement of the entry `seq` of that generation of the answerer's log, and has proved that log up to `old` entries before: it knows
 * the frontier of that tree (log/tree/growth.ts); 0 where it knows nothing. What the announcement says is not said again: of the `publish` entry the answer has
 * `prev`, `trained`, `mechanism` and `shared`, from which the asker makes the entry, whose id was announced. `growth`: the hashes of the subtrees that cover
 * the entries `old` .. `seq` - 1, one after the other. `wanted` is as in the answer to "prove", `total` and `chunk` are as in a blob's at offset 0. What has
 * more than one chunk is asked for as a blob from there on. ERR_NOT_FOUND: another generation, a shorter log, no such publication, or its body is gone.
 */

import { encodeCanonical, encodeWithBytes } from "./canonical.ts";
import { binary, bytes32, count, fields, malformed, PROTOCOL_VERSION, text } from "./fields.ts";
import { isGeneration } from "./values.ts";

export interface PullRequest {
  readonly generation: number;
  /** Place of the `publish` entry. */
  readonly seq: number;
  /** Entries of the log that are proved, at most `seq`. */
  readonly old: number;
}

/** What the asker needs beside the announcement. */
export interface PullProof {
  readonly prev: Uint8Array;
  readonly trained: Uint8Array;
  readonly mechanism: string;
  readonly shared: Uint8Array;
  readonly growth: readonly Uint8Array[];
  /** A cosignature is welcome. */
  readonly wanted: boolean;
  /** Where the model is the mean of a cohort: the word of its members (cohort/certificate.ts). */
  readonly cohort?: Uint8Array;
}

export interface PullAnswer extends PullProof {
  /** Length of the whole body. */
  readonly total: number;
  readonly chunk: Uint8Array;
}

const HASH_BYTES = 32;
/** Subtrees that cover a range of fewer than 2^53 leaves. */
const MAX_GROWTH = 106;
const MAX_MECHANISM_LENGTH = 64;

export function encodePullRequest({ generation, seq, old }: PullRequest): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, generation, seq, old]);
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL, like all decoders here. */
export function decodePullRequest(bytes: Uint8Array): PullRequest {
  const [, generation, seq, old] = fields(bytes, 4);
  if (!isGeneration(generation)) throw malformed("the generation is not in 0 .. 2^32-1");
  const request = { generation, seq: count(seq), old: count(old) };
  if (request.old > request.seq) throw malformed("`old` is not before `seq`");
  return request;
}

export function encodePullAnswer(answer: PullAnswer): Uint8Array {
  const { prev, trained, mechanism, shared, growth, wanted, total, chunk, cohort } = answer;
  const hashes = new Uint8Array(HASH_BYTES * growth.length);
  for (const [i, hash] of growth.entries()) hashes.set(hash, HASH_BYTES * i);
  const before = [PROTOCOL_VERSION, prev, trained, mechanism, shared, hashes, wanted, total];
  return cohort === undefined ? encodeWithBytes(before, chunk) : encodeCanonical([...before, chunk, cohort]);
}

export function decodePullAnswer(bytes: Uint8Array): PullAnswer {
  const [, prev, trained, mechanism, shared, growth, wanted, total, chunk, cohort] = fields(bytes, 9);
  if (typeof wanted !== "boolean") throw malformed("`wanted` is not a truth value");
  return {
    prev: bytes32(prev),
    trained: bytes32(trained),
    mechanism: text(mechanism, MAX_MECHANISM_LENGTH),
    shared: binary(shared),
    growth: hashesIn(binary(growth)),
    wanted,
    total: count(total),
    chunk: binary(chunk),
    ...(cohort instanceof Uint8Array && { cohort }), // anything else there is a field of another future
  };
}

function hashesIn(bytes: Uint8Array): Uint8Array[] {
  const n = bytes.length / HASH_BYTES;
  if (!Number.isInteger(n) || n > MAX_GROWTH) throw malformed(`growth is not at most ${MAX_GROWTH} hashes`);
  return Array.from({ length: n }, (_, i) => bytes.slice(HASH_BYTES * i, HASH_BYTES * (i + 1)));
}
