/**
 * Rotation: the next key takes over a state directory. What is new is put together in `next/`, which is then renamed to `next.ready/`. From that moment on it counts.
 * What comes before may be done again; what comes after must be done, by this process or another.
 *
 *     next/key        the next key; made first, since the end entry of the old log names it and nothing takes that entry back
 *     next/db/        its log, which begins after that entry, and all that the old database holds but the old log
 *     next/former     peer id of the old key, whose key and database go to former/<peer id>/
 */
import { existsSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { utf8 } from "../../protocol/base/bytes.ts";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Store, StoreChange } from "../../protocol/base/seams.ts";
import { NAMESPACE } from "../../protocol/log/stored/records.ts";
import { openStore } from "../disk/store.ts";
import { makeDirectory } from "../disk/write-fault.ts";
import { shellOption } from "../shell.ts";
import { encodeKey, sealBytes } from "./key-file.ts";
import { createPrivate, type LoadedKey, loadIdentity, replacePrivate, syncDirectory } from "./keys.ts";
import { type Ended, endLog, openOwnLog, withDatabase } from "./own-log.ts";
import type { AskPassphrase } from "./passphrase.ts";

export interface Rotation {
  readonly stateDir: string;
  readonly taskId: Uint8Array;
  readonly old: LoadedKey;
  /** Gives the passphrase of the old key, if it has one: the next key gets the same. */
  readonly ask: AskPassphrase;
}

export interface Rotated extends Ended {
  readonly next: LoadedKey;
}

/** In this order: between the two a directory has the new database and the old key, which `settleRotation` mends before anybody looks. */
const MOVED = ["db", "key"] as const;
/** Bytes of one batch while a database is copied. */
const BATCH_BYTES = 2 ** 22;

/**
 * Ends the old key's log with an entry that names the next key, and puts that in its place. Interrupted at any moment, it goes on where it was
 * when it is called again. A key that has been revoked stays so: the next one begins without a word about it.
 * @throws HearsayError ERR_STATE, e.g. where a peer runs, or the old key has another successor.
 */
export async function rotateKey(rotation: Rotation): Promise<Rotated> {
  const { stateDir, taskId, old } = rotation;
  const workshop = join(stateDir, "next");
  const former = join(stateDir, "former", old.identity.peerId);
  if (existsSync(former))
    // the key was replaced here, and came back from a backup
    throw new HearsayError("ERR_STATE", `${former} is there already: move it away first`, { path: former });
  const rotated = await withDatabase(stateDir, async (store) => {
    const next = await nextKey(join(workshop, "key"), rotation);
    const { end, evidence } = await endLog(store, old.identity, taskId, next.identity);
    const database = join(workshop, "db");
    await rm(database, { recursive: true, force: true }); // of an attempt before: nothing in it has left this disk
    const fresh = await openStore(database);
    try {
      await copyAllButLog(store, fresh);
      const succeeds = end.body.next !== null; // a key that was revoked has no successor: this one is a stranger
      await openOwnLog(fresh, next.identity, taskId, succeeds ? { generation: 0, after: end.id } : undefined);
    } finally {
      await fresh.close();
    }
    return { next, end, evidence };
  });
  await replacePrivate(join(workshop, "former"), utf8(old.identity.peerId));
  await rename(workshop, join(stateDir, "next.ready"));
  await finishRotation(stateDir);
  return rotated;
}

/**
 * To be called before a key is used: finishes a rotation that was interrupted where it can be finished.
 * @throws HearsayError ERR_STATE where it has to be called again: the log may have ended, and its successor is not there yet.
 */
export async function settleRotation(stateDir: string): Promise<void> {
  await finishRotation(stateDir);
  if (!existsSync(join(stateDir, "next"))) return;
  const remedy = `run hearsay key rotate ${shellOption("--state", stateDir)} again`;
  throw new HearsayError("ERR_STATE", `a rotation of the key in ${stateDir} was interrupted: ${remedy}`, { remedy });
}

/** Puts in place what a rotation has made ready; false where there is nothing. */
export async function finishRotation(stateDir: string): Promise<boolean> {
  const ready = join(stateDir, "next.ready");
  if (!existsSync(ready)) return false;
  const former = join(stateDir, "former", await readFile(join(ready, "former"), "utf8"));
  await makeDirectory(former, 0o700);
  for (const name of MOVED) {
    const [made, place] = [join(ready, name), join(stateDir, name)];
    if (!existsSync(made)) continue; // it is in its place
    if (existsSync(place)) await rename(place, join(former, name));
    await rename(made, place);
  }
  await syncDirectory(former);
  await syncDirectory(stateDir);
  await rm(ready, { recursive: true });
  return true;
}

async function nextKey(path: string, { old, ask }: Rotation): Promise<LoadedKey> {
  if (!existsSync(path)) {
    const bytes = encodeKey(await generateKeyPair("Ed25519"));
    await createPrivate(path, old.sealed ? await sealBytes(bytes, await ask(path)) : bytes);
  }
  return loadIdentity(path, ask);
}

/** Model, addresses, what is known of others: all of it goes on under the next key. */
async function copyAllButLog(from: Store, to: Store): Promise<void> {
  let batch: StoreChange[] = [];
  let bytes = 0;
  for await (const [key, value] of from.range("")) {
    if (key.startsWith(NAMESPACE)) continue;
    batch.push({ key, value });
    bytes += value.length;
    if (bytes < BATCH_BYTES) continue;
    await to.write(batch);
    [batch, bytes] = [[], 0];
  }
  await to.write(batch);
}
