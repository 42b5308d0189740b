/**
 * Evidence that its owner found in files, for the peer of a state directory: handed to it where it runs, which acts on it as on what it hears by gossip and tells it
 * to others; else put where its next start finds it (protocol/peer/account/bans.ts).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../protocol/base/bytes.ts";
import { isHearsayError } from "../../protocol/base/errors.ts";
import type { Verdict } from "../../protocol/base/seams.ts";
import { decodeEvidence, evidenceKey, verifyEvidence } from "../../protocol/log/entry/evidence.ts";
import { nodeCrypto } from "../crypto.ts";
import { openTask } from "../disk/state-dir.ts";
import { openStore } from "../disk/store.ts";
import { tellApi } from "./ask.ts";

/**
 * What came of it: the running peer took it (`told`), it is stored for the next start (`kept`), it was there already (`known`), it is about another task
 * (`other`), or no peer ever ran there (`nobody`).
 */
export type HandedOver = "told" | "kept" | "known" | "other" | "nobody";

/** @param evidence of a fork, which holds. @throws HearsayError ERR_STATE where no peer answers and its database is in use or damaged. */
export async function handOver(stateDir: string, evidence: Uint8Array): Promise<HandedOver> {
  const answer = await tellApi(stateDir, "/evidence", evidence);
  if (answer !== undefined) return outcomeOf((await answer.json()) as Verdict);
  const database = join(stateDir, "db");
  if (!existsSync(database)) return "nobody";
  const accused = decodeEvidence(evidence);
  if ((await taskIdOf(stateDir)) !== toHex(accused.task)) return "other";
  const conviction = verifyEvidence(accused, nodeCrypto);
  if (conviction === undefined) return "other";
  const store = await openStore(database);
  try {
    const key = evidenceKey(conviction.peer);
    const held = await store.get(key);
    if (held !== undefined && decodeEvidence(held).kind === "fork") return "known";
    await store.write([{ key, value: evidence }]);
    return "kept";
  } finally {
    await store.close();
  }
}

function outcomeOf({ verdict, code }: Verdict): HandedOver {
  if (verdict === "accept") return "told";
  return code === undefined ? "known" : "other";
}

async function taskIdOf(stateDir: string): Promise<string | undefined> {
  try {
    return (await openTask(stateDir)).taskId;
  } catch (error) {
    if (isHearsayError(error, "ERR_STATE")) return undefined;
    throw error;
  }
}
