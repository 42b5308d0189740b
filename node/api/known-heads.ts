/** What the peer of a state directory knows of another one's log: to hold a copy of that log against. */
import { existsSync } from "node:fs";
import { equalBytes } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { PeerId } from "../../protocol/base/seams.ts";
import type { ExportHeader } from "../../protocol/log/export/exported.ts";
import { readExport } from "../../protocol/log/export/verify-export.ts";
import { storedHead } from "../../protocol/peer/account/heads.ts";
import { type Announcement, decodeAnnouncement } from "../../protocol/wire/announcement.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { nodeCrypto } from "../crypto.ts";
import { databasePath } from "../disk/state-dir.ts";
import { openStoreToRead } from "../disk/store-copy.ts";
import { askApi } from "./ask.ts";

/**
 * What the log's writer announced to the peer of this directory, of states that the copy should have gone through. None
 * where there is no such peer, it never heard of the writer, or the copy cannot be read, which its verification says.
 * @param copy an export, of either format
 */
export async function knownHeads(stateDir: string, copy: AsyncIterable<Uint8Array>): Promise<Announcement[]> {
  try {
    const { header } = await readExport(copy, nodeCrypto);
    return header === undefined ? [] : await announcedOf(stateDir, header);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return [];
  } finally {
    await copy[Symbol.asyncIterator]().return?.(); // no more than its beginning was read
  }
}

async function announcedOf(stateDir: string, header: ExportHeader): Promise<Announcement[]> {
  const { publicKey, task, generation, size } = header;
  const peer = peerIdFromPublicKey(publicKey);
  const known = (await askRunning(stateDir, peer, generation)) ?? (await lookUp(stateDir, peer));
  return known.filter((one) => one.generation === generation && one.seq < size && equalBytes(one.task, task));
}

async function askRunning(stateDir: string, peer: PeerId, generation: number): Promise<Announcement[] | undefined> {
  const response = await askApi(stateDir, `/peers/${peer}/heads?generation=${generation}`);
  const sealed = (await response?.json()) as string[] | undefined;
  return sealed?.map((one) => decodeAnnouncement(Uint8Array.from(Buffer.from(one, "base64"))));
}

async function lookUp(stateDir: string, peer: PeerId): Promise<Announcement[]> {
  if (!existsSync(databasePath(stateDir))) return [];
  const store = await openStoreToRead(databasePath(stateDir));
  try {
    const known = await storedHead(store, peer);
    return known === undefined ? [] : [known];
  } finally {
    await store.close();
  }
}
