/** Exports of one key's log about a task that are two histories: they part at entry 4. */
import assert from "node:assert/strict";
import type { PeerId } from "../../protocol/base/seams.ts";
import { type LogSource, openStoredExport } from "../../protocol/log/export/stored-export.ts";
import { readExport } from "../../protocol/log/export/verify-export.ts";
import { forkInCopies } from "../../protocol/peer/account/fork-in-copies.ts";
import { createMemoryStore } from "../../sim/seams/store.ts";
import { inPieces, jsonlOf } from "../protocol/log/export/support.ts";
import { CRYPTO, identity, open } from "../protocol/log/support.ts";

export interface ForkedCopies {
  readonly author: PeerId;
  /** JSON lines. */
  readonly copies: readonly [Uint8Array, Uint8Array];
  /** The first of them, with evidence of the fork in it. */
  accusing(): Promise<Uint8Array>;
}

/** @param writer the number of a test key. */
export async function forkedCopies(taskId: Uint8Array, writer: number): Promise<ForkedCopies> {
  const sourceOf = async (side: number) => {
    const store = createMemoryStore();
    const log = await open({ store, taskId, identity: identity(writer) });
    const ages = [1, 2, 3, 100 + side, 200];
    await log.append(ages.map((age) => ({ type: "resume", body: { params: new Uint8Array(32).fill(age), age } })));
    return openStoredExport(store, CRYPTO);
  };
  const sources: readonly [LogSource, LogSource] = [await sourceOf(0), await sourceOf(1)];
  const copies = [await jsonlOf(sources[0]), await jsonlOf(sources[1])] as const;
  return {
    author: identity(writer).peerId,
    copies,
    async accusing() {
      const open = copies.map((copy) => () => readExport(inPieces(copy), CRYPTO));
      const evidence = await forkInCopies({ copies: open, announced: [], notes: [], parted: 4 }, CRYPTO);
      const [source] = sources;
      return jsonlOf({ ...source, header: { ...source.header, evidence: [evidence ?? assert.fail()] } });
    },
  };
}
