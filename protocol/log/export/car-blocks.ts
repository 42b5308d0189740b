/**
 * CARv1 (ipld.io/specs/transport/car/carv1) as strictly as a proof needs it: one root, CIDs of version 1 with sha2-256, every length and
 * every block in its one encoding, and only blocks whose names the reader knows before.
 *
 *     file    = varint(58) | DAG-CBOR {version: 1, roots: [CID]} | section*
 *     section = varint(36 + bytes) | CID (36) | bytes
 *
 * The general reader of @ipld/car takes also what is not so; of it we use the stream of bytes.
 */

import { asyncIterableReader } from "@ipld/car/decoder";
import * as dagCbor from "@ipld/dag-cbor";
import { varint } from "multiformats";
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { concatBytes, equalBytes } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { power } from "../../base/exp-log.ts";
import type { Crypto } from "../../base/seams.ts";

/** Codecs of blocks (multicodec table). */
export const DAG_CBOR = 0x71;
export const RAW = 0x55;

const SHA256 = 0x12;
const CID_BYTES = 36;
const DIGEST_BYTES = 32;
const MAX_VARINT_BYTES = 5;

/** What every file begins with, and where the digest of its root lies in that. */
const FILE_HEADER_BYTES = 59;
const ROOT_DIGEST_AT = 18;

export function cidOf(codec: number, digest: Uint8Array): CID {
  return CID.createV1(codec, createDigest(SHA256, digest));
}

export function isCid(value: unknown, codec: number): value is CID {
  const cid = CID.asCID(value);
  return cid?.version === 1 && cid.code === codec && cid.multihash.code === SHA256 && cid.bytes.length === CID_BYTES;
}

export function encodeBlock(value: unknown): Uint8Array {
  return dagCbor.encode(value);
}

export function fileHeader(root: CID): Uint8Array {
  const header = encodeBlock({ version: 1, roots: [root] });
  return concatBytes(varintOf(header.length), header);
}

export function section({ bytes: name }: CID, bytes: Uint8Array): Uint8Array {
  return concatBytes(varintOf(name.length + bytes.length), name, bytes);
}

/** Reads a file from its begin; each method throws HearsayError ERR_DECODE, with reason "cut" in its details where the file ends too early. */
export interface BlockReader {
  /** Bytes read. */
  readonly at: number;
  /** The name of the root; once, before anything else. */
  root(): Promise<CID>;
  /** The next block, which must be the one of this name. */
  block(cid: CID, maxBytes: number): Promise<Uint8Array>;
  /** What the next block says, which must be the DAG-CBOR of this name. */
  value(cid: CID, maxBytes: number): Promise<unknown>;
  /** Makes sure that nothing follows. */
  end(): Promise<void>;
}

export function createBlockReader(chunks: AsyncIterable<Uint8Array>, { sha256 }: Crypto): BlockReader {
  const reader = asyncIterableReader(chunks);

  async function take(count: number): Promise<Uint8Array> {
    const bytes = await reader.upTo(count);
    if (bytes.length < count) throw new HearsayError("ERR_DECODE", "the file ends too early", { reason: "cut" });
    reader.seek(count);
    return bytes;
  }

  async function takeVarint(): Promise<number> {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = (await take(1))[0] as number;
      value += (byte & 0x7f) * power(2, 7 * i);
      if (byte >= 0x80) continue;
      must(byte > 0 || i === 0, "the length of a block is not in its shortest form");
      return value;
    }
    throw malformed("the length of a block is no number");
  }

  async function block(cid: CID, maxBytes: number): Promise<Uint8Array> {
    const length = await takeVarint();
    must(length >= CID_BYTES && length <= CID_BYTES + maxBytes, `a section of ${length} bytes in its place`);
    must(equalBytes(await take(CID_BYTES), cid.bytes), "another block stands in its place");
    const bytes = await take(length - CID_BYTES);
    must(equalBytes(sha256(bytes), cid.multihash.digest), "the bytes of a block are not those of its name");
    return bytes;
  }

  return {
    get at() {
      return reader.pos;
    },
    async root() {
      const start = await take(FILE_HEADER_BYTES);
      const cid = cidOf(DAG_CBOR, start.slice(ROOT_DIGEST_AT, ROOT_DIGEST_AT + DIGEST_BYTES));
      must(equalBytes(fileHeader(cid), start), "the file does not begin as a CARv1 file with one root");
      return cid;
    },
    block,
    async value(cid, maxBytes) {
      const bytes = await block(cid, maxBytes);
      let value: unknown;
      try {
        value = dagCbor.decode(bytes);
      } catch (cause) {
        throw malformed("a block is not DAG-CBOR", cause);
      }
      must(equalBytes(encodeBlock(value), bytes), "a block is not in the one encoding of what it says");
      return value;
    },
    async end() {
      must((await reader.upTo(1)).length === 0, "the file goes on after its last block");
    },
  };
}

function varintOf(value: number): Uint8Array {
  return varint.encodeTo(value, new Uint8Array(varint.encodingLength(value)));
}

function must(holds: boolean, message: string): void {
  if (!holds) throw malformed(message);
}

function malformed(message: string, cause?: unknown): HearsayError {
  return new HearsayError("ERR_DECODE", message, {}, cause);
}
