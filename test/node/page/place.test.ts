/** The section of a place, drawn without a browser. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import type { PageNow } from "../../../node/observe/messages.ts";
import { Place } from "../../../node/page/view/place.ts";
import type { PlaceStatus } from "../../../protocol/peer/gateway/gateway.ts";

const [SELF, OTHER] = ["12D3KooWselfself", "12D3KooWotherone"];
const PLACE: PlaceStatus = {
  ...{ gateway: OTHER, sinceMs: 40_000, members: 2, others: [OTHER], unelected: [] },
  outside: { models: 12, authors: 3, lastMs: 95_000 },
};

function drawn(cluster: PlaceStatus | undefined): string {
  const now = { atMs: 100_000, names: { [OTHER]: "Roof" }, status: { peerId: SELF, ...(cluster && { cluster }) } };
  return renderToString(h(Place, { now: now as unknown as PageNow })).replace(/<[^>]*>/g, "|");
}

describe("the place on the page", () => {
  it("says who speaks for it and since when, who is at it, and what came of other places", () => {
    const text = drawn(PLACE);
    assert.match(text, /gateway\|+otherone\|+for 1 min, 2 are here/);
    assert.match(text, /selfself\|+this peer\|+is spoken for/);
    assert.match(text, /Roof\|+here\|+speaks for all/);
    assert.match(text, /12 models\|+the last 5 s ago, of 3/);
  });

  it("says who is not elected, why and for how long", () => {
    const other = { ...PLACE, gateway: SELF };
    const lied = drawn({ ...other, unelected: [{ peer: OTHER, untilMs: null }] });
    assert.match(lied, /Roof\|+here\|+lied as a gateway: not elected any more/);
    const unshown = drawn({ ...other, unelected: [{ peer: OTHER, untilMs: 400_000 }] });
    assert.match(unshown, /Roof\|+here\|+did not show what it released: not elected for 5 min/);
  });

  it("says when nothing is settled, and is not there where the task has no gateways", () => {
    const alone = { ...PLACE, gateway: undefined, members: 1, others: [] };
    assert.match(
      drawn({ ...alone, outside: { models: 0, authors: 0, lastMs: null } }),
      /not settled yet[\s\S]*nobody else is here[\s\S]*none was merged yet/,
    );
    assert.equal(drawn(undefined), "");
  });
});
