/**
 * A log as a CARv1 file, the archive of blocks that the tools of IPLD read: each block is named by the SHA-256 of its bytes, so a name in one
 * block vouches for another, and the name of the root for the whole file. In this order, and no other:
 *
 *     root    DAG-CBOR {v, publicKey, task, generation, size, checkpoint, cosigned, evidence, pages: [CID, ...], blobs: [CID, ...]}
 *     page    DAG-CBOR [[CID of the entry, signature (64)], ...] of 256 entries, the last of fewer; after it
 *     entry   each of them: the digest in its CID is the entry's id                                                    (dag-cbor)
 *     blob    the task manifest and what else the log names, in the order in which it is first named                     (raw)
 *
 * One encoding of every block (car-blocks.ts), none twice, none that is not named before, nothing after the last: so no byte of a file can be
 * changed unseen.
 */
import type { CID } from "multiformats/cid";
import { concatBytes, equalBytes, keyOf } from "../../base/bytes.ts";
import { HearsayError, isHearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Crypto } from "../../base/seams.ts";
import { isSignature, SIGNATURE_BYTES } from "../../wire/envelope.ts";
import { type ChainReason, chainError } from "../entry/chain-error.ts";
import { decodeEntry } from "../entry/entry.ts";
import { cidOf, createBlockReader, DAG_CBOR, encodeBlock, fileHeader, isCid, RAW, section } from "./car-blocks.ts";
import {
  EXPORT_VERSION,
  type ExportedBlob,
  type ExportedLog,
  type ExportHeader,
  headerFrom,
  namedBy,
} from "./exported.ts";

const PAGE_ENTRIES = 256;
const ROOT_FIELDS = 10;
const MAX_ROOT_BYTES = 4_194_304;
const MAX_PAGE_BYTES = 32_768;

/** What goes into a file. */
export interface CarSource {
  readonly header: ExportHeader;
  /** signature | entry, as many as the header says; read twice, the same each time. */
  entries(): AsyncIterable<Uint8Array>;
  /** Whether something that the log names is to go in. */
  has(hash: Uint8Array): Promise<boolean>;
  get(hash: Uint8Array): Promise<Uint8Array | undefined>;
}

/**
 * The file, in pieces. Memory: the names of pages and blobs, and one page or blob.
 * @throws HearsayError ERR_NOT_FOUND where a blob is gone by the time that it is written.
 */
export async function* writeCar(source: CarSource, crypto: Crypto): AsyncIterable<Uint8Array> {
  const pages: CID[] = [];
  const named = new Map<string, Uint8Array>();
  for await (const page of pagesOf(source.entries(), crypto)) {
    pages.push(page.cid);
    for (const entry of page.entries)
      for (const hash of namedBy(decodeEntry(entry.bytes)))
        if (!named.has(keyOf(hash)) && (await source.has(hash))) named.set(keyOf(hash), hash);
  }
  const blobs = [...named.values()].map((hash) => cidOf(RAW, hash));
  const root = encodeBlock({ v: EXPORT_VERSION, ...source.header, pages, blobs });
  const rootCid = cidOf(DAG_CBOR, crypto.sha256(root));
  yield fileHeader(rootCid);
  yield section(rootCid, root);
  for await (const page of pagesOf(source.entries(), crypto)) {
    yield section(page.cid, page.bytes);
    for (const { cid, bytes } of page.entries) yield section(cid, bytes);
  }
  for (const cid of blobs) {
    const bytes = await source.get(cid.multihash.digest);
    if (bytes === undefined)
      throw new HearsayError("ERR_NOT_FOUND", "a model body was forgotten while it was exported: export again");
    yield section(cid, bytes);
  }
}

interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

interface Page extends Block {
  readonly entries: readonly Block[];
}

async function* pagesOf(entries: AsyncIterable<Uint8Array>, crypto: Crypto): AsyncGenerator<Page> {
  const blockOf = (bytes: Uint8Array) => ({ cid: cidOf(DAG_CBOR, crypto.sha256(bytes)), bytes });
  let page: { entry: Block; signature: Uint8Array }[] = [];
  const taken = (): Page => {
    const lines = page.map(({ entry, signature }) => [entry.cid, signature]);
    const whole = { ...blockOf(encodeBlock(lines)), entries: page.map(({ entry }) => entry) };
    page = [];
    return whole;
  };
  for await (const signed of entries) {
    page.push({ entry: blockOf(signed.subarray(SIGNATURE_BYTES)), signature: signed.subarray(0, SIGNATURE_BYTES) });
    if (page.length === PAGE_ENTRIES) yield taken();
  }
  if (page.length > 0) yield taken();
}

