/**
 * The content-addressed blobs that this peer serves: model bodies and the task manifest, by SHA-256, in chunks (pull-blob.ts asks for them).
 */
import { forgetOldest } from "../../base/bounded.ts";
import { keyOf } from "../../base/bytes.ts";
import { HearsayError } from "../../base/errors.ts";
import { LIMITS } from "../../base/limits.ts";
import type { Archive, ArchivedBlob, ArchivedPart, PeerId, Reply } from "../../base/seams.ts";
import { type BlobRequest, blobAnswerInParts, decodeBlobRequest, encodeBlobAnswer } from "../../wire/messages.ts";
import type { Budget } from "../memory/budget.ts";
import type { RequestService } from "../services.ts";
import { paidService } from "./serve.ts";

/** The blobs that this peer serves: some for ever (the manifest), and the newest few model bodies. */
export interface BlobShelf {
  /** Answers questions for blobs. */
  readonly service: RequestService;
  /** A chunk for another protocol that serves bodies; `from` is charged here only for finding it. @throws HearsayError ERR_NOT_FOUND, ERR_RATE. */
  part(from: PeerId, request: BlobRequest): Promise<ArchivedChunk>;
  /** Served until the process ends. */
  keep(hash: Uint8Array, bytes: Uint8Array): void;
  /** Served until the returned function is called. */
  lend(hash: Uint8Array, bytes: Uint8Array): () => void;
  /** Served until `BODIES_SERVED` newer ones came, and then as long as the archive has it. */
  offer(blob: ArchivedBlob): void;
}

type ArchivedChunk = Pick<ArchivedPart, "total" | "chunk">;

/** A body stays on offer this many publications, so that a slow peer can finish its pull. */
const BODIES_SERVED = 3;

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
  return new Shelf(budget, archive, protocol);
}

class Shelf implements BlobShelf {
  readonly service: RequestService;
  readonly #budget: Budget;
  readonly #archive: Archive | undefined;
  readonly #kept = new Map<string, Blob>();
  readonly #rotating = new Map<string, Blob>();
  #reads = 0;
  #reading: Promise<unknown> | undefined;

  constructor(budget: Budget, archive: Archive | undefined, protocol: string) {
    this.#budget = budget;
    this.#archive = archive;
    this.service = paidService(budget, {
      protocol,
      decode: decodeBlobRequest,
      costOf: () => CHUNK_COST,
      bytesPerUnit: SENT_BYTES_PER_UNIT,
      answer: (from, request) => {
        const blob = this.#held(request);
        return blob ? answer(blob, request) : this.#fromArchive(from, request).then(blobAnswerInParts);
      },
    });
  }

  async part(from: PeerId, request: BlobRequest): Promise<ArchivedChunk> {
    const blob = this.#held(request);
    return blob ? partOf(blob, request) : this.#fromArchive(from, request);
  }

  keep(hash: Uint8Array, bytes: Uint8Array): void {
    this.#kept.set(keyOf(hash), { bytes });
  }

  lend(hash: Uint8Array, bytes: Uint8Array): () => void {
    this.keep(hash, bytes);
    return () => void this.#kept.delete(keyOf(hash));
  }

  offer({ hash, bytes }: ArchivedBlob): void {
    this.#rotating.set(keyOf(hash), { bytes });
    forgetOldest(this.#rotating, BODIES_SERVED);
  }

  #held({ hash }: BlobRequest): Blob | undefined {
    const key = keyOf(hash);
    return this.#kept.get(key) ?? this.#rotating.get(key);
  }

  /** The first chunk of a file costs more: all of it is read, to see whether it is what its name says. */
  async #fromArchive(from: PeerId, { hash, offset, maxBytes }: BlobRequest): Promise<ArchivedChunk> {
    const archive = this.#archive;
    if (archive === undefined) throw notFound();
    if (this.#reads >= MAX_READS) throw new HearsayError("ERR_RATE", "too many wait for what this peer has archived");
    this.#reads++;
    const read = () => archive.getPart(hash, offset, Math.min(maxBytes, LIMITS.maxChunkBytes));
    const part = Promise.resolve(this.#reading).then(read);
    this.#reading = part.catch(() => {}); // the asker has the error
    try {
      const found = await part;
      if (found === undefined) throw notFound();
      this.#budget.charge(from, found.verifiedBytes / VERIFIED_BYTES_PER_UNIT);
      return found;
    } finally {
      this.#reads--;
    }
  }
}

function notFound(): HearsayError {
  return new HearsayError("ERR_NOT_FOUND", "this peer does not hold that blob (any more)");
}

function answer(blob: Blob, request: BlobRequest): Reply {
  const part = partOf(blob, request);
  if (part.chunk.length < part.total) return blobAnswerInParts(part);
  if (blob.whole === undefined) {
    blob.whole = encodeBlobAnswer(part);
    blob.bytes = blob.whole.subarray(blob.whole.length - part.total); // the answer ends with them: they are kept once
  }
  return blob.whole;
}

function partOf({ bytes }: Blob, { offset, maxBytes }: BlobRequest): ArchivedChunk {
  const end = Math.min(bytes.length, offset + Math.min(maxBytes, LIMITS.maxChunkBytes));
  return { total: bytes.length, chunk: bytes.subarray(Math.min(offset, end), end) };
}

interface Blob {
  bytes: Uint8Array;
  /** The answer with all of it, once somebody asked for that: the next ones will, too. */
  whole?: Uint8Array;
}
