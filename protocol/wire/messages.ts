/**
 * Requests and answers of the three request protocols, each a strict DAG-CBOR array, and the names that derive from a task id. What follows
 * the fields below is passed over: later versions may add some.
 *
 *   hello   [2, task(32), agent, only the news]      -> [2, task(32), agent, announcement | null, yours | null, serves pulls, name | null, news every s | null, hears briefs, heard]
 *   blob    [2, hash(32), offset, maxBytes]          -> [2, total, chunk]
 *   cohort  [2, offer or statement]                  -> [2, statement; empty: taken, or ask again]        (cohort/statements.ts)
 *   release [2, short ids of what the asker has]     -> [2, [statement, ...]]                            (release/messages.ts)
 *   cluster beacon                                   -> beacon                                            (gateway/beacon.ts)
 *   errand  [2, peer id, protocol, request]          -> the answer                                        (gateway/errands.ts)
 *   peers   [2, limit]                               -> [2, [[peerId, [multiaddr, ...]], ...]]
 */
import { toHex } from "../base/bytes.ts";
import { LIMITS } from "../base/limits.ts";
import type { PeerId } from "../base/seams.ts";
import { siteName } from "../base/site-name.ts";
import { encodeBeforeBytes, encodeCanonical, encodeWithBytes } from "./canonical.ts";
import { binary, bytes32, count, fields, list, malformed, PROTOCOL_VERSION, text } from "./fields.ts";
import { publicKeyFromPeerId } from "./identity.ts";
import { isCount, isGeneration } from "./values.ts";

/** Shared by all tasks, so that a peer of another task can be told so. */
export const HELLO_PROTOCOL: string = `/hearsay/hello/${PROTOCOL_VERSION}.0.0`;

/** Topic and protocol names of a task: the first 16 bytes of its id, in hexadecimal. */
export function taskNames(task: Uint8Array): {
  announce: string;
  evidence: string;
  blob: string;
  pull: string;
  brief: string;
  model: string;
  peers: string;
  cohort: string;
  release: string;
  cluster: string;
  errand: string;
} {
  const tag = toHex(task.subarray(0, 16));
  return {
    announce: `/hearsay/${tag}/announce/${PROTOCOL_VERSION}`,
    evidence: `/hearsay/${tag}/evidence/${PROTOCOL_VERSION}`,
    blob: `/hearsay/${tag}/blob/${PROTOCOL_VERSION}.0.0`,
    pull: `/hearsay/${tag}/pull/${PROTOCOL_VERSION}.0.0`,
    brief: `/hearsay/${tag}/brief/${PROTOCOL_VERSION}`,
    model: `/hearsay/${tag}/model/${PROTOCOL_VERSION}.0.0`,
    peers: `/hearsay/${tag}/peers/${PROTOCOL_VERSION}.0.0`,
    cohort: `/hearsay/${tag}/cohort/${PROTOCOL_VERSION}.0.0`,
    release: `/hearsay/${tag}/release/${PROTOCOL_VERSION}.0.0`,
    cluster: `/hearsay/${tag}/cluster/${PROTOCOL_VERSION}.0.0`,
    errand: `/hearsay/${tag}/errand/${PROTOCOL_VERSION}.0.0`,
  };
}

interface Hello {
  readonly task: Uint8Array;
  readonly agent: string;
}

export interface HelloRequest extends Hello {
  /** The asker has greeted before, and wants no more than the newest announcement. */
  readonly newsOnly?: boolean;
}

export interface HelloAnswer extends Hello {
  /** The answerer's newest announcement, so that a newcomer need not wait for the next. */
  readonly announcement?: Uint8Array;
  /** The asker's newest announcement that the answerer knows: news to an asker whose store was restored from a backup. */
  readonly yours?: Uint8Array;
  /** Whether the answerer serves models with their proofs (pull-messages.ts); left out: no. */
  readonly servesPulls?: boolean;
  /** What the answerer's owner calls it (base/site-name.ts); of a peer that says whether it serves pulls. */
  readonly name?: string;
  /** The answerer pays for bytes and wants to hear of new models no more often than once in so many seconds (peer/inbound/news.ts); left out: always. */
  readonly newsEveryS?: number;
  /** Whether the answerer hears briefs (brief.ts) and pulls models without announcements; left out: no. */
  readonly hearsBriefs?: boolean;
  /** The asker's newest publication of which the answerer knows by a brief alone, where that is newer than `yours`. Of a peer that hears briefs. */
  readonly heard?: LogPosition;
}

/** Position of an entry among the logs of a key. */
export interface LogPosition {
  readonly generation: number;
  readonly seq: number;
}

export interface BlobRequest {
  readonly hash: Uint8Array;
  readonly offset: number;
  readonly maxBytes: number;
}

export interface BlobAnswer {
  /** Length of the whole blob. */
  readonly total: number;
  readonly chunk: Uint8Array;
}

/** A peer and where it was reached. */
export interface PeerAddresses {
  readonly peer: PeerId;
  readonly addresses: readonly string[];
}

export function encodeHelloRequest({ task, agent, newsOnly = false }: HelloRequest): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, task, agent, ...(newsOnly ? [newsOnly] : [])]);
}

