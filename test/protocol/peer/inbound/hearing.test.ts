/** What comes of announcement bytes beside the book that looks at them. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Verdict } from "../../../../protocol/base/seams.ts";
import { createHearing } from "../../../../protocol/peer/inbound/hearing.ts";
import { encodeAnnouncement } from "../../../../protocol/wire/announcement.ts";
import { identityOf } from "../../../support/crowd.ts";

const [AUTHOR, BYTES] = [identityOf(1), new Uint8Array(32)];
const place = { generation: 0, seq: 1, entry: BYTES, root: BYTES, note: new Uint8Array(64) };
const SEALED = encodeAnnouncement({ task: BYTES, ...place, model: BYTES, bytes: 1, age: 0, tsMs: 0 }, AUTHOR);

/** What is counted, told and drawn for a verdict of the book. */
function hear(verdict: Verdict) {
  const happened: string[] = [];
  const receive = createHearing(
    {
      book: { receive: () => verdict, receiveBrief: () => verdict },
      reports: {
        count: (code) => void happened.push(`count ${code}`),
        refused: (peer, code) => void happened.push(`refused ${peer} ${code}`),
      },
    },
    (author) => void happened.push(author === AUTHOR.peerId ? "news of the author" : author),
  );
  assert.deepEqual(receive("neighbour", SEALED), verdict);
  return happened;
}

it("an announcement that is accepted is news of its author, not of who brought it", () => {
  assert.deepEqual(hear({ verdict: "accept" }), ["news of the author"]);
});

it("what is rejected is counted and told of who brought it; what is ignored is counted by its code, where it has one", () => {
  assert.deepEqual(hear({ verdict: "reject", code: "ERR_SIGNATURE" }), ["refused neighbour ERR_SIGNATURE"]);
  assert.deepEqual(hear({ verdict: "ignore", code: "ERR_RATE" }), ["count ERR_RATE"]);
  assert.deepEqual(hear({ verdict: "ignore" }), []);
});
