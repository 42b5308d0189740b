/** Files that are there as a whole or not at all: written aside, then renamed into place. What fails half-way leaves nothing behind. */
import { open, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { makeDirectory, type Naming, writeFault } from "./write-fault.ts";

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
 * @param option what named the path, e.g. "--output"; undefined where no user did.
 * @throws HearsayError ERR_CONFIG or ERR_STATE with the option, the path and the remedy (write-fault.ts); what `content` throws, as it is.
 */
export async function writeOutput(path: string, content: Content, option: Naming): Promise<void> {
  const source = { failed: undefined as unknown };
  const watched = typeof content === "object" && Symbol.asyncIterator in content ? watch(content, source) : content;
  try {
    await writeThere(path, watched);
  } catch (error) {
    throw error === source.failed ? error : writeFault(error, path, option);
  }
}

/** The same pieces; what they fail with is noted, since it is no fault of the path. */
async function* watch(content: AsyncIterable<string | Uint8Array>, source: { failed: unknown }) {
  try {
    yield* content;
  } catch (error) {
    source.failed = error;
    throw error;
  }
}

async function writeThere(path: string, content: Content): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there !== undefined && !there.isFile()) {
    return writeFile(path, content).catch((error: unknown) => {
      throw withPath(error, path);
    });
  }
  if (there === undefined) await makeDirectory(dirname(path));
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
