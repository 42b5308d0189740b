/**
 * `hearsay key restore`: a key from its backup, in a state directory that has none. Its log begins a new generation; where the log of this
 * very key is still there, the peer goes on with it, as after any start (protocol/peer/account/past.ts).
 */
import { existsSync } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../../protocol/base/bytes.ts";
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError, isHearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { currentGeneration, generationAfter } from "../../../protocol/log/stored/records.ts";
import { wallClock } from "../../clock.ts";
import { makePrivateDirectory } from "../../disk/private-directory.ts";
import { openTask } from "../../disk/state-dir.ts";
import { openStore } from "../../disk/store.ts";
import { decodeBackup, type KeyBackup } from "../../keys/backup.ts";
import { encodeKey, sealBytes } from "../../keys/key-file.ts";
import { createPrivate } from "../../keys/keys.ts";
import { logOwner } from "../../keys/own-key.ts";
import { openOwnLog, withDatabase } from "../../keys/own-log.ts";
import { passphraseFrom } from "../../keys/passphrase.ts";
import { settleRotation } from "../../keys/rotation.ts";
import { shellOption } from "../../shell.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { type KeyOptions, keyPath } from "./options.ts";

export async function run(file: string, options: KeyOptions): Promise<void> {
  const { state } = options;
  await settleRotation(state);
  if (existsSync(keyPath(state))) throw taken(state, "key");
  const content = await readBackup(file); // nobody types a passphrase for a file that is not there
  const ask = passphraseFrom(options);
  const passphrase = await ask(file);
  const backup = await openBackup(file, content, passphrase);
  const { key, task, sealed, head } = backup;
  await refuseOtherTask(state, toHex(task));
  const database = join(state, "db");
  const kept = existsSync(database) ? await logOf(key.identity.peerId, state) : undefined;
  const generation = kept ?? generationAfter(head.generation, wallClock.now());

  const tightened = await makePrivateDirectory(state);
  if (tightened !== undefined) tell(`${tightened}\n`);
  const aside = join(state, "db.new");
  await rm(aside, { recursive: true, force: true });
  if (kept === undefined) await beginLog(aside, backup, generation);
  const bytes = encodeKey(key.privateKey);
  await createPrivate(keyPath(state), sealed ? await sealBytes(bytes, passphrase) : bytes);
  if (kept === undefined) await rename(aside, database);

  const { peerId } = key.identity;
  if (options.json) return printJson({ peerId, task: toHex(task), generation, after: { ...head, id: toHex(head.id) } });
  print(
    `${facts([
      ["peer", peerId],
      ["task", toHex(task)],
      [
        "log",
        kept === undefined
          ? `generation ${generation} from here on; the backup knew ${counted(head.seq + 1, "entry", "entries")} of generation ${head.generation}`
          : `is still here, generation ${generation}: the peer goes on with it, unless others know more of it`,
      ],
    ])}\n\nThe key must run in no other place. Next: ${nextStep(state)}\n`,
  );
}

/**
 * The generation of the log that is there, of a peer.
 * @throws HearsayError ERR_STATE where none of that peer is.
 */
async function logOf(peer: PeerId, state: string): Promise<number> {
  return withDatabase(state, async (store) => {
    if ((await logOwner(store)) !== peer) throw taken(state, "db");
    return currentGeneration(store);
  });
}

function taken(state: string, name: string): HearsayError {
  const whose = name === "db" ? ", which is not the log of this key" : "";
  return new HearsayError(
    "ERR_STATE",
    `${state} has a ${name} already${whose}: nothing is overwritten, move it away or use another --state`,
  );
}

async function readBackup(file: string): Promise<Uint8Array> {
  if (!existsSync(file))
    throw new HearsayError("ERR_STATE", `there is no ${file}: name a backup that hearsay key backup wrote`, {
      path: file,
    });
  return new Uint8Array(await readFile(file));
}

async function openBackup(file: string, content: Uint8Array, passphrase: string): Promise<KeyBackup> {
  try {
    return await decodeBackup(content, passphrase);
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    throw new HearsayError("ERR_STATE", `the backup ${file} cannot be used: ${error.message}`, { path: file }, error);
  }
}

async function refuseOtherTask(state: string, taskId: string): Promise<void> {
  if (!existsSync(join(state, "task.cbor"))) return;
  const theirs = (await openTask(state)).taskId;
  if (theirs === taskId) return;
  throw new HearsayError(
    "ERR_STATE",
    `${state} belongs to task ${theirs}, the backup to ${taskId}: use another --state`,
  );
}

/** Writes the first entry of the generation, which names the newest that the backup knew. */
async function beginLog(path: string, { key, task, head }: KeyBackup, generation: number): Promise<void> {
  const store = await openStore(path);
  try {
    await openOwnLog(store, key.identity, task, { generation, after: head.id });
  } finally {
    await store.close();
  }
}

function nextStep(state: string): string {
  const up = `hearsay up ${shellOption("--state", state)} --data FILE`;
  return existsSync(join(state, "task.cbor")) ? up : `hearsay join INVITE ${shellOption("--state", state)}, then ${up}`;
}
