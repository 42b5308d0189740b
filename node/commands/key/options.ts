/** What the commands of `hearsay key` share: the key of a state directory, and where passphrases come from. */
import { join } from "node:path";
import { type LoadedKey, loadIdentity } from "../../keys/keys.ts";
import { type AskPassphrase, newPassphrase, type PassphraseOptions, passphraseFrom } from "../../keys/passphrase.ts";
import { settleRotation } from "../../keys/rotation.ts";

export interface KeyOptions extends PassphraseOptions {
  readonly state: string;
  readonly json?: boolean;
}

export interface NewPassphraseOptions extends KeyOptions {
  /** For what is written, where it is not the one that opens the key. */
  readonly newPassphraseFile?: string;
}

export interface OpenedKey {
  readonly path: string;
  readonly key: LoadedKey;
  /** Remembers the passphrase of the key. */
  readonly ask: AskPassphrase;
}

export function keyPath(stateDir: string): string {
  return join(stateDir, "key");
}

/** @throws HearsayError ERR_STATE | ERR_CONFIG. */
export async function openKey(options: KeyOptions): Promise<OpenedKey> {
  await settleRotation(options.state);
  const path = keyPath(options.state);
  const ask = passphraseFrom(options);
  return { path, key: await loadIdentity(path, ask), ask };
}

/** The passphrase for a file that is made of a key: a new one where it is named or the key has none, else that of the key. */
export function passphraseFor(
  target: string,
  { newPassphraseFile, ...options }: NewPassphraseOptions,
  opened: OpenedKey,
): Promise<string> {
  if (newPassphraseFile !== undefined) return newPassphrase({ passphraseFile: newPassphraseFile }, target);
  return opened.key.sealed ? opened.ask(opened.path) : newPassphrase(options, target);
}
