/**
 * Why a path that a user named cannot be written: one sentence with the option, the path, the reason and the remedy. Every command that
 * writes a file or makes a directory takes its words from here; what a full or failing disk means to a running peer stands in disk-fault.ts.
 */
import { constants, statSync } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";
import { diskFault } from "./disk-fault.ts";

/** What named a path: the option `--output`, the argument `<file>`, STATE. Undefined where no user named it. */
export type Naming = string | undefined;

/** What a running peer writes to: what its disk does has words of its own (disk-fault.ts). */
export const STATE = "the state directory";

interface Reason {
  readonly why: (path: string) => string;
  readonly remedy: string;
}

const NAME_ANOTHER = "name another path";

const NO_RIGHT: Reason = {
  why: (path) => `this user may not write in ${nearestFolder(path)}`,
  remedy: `give this user the right to (ls -ld shows whose it is), or ${NAME_ANOTHER}`,
};

const NO_FOLDER: Reason = {
  why: (path) => `${nearest(resolve(path)).path} is no directory`,
  remedy: NAME_ANOTHER,
};

/** By the code of the system. */
const REASONS: Readonly<Record<string, Reason>> = {
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
  EISDIR: { why: () => "it is a directory", remedy: "name a file in it" },
  ENOENT: {
    why: (path) => `the system lets nothing be made in ${nearestFolder(path)}`,
    remedy: NAME_ANOTHER,
  },
  ENAMETOOLONG: { why: () => "its name is too long", remedy: "name a shorter one" },
  ELOOP: { why: () => "its links lead in a circle", remedy: NAME_ANOTHER },
  EBUSY: { why: () => "another program uses it", remedy: `end that program, or ${NAME_ANOTHER}` },
};

/** Of a disk that takes no output. Those in disk-fault.ts are for a peer that has to start again. */
const DISK_REMEDIES = {
  NO_SPACE: "free some, or name a path on another disk",
  READ_ONLY: "mount it for writing, or name a path on another disk",
  TOO_LARGE: "raise the limit of file sizes (ulimit -f)",
  TOO_MANY: "raise the limit of open files (ulimit -n 1024)",
  DISK_FAILED: "look at its health before you trust it again",
} as const;

/**
 * The error of a write, in words. Its details have the option, the path, the code of the system or of the disk, and the remedy.
 * @returns HearsayError ERR_CONFIG where another path would do, ERR_STATE where the disk takes nothing; any other error as it is, and that
 *   of the disk under a state directory (`asDiskFault` has its words).
 */
export function writeFault(error: unknown, path: string, option: Naming): unknown {
  if (!(error instanceof Error) || error instanceof HearsayError) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  const fault = diskFault(error, path);
  const reason = REASONS[code];
  if (fault === undefined && reason === undefined) return error;
  if (fault !== undefined && (option === undefined || option === STATE)) return error;
  const why = fault?.message ?? reason?.why(path);
  const remedy = fault === undefined ? reason?.remedy : DISK_REMEDIES[fault.code];
  const what = option === undefined ? path : `${option} ${path}`;
  const details = { ...(option !== undefined && { option }), path, code: fault?.code ?? code, remedy };
  const message = `${what} cannot be written: ${why}; ${remedy}`;
  return new HearsayError(fault === undefined ? "ERR_CONFIG" : "ERR_STATE", message, details, error);
}

/** Runs what writes to a path. @throws as `writeFault` says. */
export async function writingTo<T>(path: string, option: Naming, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw writeFault(error, path, option);
  }
}

/**
 * Makes a directory, and those above it. Node's own `recursive` never ends below a directory in which the system makes none, such as /proc.
 * @throws what the system says; ENOTDIR where a file is in the way.
 */
export async function makeDirectory(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return mustBeDirectory(path);
    const parent = dirname(path);
    if (code !== "ENOENT" || parent === path) throw error;
    await makeDirectory(parent, mode);
    await mkdir(path, { mode }).catch((second: NodeJS.ErrnoException) => {
      if (second.code !== "EEXIST") throw second; // another process was faster
    });
  }
}

async function mustBeDirectory(path: string): Promise<void> {
  if ((await stat(path)).isDirectory()) return;
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), {
    code: "ENOTDIR",
    syscall: "mkdir",
    path,
  });
}

/**
 * Refuses a path that cannot be written, before hours of work are to go there. Nothing is written, so that a full disk is not seen.
 * @throws as `writeFault` says.
 */
export async function refuseUnwritable(path: string, option: Naming): Promise<void> {
  await writingTo(path, option, async () => {
    const { path: there, isDirectory } = nearest(resolve(path));
    if (there !== resolve(path) && !isDirectory) throw Object.assign(new Error("ENOTDIR"), { code: "ENOTDIR" });
    await access(there, constants.W_OK);
  });
}

/** What is there of a path: itself, or the nearest directory or file above it. */
function nearest(path: string): { readonly path: string; readonly isDirectory: boolean } {
  for (let at = path; ; at = dirname(at)) {
    const found = lookAt(at);
    if (found !== undefined || dirname(at) === at) return { path: at, isDirectory: found?.isDirectory() ?? true };
  }
}

/** What a path would be made in: itself where it is a directory. */
function nearestFolder(path: string): string {
  const { path: there, isDirectory } = nearest(resolve(path));
  return isDirectory ? there : dirname(there);
}

function lookAt(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined; // behind a directory that this user may not enter, or behind a file
  }
}
