/** What the peer of a state directory knows of another one's log: to hold a copy of that log against. */
import { existsSync } from "node:fs";
import { equalBytes } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import { logIdOf } from "../../protocol/log/entry/entry.ts";
import type { ExportHeader } from "../../protocol/log/export/exported.ts";
import { readExport } from "../../protocol/log/export/verify-export.ts";
import { readCheckpoint } from "../../protocol/log/tree/checkpoint.ts";
import { storedHead } from "../../protocol/peer/account/heads.ts";
import { noteOf } from "../../protocol/peer/account/log-watch.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { nodeCrypto } from "../crypto.ts";
import { databasePath } from "../disk/state-dir.ts";
import { openStoreToRead } from "../disk/store-copy.ts";
import { askApi } from "./api.ts";

/**
 * Notes that the log's writer signed when it announced its models to the peer of this directory, of states that the copy should have gone through. None
 * where there is no such peer, it never heard of the writer, or the copy cannot be read, which its verification says.
 * @param copy an export, of either format
 */
export async function knownHeads(stateDir: string, copy: AsyncIterable<Uint8Array>): Promise<string[]> {
  try {
    const { header } = await readExport(copy, nodeCrypto);
    return header === undefined ? [] : await notesOf(stateDir, header);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return [];
  } finally {
    await copy[Symbol.asyncIterator]().return?.(); // no more than its beginning was read
  }
}

async function notesOf(stateDir: string, { publicKey, task, generation, size }: ExportHeader): Promise<string[]> {
  const peer = peerIdFromPublicKey(publicKey);
  const logId = logIdOf(publicKey, task, nodeCrypto, generation);
  const notes = (await askRunning(stateDir, peer, generation)) ?? (await lookUp(stateDir, peer));
  return notes.filter((note) => {
    const known = readCheckpoint(note);
    return known.size <= size && equalBytes(known.logId, logId);
  });
}

async function askRunning(stateDir: string, peer: PeerId, generation: number): Promise<string[] | undefined> {
  const response = await askApi(stateDir, `/peers/${peer}/heads?generation=${generation}`);
  return response && ((await response.json()) as string[]);
}

async function lookUp(stateDir: string, peer: PeerId): Promise<string[]> {
  if (!existsSync(databasePath(stateDir))) return [];
  const store = await openStoreToRead(databasePath(stateDir));
  try {
    const known = await storedHead(store, peer);
    return known === undefined ? [] : [noteOf(known, nodeCrypto)];
  } finally {
    await store.close();
  }
}
