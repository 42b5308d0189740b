/**
 * The key of this peer on disk: an Ed25519 private key as the protobuf of libp2p (specs/peer-ids), 68 bytes, readable by its
 * owner alone. It is what makes the peer the same peer after a restart, and it signs the log: losing it is a new identity, two
 * running copies of it are a fork.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import type { Ed25519PrivateKey } from "@libp2p/interface";
import { equalBytes } from "../protocol/bytes.ts";
import { HearsayError } from "../protocol/errors.ts";
import type { Identity } from "../protocol/seams.ts";
import { identityFromSeed } from "./crypto.ts";

export interface LoadedKey {
  readonly identity: Identity;
  /** For createLibp2p. */
  readonly privateKey: Ed25519PrivateKey;
  /** What the user should mend, though the key works: sentences with the remedy. */
  readonly warnings: readonly string[];
}

const KEY_FILE_BYTES = 68;
const SEED_BYTES = 32;
const OTHERS_MAY = 0o077;
const POSIX = process.platform !== "win32";

/**
 * Reads the key at `path`; makes one where there is none. Processes that start at once agree on one key.
 * @throws HearsayError ERR_STATE, with the path and the remedy, where the file is damaged or cannot be read or made.
 */
export async function loadOrCreateIdentity(path: string): Promise<LoadedKey> {
  try {
    const loaded = await load(path);
    if (loaded !== undefined) return loaded;
    await create(path);
    return (await load(path)) ?? damaged(path, "it vanished");
  } catch (error) {
    if (error instanceof HearsayError) throw error;
    const remedy = "look at the permissions and the file system of its directory";
    throw new HearsayError("ERR_STATE", `the key ${path} cannot be read or made; ${remedy}`, { path, remedy }, error);
  }
}

/** Undefined where there is no file. */
async function load(path: string): Promise<LoadedKey | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { size, mode } = await file.stat();
    if (size !== KEY_FILE_BYTES) damaged(path, `it has ${size} bytes, not ${KEY_FILE_BYTES}`);
    const bytes = await file.readFile();
    const warnings =
      POSIX && (mode & OTHERS_MAY) !== 0 ? [`other users may read the key ${path}; run: chmod 600 ${path}`] : [];
    return { ...decode(path, bytes), warnings };
  } finally {
    await file.close();
  }
}

function decode(path: string, bytes: Uint8Array): Omit<LoadedKey, "warnings"> {
  let privateKey: ReturnType<typeof privateKeyFromProtobuf>;
  try {
    privateKey = privateKeyFromProtobuf(bytes);
  } catch (cause) {
    return damaged(path, "it is no libp2p private key", cause);
  }
  if (privateKey.type !== "Ed25519") return damaged(path, `it holds a key of type ${privateKey.type}, not Ed25519`);
  const identity = identityFromSeed(privateKey.raw.subarray(0, SEED_BYTES));
  const whole =
    equalBytes(identity.publicKey, privateKey.publicKey.raw) && equalBytes(privateKeyToProtobuf(privateKey), bytes);
  return whole ? { identity, privateKey } : damaged(path, "its two halves do not belong together");
}

/** Writes aside, syncs, then links into place: the file is there as a whole or not at all, and an existing one stays. */
async function create(path: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true });
  const key = await generateKeyPair("Ed25519");
  const aside = `${path}.${randomUUID()}.new`;
  const file = await open(aside, "wx", 0o600);
  try {
    try {
      await file.writeFile(privateKeyToProtobuf(key));
      await file.sync();
    } finally {
      await file.close();
    }
    await link(aside, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error; // another process was faster: its key counts
  } finally {
    await unlink(aside);
  }
  await syncDirectory(directory);
}

/** Makes the new name durable; Windows cannot open directories and needs no such call. */
async function syncDirectory(path: string): Promise<void> {
  if (!POSIX) return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function damaged(path: string, why: string, cause?: unknown): never {
  const remedy = "restore it from a backup, or move the whole state directory away to start as a new peer";
  throw new HearsayError("ERR_STATE", `the key ${path} is damaged: ${why}; ${remedy}`, { path, remedy }, cause);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}
