/** Directories for their owner alone: a state directory holds a key, a token, the model, and who was met and when. */
import { chmod, lstat, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { makeDirectory, STATE, writingTo } from "./write-fault.ts";

const OWNER_ONLY = 0o700;
const FILE_OWNER_ONLY = 0o600;
const OTHERS_MAY = 0o077;
/** A directory with one of these is a state directory, and none of another program. */
const OURS: ReadonlySet<string> = new Set(["task.cbor", "key", "db"]);

/**
 * Makes a directory with mode 0700, or gives one that is there, and all that lies directly in it, to its owner alone. Symbolic links are left
 * as they are, and so is a directory with files of others in it.
 * @throws HearsayError ERR_CONFIG, ERR_STATE, with path and remedy, where it cannot be made.
 * @returns what was done or is to be done, as a sentence; undefined where nothing was open to others, and on Windows.
 */
export async function makePrivateDirectory(path: string): Promise<string | undefined> {
  await writingTo(path, STATE, () => makeDirectory(path, OWNER_ONLY));
  if (process.platform === "win32") return undefined;
  const { mode } = await stat(path);
  if ((mode & OTHERS_MAY) === 0) return undefined;
  const names = await readdir(path);
  if (names.length > 0 && !names.some((name) => OURS.has(name)))
    return `other users of this machine can look into ${path}, which has files of other programs: use another --state, or chmod 700 ${path}`;
  try {
    for (const name of names) await tighten(join(path, name));
    await chmod(path, OWNER_ONLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
    return `other users of this machine can look into ${path}, and its mode cannot be changed by this user: its owner can chmod -R go= ${path}`;
  }
  return `other users of this machine could look into ${path}: it is its owner's alone now (mode 0700)`;
}

async function tighten(path: string): Promise<void> {
  const entry = await lstat(path);
  if ((entry.mode & OTHERS_MAY) === 0) return;
  if (entry.isDirectory()) await chmod(path, OWNER_ONLY);
  else if (entry.isFile()) await chmod(path, FILE_OWNER_ONLY);
}
