/** `hearsay key new`: makes a key that is no peer's yet, e.g. one that signs releases. */
import { existsSync } from "node:fs";
import { generateKeyPair } from "@libp2p/crypto/keys";
import { toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { encodeKey, sealBytes } from "../../keys/key-file.ts";
import { createPrivate, loadIdentity } from "../../keys/keys.ts";
import { newPassphrase, type PassphraseOptions } from "../../keys/passphrase.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";

interface NewOptions extends PassphraseOptions {
  readonly protect?: boolean;
  readonly json?: boolean;
}

export async function run(path: string, options: NewOptions): Promise<void> {
  if (existsSync(path))
    throw new HearsayError("ERR_STATE", `${path} is there already, and may be somebody's key: name another file`, {
      path,
    });
  const isProtected = options.protect === true || options.passphraseFile !== undefined;
  const passphrase = isProtected ? await newPassphrase(options, path) : undefined;
  const key = encodeKey(await generateKeyPair("Ed25519"));
  await createPrivate(path, passphrase === undefined ? key : await sealBytes(key, passphrase), "<file>");
  const { identity } = await loadIdentity(path, async () => passphrase ?? "");
  const { peerId, publicKey } = identity;
  if (options.json) return printJson({ peerId, publicKey: toHex(publicKey), path, protected: isProtected });
  print(
    `${facts([
      ["peer id", peerId],
      ["file", path],
      ["passphrase", isProtected ? "yes" : "no"],
    ])}\n`,
  );
}
