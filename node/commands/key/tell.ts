/** What `key rotate` and `key revoke` share: others hear at once that the key has ended, as far as they can be reached. */
import { loadConfig } from "../../config.ts";
import { configPath } from "../../disk/state-dir.ts";
import { tellEnd } from "../../keys/farewell.ts";
import type { KeyPair } from "../../keys/key-file.ts";
import { withDatabase } from "../../keys/own-log.ts";

/** The number of peers that were told. */
export async function tellOthers(
  stateDir: string,
  key: KeyPair,
  taskId: Uint8Array,
  evidence: Uint8Array,
): Promise<number> {
  const { bootstrap, mdns } = await loadConfig(configPath(stateDir), process.env, {});
  return withDatabase(stateDir, (store) => tellEnd({ store, key, taskId, evidence, bootstrap, mdns }));
}

export function toldText(told: number): string {
  return told === 0 ? "nobody could be reached" : `${told} peer${told === 1 ? "" : "s"}, who pass it on`;
}
