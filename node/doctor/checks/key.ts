/** Check `key`: whether it is there, who may read it, and when it was backed up. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isHearsayError } from "../../../protocol/base/errors.ts";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { readBackupNote } from "../../keys/backup-note.ts";
import { decodeKey, isSealed } from "../../keys/key-file.ts";
import { logOwner } from "../../keys/own-key.ts";
import { twinText } from "../../terminal/twin-words.ts";
import { type DoctorCheck, type DoctorFinding, failure, ok, warning } from "../doctor-check.ts";

const OTHERS_MAY = 0o077;
const POSIX = process.platform !== "win32";
const DAY_MS = 86_400_000;

export const key: DoctorCheck = {
  name: "key",
  about: "the key: there, readable by its owner alone, under a passphrase, backed up",
  withinMs: 2_000,
  async run({ stateDir, running, withStore }) {
    const path = join(stateDir, "key");
    const [file, log] = await Promise.all([
      stat(path).catch(() => undefined),
      stat(join(stateDir, "db")).catch(() => undefined),
    ]);
    if (file === undefined && log === undefined) return [ok("none yet: hearsay up makes one")];
    if (file === undefined)
      return [
        failure(
          `there is a log but no ${path}`,
          "hearsay key restore puts the key back from its backup; without one, move the whole directory away to begin as a new peer",
        ),
      ];
    const found: DoctorFinding[] = [];
    if (log === undefined)
      found.push(
        failure(`there is ${path}, but its log is gone`, "restore db/, or remove the key to become a new peer"),
      );
    if (POSIX && (file.mode & OTHERS_MAY) !== 0)
      found.push(warning(`other users may read ${path}`, `run: chmod 600 ${path}`));
    const bytes = new Uint8Array(await readFile(path));
    const sealed = isSealed(bytes);
    const owner = running === undefined ? await withStore(logOwner) : undefined;
    if (owner !== undefined && !sealed && isOfAnother(bytes, owner))
      found.push(
        failure(
          `${path} is not the key of ${owner}, which wrote the log beside it`,
          "move this key file away; hearsay key restore puts the right one back from its backup",
        ),
      );
    if (running?.twinSeenMs !== undefined)
      found.push(
        failure(
          `the key: ${twinText(running.twinSeenMs)}`,
          "find the other copy of the state directory and stop it; if you know of none the key may be stolen: hearsay key rotate, while this peer is stopped",
        ),
      );
    found.push(
      ok(
        sealed
          ? "under a passphrase"
          : "not under a passphrase (hearsay key protect): whoever reads the file is this peer",
      ),
    );
    return [...found, await backup(stateDir, file.mtimeMs)];
  },
};

/** Whether key bytes are whole, and of another peer. */
function isOfAnother(bytes: Uint8Array, owner: PeerId): boolean {
  try {
    return decodeKey(bytes).identity.peerId !== owner;
  } catch (error) {
    if (!isHearsayError(error)) throw error;
    return false; // a damaged key file is another fault
  }
}

async function backup(stateDir: string, changedMs: number): Promise<DoctorFinding> {
  const note = await readBackupNote(stateDir);
  const remedy = "hearsay key backup FILE, and keep the file elsewhere: a lost key is the end of this peer";
  if (note === undefined) return warning("no backup is known", remedy);
  const days = Math.floor((Date.now() - note.atMs) / DAY_MS);
  if (changedMs > note.atMs) return warning(`the key file changed after its backup of ${days} days ago`, remedy);
  return ok(`backed up ${days === 0 ? "today" : `${days} days ago`}`);
}
