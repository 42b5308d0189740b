/**
 * Pulling a blob from a peer, by its hash, in chunks at offsets, a few at a time: the asker's requests are the back-pressure, and a broken connection
 * resumes where it stopped. What arrives is checked against the hash before anyone sees it.
 */
import { equalBytes } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Clock, Crypto, PeerId, Transport } from "../../base/seams.ts";
import { decodeBlobAnswer, encodeBlobRequest } from "../../wire/messages.ts";

/** A lost connection that may come back, and a neighbour that answers too many at the moment. */
const WORTH_ANOTHER_TRY: readonly string[] = ["ERR_UNREACHABLE", "ERR_TIMEOUT", "ERR_RATE"];

/** Attempts of one chunk, without any other arriving meanwhile, before the pull is given up. */
const CHUNK_ATTEMPTS = 3;
/** Times the attempt: in 1.8 s a lost peer is redialled (REDIAL_FIRST_MS x 1.5, and a tick of membership). */
const RETRY_DELAY_MS = 600;

/** One answer: a part of the blob, and the length of all of it. */
export interface Chunk {
  readonly total: number;
  readonly chunk: Uint8Array;
}

export interface PullOptions {
  readonly hash: Uint8Array;
  /** Refused before a byte is asked for beyond the first chunk. */
  readonly maxBytes: number;
  /** The exact length, where it is known. */
  readonly expectedBytes?: number;
  /** The first chunk, where it is here. */
  readonly begun?: Chunk;
  readonly signal: AbortSignal;
}

export interface PullComponents {
  readonly transport: Pick<Transport, "request" | "recycle">;
  readonly crypto: Pick<Crypto, "sha256" | "sha256InParts">;
  readonly clock: Pick<Clock, "after">;
}

/** A pull on its way. */
interface Pull extends PullComponents, PullOptions {
  readonly peer: PeerId;
  readonly protocol: string;
  /** Chunks that are here. */
  arrived: number;
  /** Where the next chunk begins that nobody has asked for. */
  next: number;
  ended: boolean;
}

/**
 * Pulls one blob from one peer.
 * @throws HearsayError ERR_NOT_FOUND, ERR_UNREACHABLE, ERR_TIMEOUT (slower than LIMITS.minBytesPerSecond), ERR_TOO_LARGE,
 *   ERR_MODEL_SIZE (another length than announced, or chunks that do not add up), ERR_MODEL_HASH, ERR_DECODE.
 */
export function pullBlob(
  components: PullComponents,
  peer: PeerId,
  protocol: string,
  options: PullOptions,
): Promise<Uint8Array> {
  const { maxBytes, expectedBytes } = options;
  const budgetMs = Math.max(LIMITS.requestTimeoutMs, (1000 * (expectedBytes ?? maxBytes)) / LIMITS.minBytesPerSecond);
  const { transport, crypto, clock } = components;
  const pull: Pull = { transport, crypto, clock, ...options, peer, protocol, arrived: 0, next: 0, ended: false };
  // Neither Promise.race nor AbortSignal.any: they take longer than the rest of a small pull.
  return new Promise((resolve, reject) => {
    const end = () => {
      cancel();
      pull.ended = true; // the lanes that are left ask for no more; a request that is under way ends by itself
    };
    const failed = (error: unknown) => {
      end();
      reject(error);
    };
    const cancel = clock.after(budgetMs, () => failed(new HearsayError("ERR_TIMEOUT", "the peer sends too slowly")));
    pullAll(pull).then((whole) => {
      end();
      resolve(whole);
    }, failed);
  });
}

async function pullAll(pull: Pull): Promise<Uint8Array> {
  const offset = takeOffset(pull);
  const first = pull.begun ?? (await chunkAt(pull, offset));
  requireLength(pull, first);
  const isWhole = first.chunk.length === first.total;
  const whole = isWhole ? first.chunk : new Uint8Array(first.total);
  requirePart(whole, first, 0);
  if (isWhole) return requireHash(pull, whole, pull.crypto.sha256(whole));
  whole.set(first.chunk);
  if (pull.begun === undefined) pull.transport.recycle?.(first.chunk); // who gave one that was begun may need it again
  const hashed = hashAsItComes(pull, whole);
  hashed?.arrived(0);
  const lanes = Array.from({ length: LIMITS.maxChunksInFlight }, () => pullLane(pull, whole, hashed));
  await Promise.all(lanes);
  return requireHash(pull, whole, hashed?.digest() ?? pull.crypto.sha256(whole));
}

