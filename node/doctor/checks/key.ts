/** Check `key`: whether it is there, who may read it, and when it was backed up. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readBackupNote } from "../../keys/backup-note.ts";
import { isSealed } from "../../keys/key-file.ts";
import { type DoctorCheck, type DoctorFinding, failure, ok, warning } from "../doctor-check.ts";

const OTHERS_MAY = 0o077;
const POSIX = process.platform !== "win32";
const DAY_MS = 86_400_000;

export const key: DoctorCheck = {
  name: "key",
  about: "the key: there, readable by its owner alone, under a passphrase, backed up",
  withinMs: 2_000,
  async run({ stateDir }) {
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
          "hearsay key restore takes a backup, once the directory is empty of db/",
        ),
      ];
    const found: DoctorFinding[] = [];
    if (log === undefined)
      found.push(
        failure(`there is ${path}, but its log is gone`, "restore db/, or remove the key to become a new peer"),
      );
    if (POSIX && (file.mode & OTHERS_MAY) !== 0)
      found.push(warning(`other users may read ${path}`, `run: chmod 600 ${path}`));
    const sealed = isSealed(new Uint8Array(await readFile(path)));
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

async function backup(stateDir: string, changedMs: number): Promise<DoctorFinding> {
  const note = await readBackupNote(stateDir);
  const remedy = "hearsay key backup FILE, and keep the file elsewhere: a lost key is the end of this peer";
  if (note === undefined) return warning("no backup is known", remedy);
  const days = Math.floor((Date.now() - note.atMs) / DAY_MS);
  if (changedMs > note.atMs) return warning(`the key file changed after its backup of ${days} days ago`, remedy);
  return ok(`backed up ${days === 0 ? "today" : `${days} days ago`}`);
}
