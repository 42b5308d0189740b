import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MOST_ASKED, MOST_ENTRIES, partsAt } from "../../../node/api/my-part.ts";
import { createRemoteLogs } from "../../../node/api/remote-log.ts";
import { identityFromSeed, nodeCrypto } from "../../../node/crypto.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Transport } from "../../../protocol/base/seams.ts";
import type { Parent, ParentStatus } from "../../../protocol/log/entry/bodies.ts";
import { createEntry, type Entry, logIdOf } from "../../../protocol/log/entry/entry.ts";
import { signCheckpoint } from "../../../protocol/log/tree/checkpoint.ts";
import {
  decodeLogRequest,
  encodeCheckpointAnswer,
  encodeEntriesAnswer,
  encodeGenerationsAnswer,
} from "../../../protocol/wire/log-messages.ts";
import { blobTask } from "../../support/blobs.ts";

const identityOf = (n: number) => identityFromSeed(new Uint8Array(32).fill(n));
const [writer, me, other] = [identityOf(7), identityOf(8), identityOf(9)];
const TASK_ID = new Uint8Array(32).fill(1);
const HASH = new Uint8Array(32);

const parent = (who: typeof me, status: ParentStatus, weightQ16 = 65_536): Parent => {
  return [who.publicKey, HASH, 3, weightQ16, status];
};

/** An entry of the writer's log that merged these; signed by whom a test says. */
function merge(seq: number, parents: readonly Parent[], by = writer): Entry {
  const logId = logIdOf(writer.publicKey, TASK_ID, nodeCrypto);
  const body = { own: HASH, base: HASH, out: HASH, rule: "nna", age: 9, parents };
  return createEntry({ logId, seq, prev: HASH, tsMs: 1000 * seq, type: "aggregate", body }, by, nodeCrypto);
}

const FOUR = [
  merge(1, [parent(me, "used"), parent(other, "used")]),
  merge(2, [parent(other, "used")]),
  merge(3, [parent(me, "clipped", 16_384), parent(other, "used", 49_152), parent(other, "removed")]),
  merge(4, [parent(me, "removed"), parent(other, "used")]),
];

describe("what others made of a peer's models", () => {
  it("is what their merges say: what became of them, and their weight where they counted", async () => {
    const [part = assert.fail()] = await partsAt({ newest: async () => FOUR }, me.publicKey, [writer.peerId]);
    const { used, clipped, removed } = part.statuses;
    assert.deepEqual([part.merges, used, clipped, removed], [4, 1, 1, 1]);
    assert.deepEqual([part.share, part.lastTsMs, part.failed], [(0.5 + 0.25) / 2, 4000, undefined]);
  });

  it("is unknown where a neighbour refuses, which is told by its code; so many are asked and no more", async () => {
    const asked: string[] = [];
    const newest = async (peer: string) => {
      asked.push(peer);
      throw new HearsayError("ERR_UNREACHABLE", "gone");
    };
    const neighbours = Array.from({ length: 2 * MOST_ASKED }, (_, i) => `p${i}`);
    const parts = await partsAt({ newest }, me.publicKey, neighbours);
    assert.deepEqual([parts.length, asked.length], [MOST_ASKED, MOST_ASKED]);
    assert.ok(
      parts.every(({ failed, merges, share }) => failed === "ERR_UNREACHABLE" && merges === 0 && share === null),
    );
  });
});

describe("the newest entries of a neighbour's log", () => {
  it("are asked for from its end, and count where it signed them for this log", async () => {
    const forged = merge(5, [parent(me, "used")], other);
    const from: number[] = [];
    const request: Transport["request"] = async (_peer, _protocol, body) => {
      const asked = decodeLogRequest(body);
      if (asked.what === "generations") return encodeGenerationsAnswer([0]);
      if (asked.what === "checkpoint") {
        const note = signCheckpoint({ logId: asked.logId, size: 1000, root: HASH }, writer, nodeCrypto);
        return encodeCheckpointAnswer({ note });
      }
      assert.ok(asked.what === "entries" && asked.limit === MOST_ENTRIES);
      from.push(asked.from);
      return encodeEntriesAnswer({ size: 1000, entries: [...FOUR, forged].map(({ signed }) => signed) });
    };
    const remote = createRemoteLogs({ request } as Transport, blobTask(), TASK_ID);
    const entries = await remote.newest(writer.peerId, MOST_ENTRIES);
    assert.deepEqual([entries.map(({ seq }) => seq), from], [[1, 2, 3, 4], [1000 - MOST_ENTRIES]]);
  });
});
