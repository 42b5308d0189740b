/**
 * Why a file that a user named cannot be read: one sentence with the option, the path, the reason and the remedy. All commands take their words from here, by
 * way of `cli.ts`: a reader need not know which option named its path. Its counterpart for files that are written is write-fault.ts.
 */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { HearsayError } from "../../protocol/base/errors.ts";

/** A file, and what named it: the option `--task`, the argument `<file>`. */
export interface NamedFile {
  readonly option: string;
  readonly path: string;
}

interface Reason {
  readonly why: string;
  readonly remedy: string;
}

const NO_RIGHT: Reason = {
  why: "this user may not read it",
  remedy: "give this user the right to (ls -l shows whose it is), or name another file",
};

/** By the code of the system. That there is no such file is told by the reader, who knows what makes one. */
const REASONS: Readonly<Record<string, Reason>> = {
  EISDIR: { why: "it is a directory", remedy: "name a file in it" },
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  ENAMETOOLONG: { why: "its name is too long", remedy: "name a shorter one" },
  ELOOP: { why: "its links lead in a circle", remedy: "name another file" },
};

/**
 * The error of a read, in words.
 * @param error what a command threw, in which the system's error may be a cause
 * @param named the files that the user named
 * @returns HearsayError ERR_CONFIG, whose details have the option, the path, the code of the system and the remedy; any other error as it is, such as one of
 *   a file that no option named, or of a file that is written
 */
export function readFault(error: unknown, named: readonly NamedFile[]): unknown {
  if (error instanceof HearsayError && error.details.option !== undefined) return error; // it has its words already
  const system = systemErrorIn(error);
  const reason = REASONS[system?.code ?? ""];
  if (system === undefined || reason === undefined) return error;
  const file = named.find(({ path }) => isMeant(path, system));
  if (file === undefined) return error;
  const { option, path } = file;
  const message = `${option} ${path} cannot be read: ${reason.why}; ${reason.remedy}`;
  return new HearsayError("ERR_CONFIG", message, { option, path, code: system.code, remedy: reason.remedy }, error);
}

function systemErrorIn(error: unknown): NodeJS.ErrnoException | undefined {
  for (let one = error; one instanceof Error; one = one.cause)
    if ((one as NodeJS.ErrnoException).syscall !== undefined) return one as NodeJS.ErrnoException;
  return undefined;
}

/** Whether a path is that of the error. Of a directory the system says no path: its open succeeds, and its read does not. */
function isMeant(path: string, { code, path: at }: NodeJS.ErrnoException): boolean {
  if (at !== undefined) return resolve(at) === resolve(path);
  return code === "EISDIR" && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
