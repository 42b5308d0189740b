/** What the peer of a state directory knows of a log of which there is a copy: asked of the peer that runs there, or looked up. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type ApiSource, serveApi } from "../../../node/api/api.ts";
import { knownHeads } from "../../../node/api/known-heads.ts";
import { type Announcement, decodeAnnouncement, encodeAnnouncement } from "../../../protocol/wire/announcement.ts";
import { exportOf, inPieces, jsonlOf } from "../../protocol/log/export/support.ts";
import { identity, TASK } from "../../protocol/log/support.ts";

const author = identity(1);
const ROOT = new Uint8Array(32).fill(9);

/** Of a log that has so many entries. */
function announced(size: number, generation = 0, task = TASK): Announcement {
  const place = { generation, seq: size - 1, entry: ROOT, root: ROOT, note: new Uint8Array(64) };
  const sealed = encodeAnnouncement({ task, ...place, model: ROOT, bytes: 1, age: 1, tsMs: 0 }, author);
  return decodeAnnouncement(sealed);
}

describe("the heads of a log that a peer knows", () => {
  let directory: string;
  let copy: Uint8Array;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "hearsay-heads-"));
    copy = await jsonlOf(await exportOf(60));
  });
  after(() => rm(directory, { recursive: true }));

  it("are asked of the peer that runs there: those that the copy should have gone through, of its log alone", async () => {
    const asked: unknown[] = [];
    const remote = {
      heads(...question: unknown[]) {
        asked.push(question);
        const all = [announced(90), announced(60), announced(30, 1), announced(30, 0, ROOT), announced(20)];
        return all.map(({ sealed }) => Buffer.from(sealed).toString("base64"));
      },
    } as unknown as ApiSource["remote"];
    const api = await serveApi(directory, { remote } as ApiSource);
    try {
      assert.deepEqual(await knownHeads(directory, inPieces(copy)), [announced(60), announced(20)]);
      assert.deepEqual(asked, [[author.peerId, 0]]);
    } finally {
      await api.close();
    }
  });

  it("are none where no peer ever ran, it knows nothing, or there is no telling whose log it is", async () => {
    await mkdir(join(directory, "empty"));
    for (const state of ["nowhere", "empty"])
      assert.deepEqual(await knownHeads(join(directory, state), inPieces(copy)), []);
    assert.deepEqual(await knownHeads(directory, inPieces(copy.subarray(0, 40))), []);
    const withoutHeader = copy.subarray(copy.indexOf(10) + 1);
    assert.deepEqual(await knownHeads(directory, inPieces(withoutHeader)), []);
  });
});
