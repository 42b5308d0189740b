/** `hearsay key rotate`: a new key in place of this one. The old log ends with an entry that both keys have signed. */
import { join } from "node:path";
import { fromHex, toHex } from "../../../protocol/base/bytes.ts";
import { openTask } from "../../disk/state-dir.ts";
import { loadIdentity } from "../../keys/keys.ts";
import { passphraseFrom } from "../../keys/passphrase.ts";
import { finishRotation, rotateKey } from "../../keys/rotation.ts";
import { shellOption } from "../../shell.ts";
import { facts, printJson } from "../../terminal/print.ts";
import { print } from "../../terminal/terminal.ts";
import { type KeyOptions, keyPath } from "./options.ts";
import { tellOthers, toldText } from "./tell.ts";

export async function run(options: KeyOptions): Promise<void> {
  const { state } = options;
  if (await finishRotation(state)) {
    if (options.json) return printJson({ finished: true });
    print("a rotation that had been interrupted is finished; the peer tells others when it runs next\n");
    return;
  }
  const taskId = fromHex((await openTask(state)).taskId) as Uint8Array;
  const ask = passphraseFrom(options);
  const old = await loadIdentity(keyPath(state), ask);
  const { next, end, evidence } = await rotateKey({ stateDir: state, taskId, old, ask });
  const told = await tellOthers(state, next, taskId, evidence);
  const [oldPeer, newPeer] = [old.identity.peerId, next.identity.peerId];
  const former = join(state, "former", oldPeer);
  if (options.json) return printJson({ old: oldPeer, new: newPeer, end: toHex(end.id), former, told });
  print(
    `${facts([
      ["old key", oldPeer],
      ["new key", newPeer],
      ["end entry", `${end.seq}, ${toHex(end.id)}`],
      ["old log", `in ${former}, for hearsay log --state: keep it, it shows what was done`],
      ["told", `${toldText(told)}; the new peer tells others when it runs`],
    ])}\n\nBackups hold the old key, which nobody accepts any more. Next: hearsay key backup FILE ${shellOption("--state", state)}\n`,
  );
}
