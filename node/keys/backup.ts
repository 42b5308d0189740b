/**
 * A backup of a key: an age file around strict DAG-CBOR
 *
 *     [1, key (68), whether the key file had a passphrase, task (32), generation, seq, id (32)]
 *
 * whose last three name the newest entry of the key's log at that time. It holds no log: a key that is restored from it cannot go on with
 * the old one, of which others may know more, and begins the next generation (`generationAfter`).
 */
import { HearsayError } from "../../protocol/base/errors.ts";
import { decodeCanonical, encodeCanonical } from "../../protocol/wire/canonical.ts";
import { isBytes32, isCount, isGeneration } from "../../protocol/wire/values.ts";
import { decodeKey, encodeKey, type KeyPair, openSealed, sealBytes } from "./key-file.ts";

/** The newest entry of a log that somebody knows. */
export interface KnownHead {
  readonly generation: number;
  readonly seq: number;
  readonly id: Uint8Array;
}

export interface KeyBackup {
  readonly key: KeyPair;
  readonly sealed: boolean;
  readonly task: Uint8Array;
  readonly head: KnownHead;
}

const MAX_BYTES = 256;

export function encodeBackup({ key, sealed, task, head }: KeyBackup, passphrase: string): Promise<Uint8Array> {
  const { generation, seq, id } = head;
  return sealBytes(encodeCanonical([1, encodeKey(key.privateKey), sealed, task, generation, seq, id]), passphrase);
}

/** @throws HearsayError ERR_STATE with a clause that says what is wrong. */
export async function decodeBackup(file: Uint8Array, passphrase: string): Promise<KeyBackup> {
  const fields = fieldsOf(await openSealed(file, passphrase));
  if (fields.length !== 7 || fields[0] !== 1) throw notOurs();
  const [, key, sealed, task, generation, seq, id] = fields;
  if (!(key instanceof Uint8Array) || typeof sealed !== "boolean" || !isBytes32(task) || !isBytes32(id))
    throw notOurs();
  if (!isGeneration(generation) || !isCount(seq)) throw notOurs();
  return { key: decodeKey(key), sealed, task, head: { generation, seq, id } };
}

function fieldsOf(bytes: Uint8Array): unknown[] {
  try {
    const fields = decodeCanonical(bytes, MAX_BYTES);
    return Array.isArray(fields) ? fields : [];
  } catch (cause) {
    throw notOurs(cause);
  }
}

function notOurs(cause?: unknown): HearsayError {
  return new HearsayError("ERR_STATE", "it is an age file, but no backup of hearsay", {}, cause);
}