function requireHash({ hash }: Pull, whole: Uint8Array, found: Uint8Array): Uint8Array {
  if (!equalBytes(found, hash)) throw new HearsayError("ERR_MODEL_HASH", "the bytes do not match the announced hash");
  return whole;
}

/** Hashes what has come without a gap while the rest is on its way; undefined where that cannot be. */
function hashAsItComes({ crypto }: Pull, whole: Uint8Array) {
  const hashing = crypto.sha256InParts?.();
  if (hashing === undefined) return undefined;
  // no Set: one from which is deleted as often as it is added to grows among the old objects of V8, and has all memory collected
  const here = new Uint8Array(Math.ceil(whole.length / LIMITS.maxChunkBytes));
  let hashed = 0; // chunks
  return {
    arrived(offset: number): void {
      here[offset / LIMITS.maxChunkBytes] = 1;
      for (; here[hashed] === 1; hashed++) {
        const at = hashed * LIMITS.maxChunkBytes;
        hashing.update(whole.subarray(at, at + LIMITS.maxChunkBytes));
      }
    },
    digest: hashing.digest,
  };
}

/** One chunk after another, as long as there is one that nobody has asked for. */
async function pullLane(pull: Pull, whole: Uint8Array, hashed: ReturnType<typeof hashAsItComes>): Promise<void> {
  while (pull.next < whole.length && !pull.ended) {
    const offset = takeOffset(pull);
    const part = await chunkAt(pull, offset);
    requirePart(whole, part, offset);
    whole.set(part.chunk, offset);
    pull.transport.recycle?.(part.chunk);
    hashed?.arrived(offset);
  }
}

function takeOffset(pull: Pull): number {
  const offset = pull.next;
  pull.next += LIMITS.maxChunkBytes;
  return offset;
}

async function chunkAt(pull: Pull, offset: number): Promise<Chunk> {
  const { transport, clock, peer, protocol, hash, signal } = pull;
  const request = encodeBlobRequest({ hash, offset, maxBytes: LIMITS.maxChunkBytes });
  let failures = 0;
  let arrivedBefore = pull.arrived;
  for (;;) {
    try {
      const answer = decodeBlobAnswer(await transport.request(peer, protocol, request, { signal }));
      pull.arrived++;
      return answer;
    } catch (error) {
      const broken = isHearsayError(error) && WORTH_ANOTHER_TRY.includes(error.code);
      failures = pull.arrived === arrivedBefore ? failures + 1 : 1;
      arrivedBefore = pull.arrived;
      if (!broken || failures === CHUNK_ATTEMPTS || pull.ended || signal.aborted) throw error;
      await delay(clock, RETRY_DELAY_MS * failures, signal);
    }
  }
}

function requireLength({ maxBytes, expectedBytes }: Pull, { total }: Chunk): void {
  if (total > maxBytes) throw new HearsayError("ERR_TOO_LARGE", `a blob of ${total} bytes, at most ${maxBytes}`);
  if (expectedBytes !== undefined && total !== expectedBytes)
    throw new HearsayError("ERR_MODEL_SIZE", `a body of ${total} bytes, ${expectedBytes} were announced`);
}

function requirePart(whole: Uint8Array, { total, chunk }: Chunk, offset: number): void {
  const length = Math.min(LIMITS.maxChunkBytes, whole.length - offset);
  if (total !== whole.length || chunk.length !== length)
    throw new HearsayError("ERR_MODEL_SIZE", "truncated: a chunk is short");
}

/** Resolves after `ms` of the clock, or rejects with the signal's reason. */
function delay(clock: Pick<Clock, "after">, ms: number, signal: AbortSignal): Promise<void> {
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
