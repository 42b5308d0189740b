/**
 * The key of this peer on disk (key-file.ts), readable by its owner alone. It is what makes the peer the same peer after a restart, and it
 * signs the log: losing it is a new identity, two running copies of it are a fork.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { HearsayError, isHearsayError } from "../../protocol/base/errors.ts";
import { makeDirectory, writingTo } from "../disk/write-fault.ts";
import { decodeKey, encodeKey, isSealed, type KeyPair, openSealed } from "./key-file.ts";
import { type AskPassphrase, passphraseFrom } from "./passphrase.ts";

export interface LoadedKey extends KeyPair {
  /** Whether a passphrase was needed. */
  readonly sealed: boolean;
  /** What the user should mend, though the key works: sentences with the remedy. */
  readonly warnings: readonly string[];
}

/** An age file with a key in it has 250 bytes. */
const MAX_FILE_BYTES = 4096;
const OTHERS_MAY = 0o077;
const POSIX = process.platform !== "win32";

/**
 * Reads the key at `path`; makes one, without a passphrase, where there is none. Processes that start at once agree on one key.
 * @throws HearsayError ERR_STATE, with the path and the remedy, where the file is damaged or cannot be read or made, or the passphrase is
 *   not its own; ERR_CONFIG where a passphrase is needed and not given.
 */
export function loadOrCreateIdentity(path: string, ask: AskPassphrase = passphraseFrom({})): Promise<LoadedKey> {
  return explained(path, async () => {
    const loaded = await load(path, ask);
    if (loaded !== undefined) return loaded;
    await createPrivate(path, encodeKey(await generateKeyPair("Ed25519"))).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error; // another process was faster: its key counts
    });
    return (await load(path, ask)) ?? damaged(path, "it vanished");
  });
}

/** Reads the key at `path`. @throws HearsayError as `loadOrCreateIdentity`, and ERR_STATE where there is none. */
export function loadIdentity(path: string, ask: AskPassphrase): Promise<LoadedKey> {
  return explained(path, async () => {
    const loaded = await load(path, ask);
    if (loaded !== undefined) return loaded;
    throw new HearsayError("ERR_STATE", `there is no key ${path}: name the state directory of a peer that ran`, {
      path,
    });
  });
}

/** Undefined where there is no file. */
async function load(path: string, ask: AskPassphrase): Promise<LoadedKey | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { size, mode } = await file.stat();
    if (size > MAX_FILE_BYTES) damaged(path, `it has ${size} bytes`);
    const bytes = new Uint8Array(await file.readFile());
    const sealed = isSealed(bytes);
    const passphrase = sealed ? await ask(path) : "";
    const warnings =
      POSIX && (mode & OTHERS_MAY) !== 0 ? [`other users may read the key ${path}; run: chmod 600 ${path}`] : [];
    try {
      return { ...decodeKey(sealed ? await openSealed(bytes, passphrase) : bytes), sealed, warnings };
    } catch (cause) {
      if (isHearsayError(cause)) damaged(path, cause.message, cause);
      throw cause;
    }
  } finally {
    await file.close();
  }
}

/**
 * Writes a file that its owner alone can read: aside, synced, then linked into place, so that it is there as a whole or not at all, and an
 * existing one stays. @throws Error EEXIST; HearsayError ERR_CONFIG or ERR_STATE, with path and remedy, where nothing can be written there.
 */
export async function createPrivate(path: string, bytes: Uint8Array, option?: string): Promise<void> {
  const aside = await writingTo(path, option, async () => {
    await makeDirectory(dirname(path), 0o700);
    return writeAside(path, bytes);
  });
  try {
    await link(aside, path);
  } finally {
    await unlink(aside);
  }
  await syncDirectory(dirname(path));
}

/** The same, in place of an existing file: a crash leaves the old one or the new one. */
export async function replacePrivate(path: string, bytes: Uint8Array): Promise<void> {
  const aside = await writeAside(path, bytes);
  try {
    await rename(aside, path);
  } catch (error) {
    await unlink(aside);
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function writeAside(path: string, bytes: Uint8Array): Promise<string> {
  const aside = `${path}.${randomUUID()}.new`;
  const file = await open(aside, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await unlink(aside);
    throw error;
  } finally {
    await file.close();
  }
  return aside;
}

/** Makes a new name durable; Windows cannot open directories and needs no such call. */
export async function syncDirectory(path: string): Promise<void> {
  if (!POSIX) return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What the system says of a file becomes ERR_STATE, with the path and what to look at. */
async function explained<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof HearsayError) throw error;
    const remedy = "look at the permissions and the file system of its directory";
    throw new HearsayError("ERR_STATE", `the key ${path} cannot be read or made; ${remedy}`, { path, remedy }, error);
  }
}

function damaged(path: string, why: string, cause?: HearsayError): never {
  const remedy =
    cause?.details.remedy ?? "restore it from a backup, or move the whole state directory away to start as a new peer";
  throw new HearsayError("ERR_STATE", `the key ${path} cannot be used: ${why}; ${remedy}`, { path, remedy }, cause);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
