/** Files that are there as a whole or not at all: written aside, then renamed into place. What fails half-way leaves nothing behind. */
import { mkdir, open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";

/** What a file is made of. */
export type Content = string | Uint8Array | AsyncIterable<string | Uint8Array>;

export interface WholeFileOptions {
  /** Of a new file; 0o666 less the umask where left out. */
  readonly mode?: number;
  /** Whether its bytes are on disk when the promise resolves; true where left out. */
  readonly sync?: boolean;
  /** Where it is written first; `<path>.new` where left out. Processes that write one file at once need two names. */
  readonly aside?: string;
}

/** Writes a file in place of what is there. @throws what the system says, with the path. */
export async function writeWhole(
  path: string,
  content: Content,
  { mode = 0o666, sync = true, aside = `${path}.new` }: WholeFileOptions = {},
): Promise<void> {
  try {
    await rm(aside, { force: true }); // of a process that was killed, and maybe not of this mode
    const file = await open(aside, "wx", mode);
    try {
      await writeFile(file, content);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {}); // the first error says more
    throw withPath(error, path);
  }
}

/**
 * Writes a file that a user named, and its directory where there is none. Links are followed, and what is no file, such as /dev/stdout, is
 * written to as it is. Several processes may write the same name: the last one wins.
 */
export async function writeOutput(path: string, content: Content): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    return writeFile(path, content).catch((error: unknown) => {
      throw withPath(error, path);
    });
  }
  if (there === undefined) await mkdir(dirname(path), { recursive: true });
  const target = there === undefined ? path : await realpath(path);
  await writeWhole(target, content, {
    ...(there && { mode: there.mode & 0o777 }),
    aside: `${target}.${hostname()}-${process.pid}.new`,
  });
}

/** The system names the file aside, or none where a write to an open one fails. */
function withPath(error: unknown, path: string): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error;
}
