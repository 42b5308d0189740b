/** `hearsay key backup`: the key, and how far its log had come, in a file under a passphrase. Also while the peer runs. */
import { fromHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { StatusReport } from "../../api/api.ts";
import { askApi } from "../../api/ask.ts";
import { openTask } from "../../disk/state-dir.ts";
import { encodeBackup, type KnownHead } from "../../keys/backup.ts";
import { noteBackup } from "../../keys/backup-note.ts";
import { createPrivate, type LoadedKey } from "../../keys/keys.ts";
import { openOwnLog, withDatabase } from "../../keys/own-log.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type NewPassphraseOptions, openKey, passphraseFor } from "./options.ts";

export async function run(file: string, options: NewPassphraseOptions): Promise<void> {
  const opened = await openKey(options);
  const { key } = opened;
  const task = fromHex((await openTask(options.state)).taskId) as Uint8Array;
  const head = await newestHead(options.state, key, task);
  const passphrase = await passphraseFor(file, options, opened);
  await createPrivate(file, await encodeBackup({ key, sealed: key.sealed, task, head }, passphrase), "<file>").catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      throw new HearsayError("ERR_STATE", `${file} exists: name another file`, { path: file }, error);
    },
  );
  await noteBackup(options.state);
  const { peerId } = key.identity;
  const { generation, seq } = head;
  if (options.json) return printJson({ file, peerId, generation, seq });
  print(
    `${facts([
      ["backup", file],
      ["peer", peerId],
      ["log", `up to entry ${seq}${generation === 0 ? "" : ` of generation ${generation}`}; not in the backup`],
    ])}\n\nIt is an age file (age -d opens it). To use it where the state directory is lost: hearsay key restore ${file}\n`,
  );
}

async function newestHead(stateDir: string, key: LoadedKey, task: Uint8Array): Promise<KnownHead> {
  const response = await askApi(stateDir, "/status");
  if (response !== undefined) {
    const { generation, head } = (await response.json()) as StatusReport;
    return { generation, seq: head.seq, id: fromHex(head.id) as Uint8Array };
  }
  return withDatabase(stateDir, async (store) => {
    const log = await openOwnLog(store, key.identity, task);
    return { generation: log.generation, ...log.head() };
  });
}
