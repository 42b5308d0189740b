/**
 * Where `hearsay log audit` takes a log and its models from, as an export that can be read again and again: the own log of a state directory,
 * a file, or another peer, through the peer that runs on the state directory.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { putNewest } from "../../../protocol/base/bounded.ts";
import { keyOf, toHex, utf8 } from "../../../protocol/base/bytes.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { writeJsonl } from "../../../protocol/log/export/jsonl.ts";
import type { LogSource } from "../../../protocol/log/export/stored-export.ts";
import { publicKeyFromPeerId } from "../../../protocol/wire/identity.ts";
import { askApi, TURN_WITHIN_MS } from "../../api/ask.ts";
import { nodeCrypto } from "../../crypto.ts";
import { readArchived } from "../../disk/archive.ts";
import { createScratch } from "../../disk/scratch.ts";
import { bodiesPath } from "../../disk/state-dir.ts";
import { shellOption } from "../../shell.ts";
import { generationIn, requireFile, withLog } from "./source.ts";

export interface AuditSource {
  /** The export, from its beginning. */
  chunks(): AsyncIterable<Uint8Array>;
  /** A model by SHA-256; `author` is who published it, where that is known. */
  find(hash: Uint8Array, author?: PeerId): Promise<Uint8Array | undefined>;
  /** The exports of the same peer's logs before this generation that can be had, the newest first. */
  earlier(generation: number): AsyncIterable<AsyncIterable<Uint8Array>>;
  /** Tells of a blob in the export, and where in the file its bytes lie. */
  learn(blob: { readonly hash: Uint8Array; readonly at: number; readonly bytes: Uint8Array }): void;
}

/** A body of another peer may come slowly: 64 MiB at the least speed that is permitted (LIMITS.minBytesPerSecond) take over an hour. */
const BLOB_WITHIN_MS = 2 * 3_600_000;
/** Models of others are named in several merges: so many bytes are kept of what came over the network. */
const REMEMBERED_BYTES = 256_000_000;

export interface Audited {
  /** A peer id, a file, or undefined for the own log. */
  readonly what: string | undefined;
  readonly stateDir: string;
  /** The current one unless told; a file has only one. */
  readonly generation: string | undefined;
}

/** Gives the source of an audit to `use`. */
export async function withAuditSource<T>(
  { what, stateDir, generation }: Audited,
  use: (source: AuditSource) => Promise<T>,
): Promise<T> {
  const archived = (hash: Uint8Array) => readArchived(bodiesPath(stateDir), hash);
  if (what === undefined) {
    return withLog(stateDir, generation, (log, logs) =>
      use({
        chunks: () => encoded(log),
        find: archived,
        async *earlier(than) {
          for (const one of before(than, await logs.generations())) yield encoded(await logs.log(one));
        },
        learn() {},
      }),
    );
  }
  if (publicKeyFromPeerId(what) === undefined) return use(await fileSource(what, archived));
  const scratch = await createScratch("audit");
  try {
    const file = join(scratch.path, "log.jsonl");
    await pipeline(await fetchLog(stateDir, what, generationIn(generation)), createWriteStream(file));
    const fetched = remembering((hash, author) => fetchBlob(stateDir, hash, [what, ...(author ? [author] : [])]));
    const find = async (hash: Uint8Array, author?: PeerId) => (await archived(hash)) ?? fetched(hash, author);
    return await use({
      ...(await fileSource(file, find)),
      find,
      async *earlier(than) {
        for (const one of before(than, await fetchGenerations(stateDir, what)))
          yield await fetchLog(stateDir, what, one);
      },
    });
  } finally {
    scratch.remove();
  }
}

/** An exported file; what is not in it is looked for `elsewhere`. */
async function fileSource(path: string, elsewhere: AuditSource["find"]): Promise<AuditSource> {
  await requireFile(path, "name an exported log, or the whole id of a neighbour (hearsay peers --json has it)");
  const places = new Map<string, { readonly at: number; readonly length: number }>();
  return {
    chunks: () => createReadStream(path),
    async find(hash, author) {
      const place = places.get(keyOf(hash));
      return place === undefined ? elsewhere(hash, author) : readAt(path, place);
    },
    async *earlier() {},
    learn: ({ hash, at, bytes }) => places.set(keyOf(hash), { at, length: bytes.length }),
  };
}

async function readAt(path: string, { at, length }: { at: number; length: number }): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const bytes = new Uint8Array(length);
    await file.read(bytes, 0, length, at);
    return bytes;
  } finally {
    await file.close();
  }
}

async function* encoded({ header, entries }: LogSource): AsyncIterable<Uint8Array> {
  for await (const piece of writeJsonl(header, entries(), nodeCrypto)) yield utf8(piece);
}

function before(than: number, generations: readonly number[]): number[] {
  return generations
    .filter((one) => one < than)
    .reverse()
    .slice(0, LIMITS.maxAuditedGenerations);
}

async function fetchLog(stateDir: string, peer: PeerId, generation?: number): Promise<Readable> {
  const query = generation === undefined ? "" : `?generation=${generation}`;
  const response = await askApi(stateDir, `/peers/${peer}/log${query}`, TURN_WITHIN_MS);
  if (!response?.body) {
    throw new HearsayError(
      "ERR_STATE",
      `no peer runs on ${stateDir}, through which the log of ${peer} could be fetched: start it with hearsay up ${shellOption("--state", stateDir)}`,
    );
  }
  // the DOM's and Node's types of web streams differ by name only
  return Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
}

async function fetchGenerations(stateDir: string, peer: PeerId): Promise<number[]> {
  const response = await askApi(stateDir, `/peers/${peer}/generations`);
  return response === undefined ? [] : ((await response.json()) as number[]);
}

async function fetchBlob(stateDir: string, hash: Uint8Array, from: readonly PeerId[]): Promise<Uint8Array | undefined> {
  try {
    const response = await askApi(stateDir, `/blobs/${toHex(hash)}?from=${from.join(",")}`, BLOB_WITHIN_MS);
    return response && new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    if (isHearsayError(error, "ERR_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** Asks once for what is named again soon. */
function remembering(find: AuditSource["find"]): AuditSource["find"] {
  const known = new Map<string, Uint8Array>();
  return async (hash, author) => {
    const key = keyOf(hash);
    const bytes = known.get(key) ?? (await find(hash, author));
    if (bytes === undefined) return undefined;
    putNewest(known, key, bytes, Math.max(1, Math.floor(REMEMBERED_BYTES / bytes.length)));
    return bytes;
  };
}
