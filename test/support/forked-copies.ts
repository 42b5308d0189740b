/** Two exports of one key's log about a task that are two histories: they part at entry 4. */
import type { PeerId } from "../../protocol/base/seams.ts";
import { openStoredExport } from "../../protocol/log/export/stored-export.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { jsonlOf } from "../protocol/log/export/support.ts";
import { CRYPTO, identity, open } from "../protocol/log/support.ts";

export interface ForkedCopies {
  readonly author: PeerId;
  /** JSON lines. */
  readonly copies: readonly [Uint8Array, Uint8Array];
}

/** @param writer the number of a test key. */
export async function forkedCopies(taskId: Uint8Array, writer: number): Promise<ForkedCopies> {
  const copy = async (side: number) => {
    const store = createMemoryStore();
    const log = await open({ store, taskId, identity: identity(writer) });
    const ages = [1, 2, 3, 100 + side, 200];
    await log.append(ages.map((age) => ({ type: "resume", body: { params: new Uint8Array(32).fill(age), age } })));
    return jsonlOf(await openStoredExport(store, CRYPTO));
  };
  return { author: identity(writer).peerId, copies: [await copy(0), await copy(1)] };
}