/** Reads a file. @throws HearsayError ERR_LOG_CHAIN, as do the streams (`ExportedLog`). */
export async function readCar(chunks: AsyncIterable<Uint8Array>, crypto: Crypto): Promise<ExportedLog> {
  const reader = createBlockReader(chunks, crypto);
  const { header, pages, blobs } = await at(0, async () =>
    rootFrom(await reader.value(await reader.root(), MAX_ROOT_BYTES)),
  );
  const names = createNames(blobs);
  let size = 0;

  async function* readEntries(): AsyncGenerator<Uint8Array> {
    for (const pageCid of pages) {
      const expected = Math.min(PAGE_ENTRIES, header.size - size);
      const page = await at(size, async () => pageFrom(await reader.value(pageCid, MAX_PAGE_BYTES), expected));
      for (const [cid, signature] of page) {
        const entry = await at(size, () => reader.block(cid, LIMITS.maxLogEntryBytes));
        yield concatBytes(signature, entry);
        await at(size, async () => names.take(entry));
        size += 1;
      }
    }
  }

  const entries = readEntries();
  async function* readBlobs(): AsyncGenerator<ExportedBlob> {
    for await (const _ of entries); // they come first
    await at(size, async () => names.end());
    for (const cid of blobs) {
      const bytes = await at(size, () => reader.block(cid, LIMITS.maxModelBytes));
      yield { hash: cid.multihash.digest, bytes, at: reader.at - bytes.length };
    }
    await at(size, () => reader.end());
  }
  return { header, entries, blobs: readBlobs() };
}

/** Faults of the file become those of the log at entry `seq`. */
async function at<T>(seq: number, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (!isHearsayError(cause)) throw cause;
    throw chainError(seq, (cause.details.reason as ChainReason | undefined) ?? "file", cause.message, cause);
  }
}

/** Sees to it that the entries name all blobs, in their order. */
function createNames(blobs: readonly CID[]): { take(entry: Uint8Array): void; end(): void } {
  const left = new Set(blobs.map(({ multihash }) => keyOf(multihash.digest)));
  return {
    take(entry) {
      if (left.size === 0) return;
      for (const hash of namedBy(decodeEntry(entry))) {
        const next = blobs[blobs.length - left.size];
        if (left.delete(keyOf(hash)) && !equalBytes(next?.multihash.digest ?? hash, hash))
          throw malformed("the blobs are not in the order in which the entries name them");
      }
    },
    end() {
      if (left.size > 0) throw malformed("there is a blob that no entry names");
    },
  };
}

interface Root {
  readonly header: ExportHeader;
  readonly pages: readonly CID[];
  readonly blobs: readonly CID[];
}

function rootFrom(value: unknown): Root {
  const { pages, blobs, ...rest } = (value ?? {}) as Record<string, unknown>;
  const header = headerFrom(rest);
  if (Object.keys(rest).length !== ROOT_FIELDS - 2 || header === undefined) throw malformed("the root is of no log");
  if (!isListOf(pages, DAG_CBOR) || pages.length !== Math.ceil(header.size / PAGE_ENTRIES))
    throw malformed("the root does not name the pages of its entries");
  if (!isListOf(blobs, RAW) || new Set(blobs.map(String)).size !== blobs.length)
    throw malformed("the root does not name blobs, each once");
  return { header, pages, blobs };
}

function pageFrom(value: unknown, length: number): [CID, Uint8Array][] {
  if (!Array.isArray(value) || value.length !== length) throw malformed(`not a page of ${length} entries`);
  return value.map((line: unknown) => {
    const [cid, signature] = Array.isArray(line) && line.length === 2 ? (line as unknown[]) : [];
    if (!isCid(cid, DAG_CBOR) || !isSignature(signature))
      throw malformed("a page has something else than a name and a signature");
    return [cid, signature];
  });
}

function isListOf(value: unknown, codec: number): value is CID[] {
  return Array.isArray(value) && value.every((cid) => isCid(cid, codec));
}

function malformed(message: string): HearsayError {
  return new HearsayError("ERR_DECODE", message);
}
