/** `hearsay key show`: who this peer is. */
import { toHex } from "../../../protocol/base/bytes.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type KeyOptions, openKey } from "./options.ts";

export async function run(options: KeyOptions): Promise<void> {
  const { path, key } = await openKey(options);
  const { peerId, publicKey } = key.identity;
  const { sealed, warnings } = key;
  if (options.json) return printJson({ peerId, publicKey: toHex(publicKey), path, protected: sealed, warnings });
  const rows: [string, string][] = [
    ["peer", peerId],
    ["public key", toHex(publicKey)],
    ["file", path],
    ["passphrase", sealed ? "yes" : "no: hearsay key protect sets one"],
    ...warnings.map((warning): [string, string] => ["warning", warning]),
  ];
  print(`${facts(rows)}\n`);
}
