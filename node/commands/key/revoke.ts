/** `hearsay key revoke`: ends the key without a successor, for ever. Also the way to leave a network. */
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { openTask } from "../../disk/state-dir.ts";
import { endLog, withDatabase } from "../../keys/own-log.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type KeyOptions, openKey } from "./options.ts";
import { tellOthers, toldText } from "./tell.ts";

export async function run(options: KeyOptions & { readonly yes?: boolean }): Promise<void> {
  const { state } = options;
  if (!options.yes) {
    throw new HearsayError(
      "ERR_CONFIG",
      `this ends the peer of ${state}: nobody takes anything from its key again, and there is no way back. To do it: --yes`,
    );
  }
  const { key } = await openKey(options);
  const taskId = fromHex((await openTask(state)).taskId) as Uint8Array;
  const { end, evidence } = await withDatabase(state, (store) => endLog(store, key.identity, taskId));
  const told = await tellOthers(state, key, taskId, evidence);
  const { peerId } = key.identity;
  if (options.json) return printJson({ peerId, end: toHex(end.id), told });
  print(
    `${facts([
      ["revoked", peerId],
      ["end entry", `${end.seq}, ${toHex(end.id)}`],
      ["told", toldText(told)],
    ])}\n\nThe same command tells others again. Then the directory may go; what others hold of this peer stays with them\n` +
      "(protocol/README.md, What the log reveals, and how to leave).\n",
  );
}
