/**
 * Content-addressed blobs between peers: model bodies and the task manifest, by SHA-256, in chunks.
 *
 * A pull asks for chunks at offsets, a few at a time, so the asker's requests are the back-pressure and a broken connection
 * resumes where it stopped. What arrives is checked against the hash before anyone sees it.
 */
import { forgetOldest } from "../../base/bounded.ts";
import { equalBytes, keyOf } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Archive, ArchivedBlob, Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import {
  type BlobRequest,
  decodeBlobAnswer,
  decodeBlobRequest,
  encodeBlobAnswer,
  encodeBlobRequest,
} from "../../wire/messages.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import { paidService } from "./serve.ts";

/** The blobs that this peer serves: some for ever (the manifest), and the newest few model bodies. */
export interface BlobShelf {
  /** Answers who asks for blobs. */
  readonly service: RequestService;
  /** Served until the process ends. */
  keep(hash: Uint8Array, bytes: Uint8Array): void;
  /** Served until `BODIES_SERVED` newer ones came, and then as long as the archive has it. */
  offer(blob: ArchivedBlob): void;
}

/** A body stays on offer this many publications, so that a slow peer can finish its pull. */
const BODIES_SERVED = 3;

/** A lost connection that may come back, and a neighbour that answers too many at the moment. */
const WORTH_ANOTHER_TRY: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT", "ERR_RATE"];

/** Attempts of one chunk, without any other arriving meanwhile, before the pull is given up. */
const CHUNK_ATTEMPTS = 3;
/** Times the attempt: in 1.8 s a lost peer is redialled (REDIAL_FIRST_MS x 1.5, and a tick of membership). */
const RETRY_DELAY_MS = 600;

/** What a chunk costs beside its bytes, in units of peer/memory/budget.ts. */
const CHUNK_COST = 0.2;
/** Bytes that are copied, encrypted and sent for 1. */
const SENT_BYTES_PER_UNIT = 131_072;
/** Bytes that are read from the disk and hashed for 1. */
const VERIFIED_BYTES_PER_UNIT = 262_144;
/** Reads of the archive that wait for their turn: one is made at a time, so that few files are open. */
const MAX_READS = 64;

/** A shelf, and for audits what the archive holds, of which each chunk is read when it is asked for. */
export function createBlobShelf(
  { budget, archive }: { readonly budget: Budget; readonly archive?: Archive },
  protocol: string,
): BlobShelf {
  const kept = new Map<string, Blob>();
  const rotating = new Map<string, Blob>();
  let reads = 0;
  let reading: Promise<unknown> = Promise.resolve();

  /** The first chunk of a file costs more: all of it is read, to see whether it is what its name says. */
  async function fromArchive(from: PeerId, { hash, offset, maxBytes }: BlobRequest): Promise<Uint8Array> {
    if (reads >= MAX_READS) throw new HearsayError("ERR_RATE", "too many wait for what this peer has archived");
    reads++;
    const part = reading.then(() => archive?.getPart(hash, offset, Math.min(maxBytes, LIMITS.maxChunkBytes)));
    reading = part.catch(() => {}); // the asker has the error
    try {
      const found = await part;
      if (found === undefined) throw notFound();
      budget.charge(from, found.verifiedBytes / VERIFIED_BYTES_PER_UNIT);
      return encodeBlobAnswer(found);
    } finally {
      reads--;
    }
  }

  const service = paidService(budget, {
    protocol,
    decode: decodeBlobRequest,
    costOf: () => CHUNK_COST,
    bytesPerUnit: SENT_BYTES_PER_UNIT,
    answer(from, request) {
      const key = keyOf(request.hash);
      const blob = kept.get(key) ?? rotating.get(key);
      if (blob !== undefined) return answer(blob, request);
      if (archive === undefined) throw notFound();
      return fromArchive(from, request);
    },
  });
  return {
    service,
    keep: (hash, bytes) => kept.set(keyOf(hash), { bytes }),
    offer({ hash, bytes }) {
      rotating.set(keyOf(hash), { bytes });
      forgetOldest(rotating, BODIES_SERVED);
    },
  };
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "this peer does not hold that blob (any more)");
}

function answer(blob: Blob, { offset, maxBytes }: BlobRequest): Uint8Array {
  const { bytes } = blob;
  const end = Math.min(bytes.length, offset + Math.min(maxBytes, LIMITS.maxChunkBytes));
  const encode = () => encodeBlobAnswer({ total: bytes.length, chunk: bytes.subarray(Math.min(offset, end), end) });
  if (offset > 0 || end < bytes.length) return encode();
  blob.whole ??= encode();
  return blob.whole;
}

