/**
 * What a disk that takes nothing any more means to the user: one sentence for each fault, wherever a write met it, and whether the system
 * gave a code or LevelDB told of it in words.
 */
import { closeSync, existsSync, openSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";

export interface DiskFault {
  /** In the details of the error. */
  readonly code: "NO_SPACE" | "READ_ONLY" | "TOO_LARGE" | "TOO_MANY" | "DISK_FAILED";
  readonly message: string;
  readonly remedy: string;
}

const SAFE = "nothing that was acknowledged is lost";

const FAULTS: readonly (DiskFault & { readonly codes: readonly string[]; readonly words: RegExp })[] = [
  {
    code: "NO_SPACE",
    codes: ["ENOSPC", "EDQUOT"],
    words: /No space left on device|Disk quota exceeded/i,
    message: "there is no space left on the disk",
    remedy: `free some, then start again; ${SAFE}`,
  },
  {
    code: "READ_ONLY",
    codes: ["EROFS"],
    words: /Read-only file system/i,
    message: "the disk is read-only",
    remedy: `mount it for writing, then start again; ${SAFE}`,
  },
  {
    code: "TOO_LARGE",
    codes: ["EFBIG"],
    words: /File too large/i,
    message: "a file may not grow any more",
    remedy: `raise the limit of file sizes (ulimit -f), then start again; ${SAFE}`,
  },
  {
    code: "TOO_MANY",
    codes: ["EMFILE", "ENFILE"],
    words: /Too many open files|Unknown system error 24\b/i, // how Node tells it of network interfaces
    message: "no more files and connections may be open at a time",
    remedy: `raise the limit (ulimit -n 1024; LimitNOFILE= of a unit), then start again; ${SAFE}`,
  },
  {
    code: "DISK_FAILED",
    codes: ["EIO"],
    words: /Input\/output error/i,
    message: "the disk did not read or write what it was told to",
    remedy: "look at its health before you trust it again; hearsay log repair says what is left",
  },
];

/** The fault of the disk that an error, or one of its causes, tells of; `place` is where it was met, if the error does not say. */
export function diskFault(error: unknown, place?: string): DiskFault | undefined {
  const chain = chainOf(error);
  const fault = firstOf(chain, (one) => {
    return FAULTS.find(({ codes, words }) => codes.includes(codeOf(one)) || words.test(one.message));
  });
  const path = place ?? firstOf(chain, placeOf);
  const readOnly = FAULTS.find(({ code }) => code === "READ_ONLY");
  if (fault === undefined && path !== undefined && chain.some(isNoFolderMade))
    return hasTurnedReadOnly(nearestFolder(path)) ? readOnly : undefined;
  if (fault?.code !== "DISK_FAILED" || path === undefined) return fault;
  return hasTurnedReadOnly(path) ? readOnly : fault;
}

/** Node says so of a folder with its parents on a file system that takes nothing: that there is no such file. */
function isNoFolderMade(error: Error): boolean {
  return codeOf(error) === "ENOENT" && (error as NodeJS.ErrnoException).syscall === "mkdir";
}

function nearestFolder(path: string): string {
  let folder = resolve(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/**
 * Whether the file system of a path takes nothing. One that is made read-only because its disk fails answers with an error of input and output
 * to whoever was writing, and only later says why. Its flags need not say so either: it is tried.
 */
function hasTurnedReadOnly(path: string): boolean {
  try {
    const directory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ? path : dirname(path);
    const probe = join(directory, `.probe-${process.pid}`);
    closeSync(openSync(probe, "w"));
    rmSync(probe);
    return false;
  } catch (error) {
    return codeOf(error as Error) === "EROFS";
  }
}

/** The same as an error for the user, with the place where it is known; any other error as it is. */
export function asDiskFault(error: unknown): unknown {
  if (error instanceof HearsayError && error.details.option !== undefined) return error; // write-fault.ts has said it
  const fault = diskFault(error);
  if (fault === undefined) return error;
  const { code, message, remedy } = fault;
  const place = firstOf(chainOf(error), placeOf);
  const where = place === undefined ? "" : ` (${place})`;
  return new HearsayError("ERR_STATE", `${message}${where}: ${remedy}`, { code, remedy, path: place }, error);
}

/** An error and its causes. */
function chainOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let next = error; next instanceof Error && !chain.includes(next); next = next.cause) chain.push(next);
  return chain;
}

/** The first that is found. */
function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  return items.map(find).find((found) => found !== undefined);
}

function codeOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code);
}

function placeOf(error: Error): string | undefined {
  const { path, details } = error as NodeJS.ErrnoException & { details?: Readonly<Record<string, unknown>> };
  return [path, details?.directory, details?.path].find((place) => typeof place === "string");
}
