/** When the key of a state directory was backed up last: `key.backed-up` beside it, for `hearsay doctor`. Where the backup is, nobody is told. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "../disk/whole-file.ts";

export interface BackupNote {
  /** By the clock of the machine. */
  readonly atMs: number;
}

const FILE = "key.backed-up";

export async function noteBackup(stateDir: string): Promise<void> {
  await writeWhole(join(stateDir, FILE), `${new Date().toISOString()}\n`, { mode: 0o600 });
}

/** Undefined where no backup is known. */
export async function readBackupNote(stateDir: string): Promise<BackupNote | undefined> {
  const text = await readFile(join(stateDir, FILE), "utf8").catch(() => "");
  const atMs = Date.parse(text.trim());
  return Number.isNaN(atMs) ? undefined : { atMs };
}
