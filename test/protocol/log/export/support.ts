/** What the tests of exports share: a log in memory with all that an export can have, and both files of it. */
import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../../../../protocol/base/bytes.ts";
import { createRng } from "../../../../protocol/base/rng.ts";
import type { Crypto, Store } from "../../../../protocol/base/seams.ts";
import { writeCar } from "../../../../protocol/log/export/car.ts";
import { writeJsonl } from "../../../../protocol/log/export/jsonl.ts";
import { type LogSource, openStoredExport } from "../../../../protocol/log/export/stored-export.ts";
import { type ExportVerification, verifyExport } from "../../../../protocol/log/export/verify-export.ts";
import { checkpointFrom, cosign, formatCheckpoint, readCheckpoint } from "../../../../protocol/log/tree/checkpoint.ts";
import { createMemoryStore } from "../../../../sim/seams/store.ts";
import { CRYPTO, collect, identity, type OpenOptions, open, sampleDrafts, TASK } from "../support.ts";

/** A log of `size` entries, the last of which is in no checkpoint; the newest is cosigned by two others. As its store would be exported. */
export async function exportOf(
  size: number,
  options: OpenOptions = {},
): Promise<LogSource & { readonly store: Store }> {
  const store = options.store ?? createMemoryStore();
  const log = await open({ ...options, store });
  await log.append(sampleDrafts(createRng("exported"), size - 2));
  const { signature, ...state } = log.state();
  const writer = options.identity ?? identity(1);
  const note = formatCheckpoint(checkpointFrom(state, writer.publicKey, signature, CRYPTO));
  const lines = [7, 8].map((n) => cosign(readCheckpoint(note), identity(n), 1_790_000_000 + n, CRYPTO));
  await log.keepCosigned(readCheckpoint(note + lines.join("")));
  await log.append([{ type: "resume", body: { params: CRYPTO.sha256(TASK), age: 1 } }]);
  return { store, ...(await openStoredExport(store, CRYPTO)) };
}

export async function jsonlOf(source: LogSource): Promise<Uint8Array> {
  return utf8((await collect(writeJsonl(source.header, source.entries(), CRYPTO))).join(""));
}

/** With `blobs`, of which those go in that the log names. */
export async function carOf(source: LogSource, blobs: readonly Uint8Array[] = []): Promise<Uint8Array> {
  const byHash = new Map(blobs.map((blob) => [String(CRYPTO.sha256(blob)), blob]));
  const get = async (hash: Uint8Array) => byHash.get(String(hash));
  const has = async (hash: Uint8Array) => byHash.has(String(hash));
  return concatBytes(...(await collect(writeCar({ ...source, has, get }, CRYPTO))));
}

/** The bytes in pieces of `length`. */
export async function* inPieces(bytes: Uint8Array, length = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export function verify(file: Uint8Array, crypto: Crypto, notes: readonly string[] = []): Promise<ExportVerification> {
  return verifyExport(inPieces(file), { crypto, notes });
}

/**
 * Changes one bit of every byte in turn; verification must find each, or, of a line of one of the two cosigners, which says nothing about the
 * writer, pass that line over. It is spared where `canBeRead`, the part of it that reads this place
 * of the file, refuses already; but for every 16th byte.
 */
export async function assertEveryByteCounts(
  file: Uint8Array,
  crypto: Crypto,
  canBeRead: (changed: Uint8Array, at: number) => Promise<boolean>,
): Promise<void> {
  for (let at = 0; at < file.length; at++) {
    const changed = file.with(at, (file[at] as number) ^ (1 << (at % 8)));
    if (at % 16 !== 0 && !(await canBeRead(changed, at))) continue;
    const { ok, cosigners } = await verify(changed, crypto);
    assert.ok(!ok || cosigners.length < 2, `byte ${at}`);
  }
}

/** Cuts the file at every length: what is there holds, but the file is incomplete. */
export async function assertEveryCutShows(file: Uint8Array, crypto: Crypto): Promise<void> {
  for (let length = 0; length < file.length; length++) {
    const { firstBad } = await verify(file.subarray(0, length), crypto);
    assert.equal(firstBad?.reason, "cut", `of ${length} bytes: ${firstBad?.message}`);
  }
}
