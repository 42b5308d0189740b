/** What the commands of releases share: the running peer, the key that signs, and which release is meant. */
import { join } from "node:path";
import { concatBytes, fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Identity } from "../../../protocol/base/seams.ts";
import type { ReleaseStatus } from "../../../protocol/peer/release/status.ts";
import { payloadOf, type Says, type StatementKind } from "../../../protocol/release/statements.ts";
import { signIn } from "../../../protocol/wire/envelope.ts";
import type { StatusReport } from "../../api/api.ts";
import { askRunning, noPeerOn, tellApi } from "../../api/ask.ts";
import { loadIdentity } from "../../keys/keys.ts";
import { type PassphraseOptions, passphraseFrom } from "../../keys/passphrase.ts";

export interface ReleaseOptions extends PassphraseOptions {
  readonly state: string;
  /** File of the key that signs; the peer's own where left out. */
  readonly key?: string;
  readonly json?: boolean;
}

/** A release as the status tells of it. */
export type KnownRelease = ReleaseStatus["releases"][number];

export interface Known {
  readonly taskId: Uint8Array;
  readonly releases: ReleaseStatus;
}

/** What the running peer knows. @throws HearsayError ERR_STATE where none runs, ERR_CONFIG where its task has no release keys. */
export async function askReleases(state: string): Promise<Known> {
  const { task, release } = await askRunning<StatusReport>(state, "/status");
  if (release === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      `the task ${task.name} has no release keys: each peer's own newest model answers. A new task can name some (releases.keys)`,
    );
  return { taskId: idBytes(task.id), releases: release };
}

/** The release of this name, or whose id begins so. @throws HearsayError ERR_CONFIG where there is none, or several. */
export function findRelease({ releases }: ReleaseStatus, wanted: string): KnownRelease {
  const found = releases.filter(({ id, name }) => name === wanted || (wanted.length >= 6 && id.startsWith(wanted)));
  const [release] = found;
  if (release !== undefined && found.length === 1) return release;
  const known = releases.map(({ name }) => name).join(", ") || "none yet: see hearsay tag";
  const problem =
    found.length > 1
      ? `there are ${found.length} releases ${wanted}: give the beginning of an id`
      : `there is no release ${wanted}`;
  throw new HearsayError("ERR_CONFIG", `${problem} (known here: ${known})`);
}

/** The bytes of an id as the status tells it. */
export function idBytes(id: string): Uint8Array {
  return fromHex(id) ?? new Uint8Array();
}

export function signerOf({ state, key, ...passphrase }: ReleaseOptions): Promise<{ readonly identity: Identity }> {
  return loadIdentity(key ?? join(state, "key"), passphraseFrom(passphrase));
}

/** Signs a statement and gives it to the peer. @throws HearsayError ERR_CONFIG where the peer says why it counts nothing. */
export async function signAndTell<K extends StatementKind>(
  kind: K,
  says: Says[K],
  { taskId }: Known,
  options: ReleaseOptions,
): Promise<void> {
  const { identity } = await signerOf(options);
  await tellSigned(options.state, payloadOf(kind, taskId, identity.publicKey, says), identity);
}

/** Signs an order for a later ring, which the peer holds back until the one before has stood for so long. */
export async function signForLater(
  order: Says["order"],
  everyMs: number,
  { taskId }: Known,
  options: ReleaseOptions,
): Promise<void> {
  const { identity } = await signerOf(options);
  const payload = payloadOf("order", taskId, identity.publicKey, order);
  const sealed = concatBytes(signIn("release", payload, identity), payload);
  await tellApi(options.state, `/releases/later?every=${everyMs}`, sealed);
}

/** The same of a payload that the peer has made. */
export async function tellSigned(state: string, payload: Uint8Array, identity: Identity): Promise<void> {
  await tellApi(state, "/releases", concatBytes(signIn("release", payload, identity), payload));
}

/** Asks the peer for the statement that names its model. */
export async function preparedTag(state: string, name: string, identity: Identity): Promise<Uint8Array> {
  const query = new URLSearchParams({ name, signer: toHex(identity.publicKey) });
  const response = await tellApi(state, `/releases/prepare?${query}`, new Uint8Array(1));
  if (response === undefined) throw noPeerOn(state);
  return new Uint8Array(await response.arrayBuffer());
}
