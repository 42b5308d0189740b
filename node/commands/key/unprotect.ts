/** `hearsay key unprotect`: takes the passphrase off the key file. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import { encodeKey } from "../../keys/key-file.ts";
import { replacePrivate } from "../../keys/keys.ts";
import { printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type KeyOptions, openKey } from "./options.ts";

export async function run(options: KeyOptions): Promise<void> {
  const { path, key } = await openKey(options);
  if (!key.sealed) throw new HearsayError("ERR_STATE", `${path} has no passphrase`, { path });
  await replacePrivate(path, encodeKey(key.privateKey));
  if (options.json) return printJson({ path, protected: false });
  print(`${path} has no passphrase any more: whoever can read it is this peer.\n`);
}
