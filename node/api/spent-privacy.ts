/** What the peer of a state directory has spent of its privacy budget: as it says while it runs, else as its database has it. */
import { existsSync } from "node:fs";
import { type Task, termsOf } from "../../protocol/base/task.ts";
import { savedPrivacy } from "../../protocol/peer/loop/ledger.ts";
import type { SavedPrivacy } from "../../protocol/privacy/spent.ts";
import { databasePath } from "../disk/state-dir.ts";
import { openStoreToRead } from "../disk/store-copy.ts";
import type { StatusReport } from "./api.ts";
import { askApi } from "./ask.ts";

/** Undefined where the task has no budget, or nothing is known. */
export async function spentPrivacy(stateDir: string, task: Pick<Task, "privacy">): Promise<SavedPrivacy | undefined> {
  if (termsOf(task) === undefined) return undefined;
  const response = await askApi(stateDir, "/status");
  if (response !== undefined) return ((await response.json()) as StatusReport).privacy;
  if (!existsSync(databasePath(stateDir))) return undefined;
  const store = await openStoreToRead(databasePath(stateDir));
  try {
    return await savedPrivacy(store, task);
  } finally {
    await store.close();
  }
}