interface Blob {
  readonly bytes: Uint8Array;
  /** The answer with all of it, once somebody asked for that: the next ones will, too. */
  whole?: Uint8Array;
}

export interface PullOptions {
  readonly hash: Uint8Array;
  /** Refused before a byte is asked for beyond the first chunk. */
  readonly maxBytes: number;
  /** The exact length, where it is known. */
  readonly expectedBytes?: number;
  readonly signal: AbortSignal;
}

/**
 * Pulls one blob from one peer.
 * @throws HearsayError ERR_NOT_FOUND, ERR_UNREACHABLE, ERR_TIMEOUT (slower than LIMITS.minBytesPerSecond), ERR_TOO_LARGE,
 *   ERR_MODEL_SIZE (another length than announced, or chunks that do not add up), ERR_MODEL_HASH, ERR_DECODE.
 */
export async function pullBlob(
  { transport, crypto, clock }: { transport: Transport; crypto: Crypto; clock: Clock },
  peer: PeerId,
  protocol: string,
  { hash, maxBytes, expectedBytes, signal }: PullOptions,
): Promise<Uint8Array> {
  const budgetMs = Math.max(LIMITS.requestTimeoutMs, (1000 * (expectedBytes ?? maxBytes)) / LIMITS.minBytesPerSecond);
  let cancel = () => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(budgetMs, () => reject(new HearsayError("ERR_TIMEOUT", "the peer sends too slowly")));
  });
  let ended = false;

  let arrived = 0; // chunks

  async function chunkAt(offset: number): Promise<{ total: number; chunk: Uint8Array }> {
    const request = encodeBlobRequest({ hash, offset, maxBytes: LIMITS.maxChunkBytes });
    let failures = 0;
    let arrivedBefore = arrived;
    for (;;) {
      try {
        const answer = decodeBlobAnswer(await transport.request(peer, protocol, request, { signal }));
        arrived++;
        return answer;
      } catch (error) {
        const broken = isHearsayError(error) && WORTH_ANOTHER_TRY.includes(error.code);
        failures = arrived === arrivedBefore ? failures + 1 : 1;
        arrivedBefore = arrived;
        if (!broken || failures === CHUNK_ATTEMPTS || ended || signal.aborted) throw error;
        await delay(clock, RETRY_DELAY_MS * failures, signal);
      }
    }
  }

  async function pullAll(): Promise<Uint8Array> {
    const first = await chunkAt(0);
    if (first.total > maxBytes)
      throw new HearsayError("ERR_TOO_LARGE", `a blob of ${first.total} bytes, at most ${maxBytes}`);
    if (expectedBytes !== undefined && first.total !== expectedBytes) {
      throw new HearsayError("ERR_MODEL_SIZE", `a body of ${first.total} bytes, ${expectedBytes} were announced`);
    }
    const isWhole = first.chunk.length === first.total;
    const whole = isWhole ? first.chunk : new Uint8Array(first.total);
    let next = 0;
    const place = ({ total, chunk }: { total: number; chunk: Uint8Array }, offset: number) => {
      const length = Math.min(LIMITS.maxChunkBytes, whole.length - offset);
      if (total !== whole.length || chunk.length !== length)
        throw new HearsayError("ERR_MODEL_SIZE", "truncated: a chunk is short");
      if (!isWhole) whole.set(chunk, offset);
    };
    const takeOffset = () => {
      const offset = next;
      next += LIMITS.maxChunkBytes;
      return offset;
    };
    place(first, takeOffset());
    const lane = async () => {
      while (next < whole.length && !ended) {
        const offset = takeOffset();
        place(await chunkAt(offset), offset);
      }
    };
    if (next < whole.length) await Promise.all(Array.from({ length: LIMITS.maxChunksInFlight }, lane));
    if (!equalBytes(crypto.sha256(whole), hash))
      throw new HearsayError("ERR_MODEL_HASH", "the bytes do not match the announced hash");
    return whole;
  }

  try {
    return await Promise.race([pullAll(), late]); // no AbortSignal.any: it takes longer than all the rest of a small pull
  } finally {
    cancel();
    ended = true; // the lanes that are left ask for no more; a request that is under way ends by itself
  }
}

/** Resolves after `ms` of the clock, or rejects with the signal's reason. */
function delay(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      cancel();
      reject(signal.reason);
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener("abort", stopped);
      resolve();
    });
    signal.addEventListener("abort", stopped, { once: true });
  });
}