export function decodeHelloRequest(bytes: Uint8Array): HelloRequest {
  const [, task, agent, newsOnly] = fields(bytes, 3);
  return { task: bytes32(task), agent: text(agent, 128), ...(newsOnly === true && { newsOnly }) };
}

export function encodeHelloAnswer(answer: HelloAnswer): Uint8Array {
  const { task, agent, announcement, yours, servesPulls, name, newsEveryS, hearsBriefs, heard } = answer;
  const place = heard && [heard.generation, heard.seq];
  const more = [servesPulls, name, newsEveryS, hearsBriefs, place];
  const told = more.slice(0, more.findLastIndex((field) => field !== undefined) + 1);
  const [pulls, ...rest] = told.map((field) => field ?? null);
  const last = told.length === 0 ? [] : [pulls ?? false, ...rest];
  return encodeCanonical([PROTOCOL_VERSION, task, agent, announcement ?? null, yours ?? null, ...last]);
}

export function decodeHelloAnswer(bytes: Uint8Array): HelloAnswer {
  const [, task, agent, announcement, yours, servesPulls, given, every, hearsBriefs, heard] = fields(bytes, 5);
  const name = typeof servesPulls === "boolean" ? siteName(given) : undefined; // what is no name is passed over
  const isRead = typeof servesPulls === "boolean" && (name !== undefined || given === null);
  const hears = isRead && (every === null || isNewsEveryS(every)) && hearsBriefs === true;
  const position = hears ? positionIn(heard) : undefined;
  return {
    task: bytes32(task),
    agent: text(agent, 128),
    ...(announcement !== null && { announcement: binary(announcement) }),
    ...(yours !== null && { yours: binary(yours) }),
    ...(name !== undefined && { name }),
    ...(typeof servesPulls === "boolean" && { servesPulls }), // anything else there is a field of another future
    ...(isRead && isNewsEveryS(every) && { newsEveryS: every }),
    ...(hears && { hearsBriefs: true }),
    ...(position && { heard: position }),
  };
}

/** Undefined for what is none: a field of another future. */
function positionIn(field: unknown): LogPosition | undefined {
  if (!Array.isArray(field)) return undefined;
  const [generation, seq] = field as unknown[];
  return field.length === 2 && isGeneration(generation) && isCount(seq) ? { generation, seq } : undefined;
}

function isNewsEveryS(field: unknown): field is number {
  return Number.isInteger(field) && Number(field) >= 1 && Number(field) <= LIMITS.longestNewsS;
}

export function encodeBlobRequest({ hash, offset, maxBytes }: BlobRequest): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, hash, offset, maxBytes]);
}

export function decodeBlobRequest(bytes: Uint8Array): BlobRequest {
  const [, wanted, offset, maxBytes] = fields(bytes, 4);
  return { hash: bytes32(wanted), offset: count(offset), maxBytes: count(maxBytes) };
}

export function encodeBlobAnswer({ total, chunk }: BlobAnswer): Uint8Array {
  return encodeWithBytes([PROTOCOL_VERSION, total], chunk);
}

/** The same in two parts: what stands before the chunk, and the chunk itself. */
export function blobAnswerInParts({ total, chunk }: BlobAnswer): readonly Uint8Array[] {
  return encodeBeforeBytes([PROTOCOL_VERSION, total], chunk);
}

export function decodeBlobAnswer(bytes: Uint8Array): BlobAnswer {
  const [, total, chunk] = fields(bytes, 3);
  return { total: count(total), chunk: binary(chunk) };
}

/** Request and answer alike. */
export function encodeCohortMessage(sealed: Uint8Array): Uint8Array {
  return encodeWithBytes([PROTOCOL_VERSION], sealed);
}

/** @throws HearsayError ERR_TOO_LARGE | ERR_DECODE | ERR_NOT_CANONICAL | ERR_VERSION. */
export function decodeCohortMessage(bytes: Uint8Array): Uint8Array {
  const [, sealed] = fields(bytes, 2);
  return binary(sealed);
}

export function encodePeersRequest(limit: number): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, limit]);
}

export function decodePeersRequest(bytes: Uint8Array): number {
  const [, limit] = fields(bytes, 2);
  return count(limit);
}

export function encodePeersAnswer(peers: readonly PeerAddresses[]): Uint8Array {
  return encodeCanonical([PROTOCOL_VERSION, peers.map(({ peer, addresses }) => [peer, addresses])]);
}

/** Entries that are no Ed25519 peer id are refused whole; longer lists than the limits are cut. */
export function decodePeersAnswer(bytes: Uint8Array): PeerAddresses[] {
  const [, peers] = fields(bytes, 2);
  return list(peers)
    .slice(0, LIMITS.maxPeersExchanged)
    .map((item) => {
      if (!Array.isArray(item) || item.length < 2 || !Array.isArray(item[1]))
        throw malformed("a peer is not [id, [addresses]]");
      const peer = text(item[0], 128);
      if (publicKeyFromPeerId(peer) === undefined) throw malformed("a peer id is not of an Ed25519 key");
      const addresses = item[1].slice(0, LIMITS.maxAddressesPerPeer);
      return { peer, addresses: addresses.map((address) => text(address, LIMITS.maxAddressLength)) };
    });
}
