/**
 * The key of a peer beside its log. A peer without a key file makes one, unless a log is there already: then the file is lost, and a key
 * made in its place would only hide that, and keep `hearsay key restore` from putting the old one back.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import type { PeerId, Store } from "../../protocol/base/seams.ts";
import { readEntry } from "../../protocol/log/entry/entry.ts";
import { keysOf, storedGenerations } from "../../protocol/log/stored/records.ts";
import { peerIdFromPublicKey } from "../../protocol/wire/identity.ts";
import { nodeCrypto } from "../crypto.ts";
import { shellOption } from "../shell.ts";
import { type LoadedKey, loadOrCreateIdentity } from "./keys.ts";
import type { AskPassphrase } from "./passphrase.ts";

/**
 * The key of a state directory whose database is open; where there is neither key nor log, a new one.
 * @throws HearsayError as `loadOrCreateIdentity`, and ERR_STATE where the log has no key, or is that of another one.
 */
export async function openOwnKey(stateDir: string, store: Store, ask?: AskPassphrase): Promise<LoadedKey> {
  const path = join(stateDir, "key");
  const owner = await logOwner(store);
  if (owner !== undefined && !existsSync(path)) throw withoutIts(owner, stateDir, `there is no ${path}`);
  const key = await loadOrCreateIdentity(path, ask);
  const { peerId } = key.identity;
  if (owner === undefined || owner === peerId) return key;
  throw withoutIts(owner, stateDir, `${path} is that of ${peerId}: move this file away`);
}

/** Who wrote the newest log of a database, as its first entry says; undefined where there is none, or that entry is damaged. */
export async function logOwner(store: Store): Promise<PeerId | undefined> {
  const generation = (await storedGenerations(store)).at(-1);
  const signed = generation === undefined ? undefined : await store.get(keysOf(generation).entry(0));
  if (signed === undefined) return undefined;
  try {
    const entry = readEntry(signed, nodeCrypto);
    return entry.type === "genesis" ? peerIdFromPublicKey(entry.body.peer) : undefined;
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return undefined;
  }
}

function withoutIts(owner: PeerId, stateDir: string, what: string): HearsayError {
  const state = shellOption("--state", stateDir);
  const remedy =
    `Put the key file of that peer back: hearsay key restore BACKUP ${state}. ` +
    "Without a backup that peer is lost: move the whole directory away to begin as a new one";
  return new HearsayError("ERR_STATE", `the log in ${stateDir} is that of ${owner}, but ${what}. ${remedy}`, {
    peer: owner,
    remedy,
  });
}
