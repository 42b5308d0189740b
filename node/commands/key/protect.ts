/** `hearsay key protect`: puts the key file under a passphrase, or under another one. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { encodeKey, sealBytes } from "../../keys/key-file.ts";
import { replacePrivate } from "../../keys/keys.ts";
import { newPassphrase } from "../../keys/passphrase.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type NewPassphraseOptions, openKey } from "./options.ts";

export async function run(options: NewPassphraseOptions): Promise<void> {
  const { path, key, ask } = await openKey(options);
  const source = options.newPassphraseFile ?? (key.sealed ? undefined : options.passphraseFile);
  const passphrase = await newPassphrase({ passphraseFile: source }, path);
  if (key.sealed && passphrase === (await ask(path))) {
    const remedy = "give another one with --new-passphrase-file FILE";
    throw new HearsayError("ERR_CONFIG", `${path} has this passphrase already: ${remedy}`, { path, remedy });
  }
  await replacePrivate(path, await sealBytes(encodeKey(key.privateKey), passphrase));
  if (options.json) return printJson({ path, protected: true });
  print(
    `${path} is under the passphrase now: hearsay up asks for it, or takes --passphrase-file FILE or HEARSAY_PASSPHRASE.\n` +
      "Copies of the file from before, on this disk or in backups, are not.\n",
  );
}
