/**
 * Parts of archived files, for askers who want them chunk by chunk. A file is read whole once, piece by piece, to see whether it is what its
 * name says; as long as its length and its time of writing stay the same, its parts are read alone from then on.
 */
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { putNewest } from "../../protocol/base/bounded.ts";
import { equalBytes, toHex } from "../../protocol/base/bytes.ts";
import type { ArchivedPart } from "../../protocol/base/seams.ts";

/** Files whose verdict is remembered, 200 bytes each. */
const MAX_VERDICTS = 1000;
const PIECE_BYTES = 262_144;

export interface PartReader {
  /** Undefined for what is not there, or is damaged. One file is open for the time of the call. */
  read(hash: Uint8Array, offset: number, maxBytes: number): Promise<ArchivedPart | undefined>;
}

export function createPartReader(directory: string): PartReader {
  /** Of sound files: length and time of writing when they were found so. */
  const sound = new Map<string, string>();

  async function readFrom(file: FileHandle, hash: Uint8Array, offset: number, maxBytes: number) {
    const name = toHex(hash);
    const { size, mtimeMs } = await file.stat();
    const state = `${size} ${mtimeMs}`;
    const isKnown = sound.get(name) === state;
    if (!isKnown && !equalBytes(await hashOf(file), hash)) return undefined;
    putNewest(sound, name, state, MAX_VERDICTS);
    const chunk = new Uint8Array(Math.max(0, Math.min(maxBytes, size - offset)));
    const { bytesRead } = chunk.length === 0 ? { bytesRead: 0 } : await file.read(chunk, 0, chunk.length, offset);
    return bytesRead < chunk.length ? undefined : { total: size, chunk, verifiedBytes: isKnown ? 0 : size };
  }

  return {
    async read(hash, offset, maxBytes) {
      let file: FileHandle | undefined;
      try {
        file = await open(join(directory, toHex(hash)));
        return await readFrom(file, hash, offset, maxBytes);
      } catch {
        return undefined;
      } finally {
        await file?.close().catch(() => {});
      }
    },
  };
}

async function hashOf(file: FileHandle): Promise<Uint8Array> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(piece, 0, PIECE_BYTES, at);
    if (bytesRead === 0) return new Uint8Array(hash.digest());
    hash.update(piece.subarray(0, bytesRead));
    at += bytesRead;
  }
}
