import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import type { PeerReport } from "../../../../node/commands/demo/messages.ts";
import { Story } from "../../../../node/commands/demo/story.ts";
import { Demo } from "../../../../node/page/view/demo.ts";

const OPTIONS = { peers: 3, attackers: 1, seconds: 10, names: ["robust", "mean", "alone"] } as const;

/** A report of peer `i` after so many merges, in each of which it took a model of all others. */
function report(i: number, merges: number, accuracy: number): PeerReport {
  const others = [0, 1, 2].filter((other) => other !== i);
  return {
    accuracy,
    status: {
      ...{ peerId: `p${i}`, age: merges, neighbours: 2, bytesIn: 1, bytesOut: 2 },
      counters: { merges, used: 2 * merges, clipped: 0, duplicate: 0 },
    } as unknown as PeerReport["status"],
    merged: others.map((other) => ({
      peer: `p${other}`,
      models: merges,
      influence: merges * (other === 2 ? 0.1 : 0.3),
    })),
  };
}
const reports = (merges: number) => [report(0, merges, 0.8), report(1, merges, 0.6), report(2, merges, 0.1)];

describe("the story of the demo", () => {
  it("has the mean accuracy of the honest peers over time, and who pulled from whom since the last look", () => {
    const story = new Story(OPTIONS);
    story.look(0, 1, [undefined, undefined, undefined]);
    story.look(0, 2, reports(4));
    story.look(0, 3, reports(6));
    const { curves, edges, peers } = story.now();
    assert.deepEqual(curves[0]?.points, [
      [2, 0.7],
      [3, 0.7],
    ]);
    assert.equal(edges.length, 6);
    const edge = edges.find(({ from, to }) => from === 2 && to === 0);
    assert.deepEqual([edge?.models, edge?.influence.toFixed(3)], [2, "0.100"]);
    assert.deepEqual(
      peers.map(({ isLiar }) => isLiar),
      [null, null, null],
      "who lies is told at the end",
    );
  });

  it("tells at the end who lied, and what was merged over the whole run", () => {
    const story = new Story(OPTIONS);
    story.look(0, 2, reports(4));
    story.alone([0.2, 0.4]);
    story.end(reports(6), [{ name: "robust", meanAccuracy: 0.7, minAccuracy: 0.6 }], ["all logs hold"]);
    const { curves, edges, peers } = story.now();
    assert.deepEqual(
      peers.map(({ isLiar }) => isLiar),
      [false, false, true],
    );
    assert.equal(edges[0]?.models, 6);
    assert.deepEqual(curves[2]?.points, [
      [5, 0.2],
      [10, 0.4],
    ]);
  });

  it("holds a bounded number of points, and is drawn from its beginning to its end", () => {
    const story = new Story(OPTIONS);
    assert.match(renderToString(h(Demo, { now: story.now() })), /No peer has started/);
    for (let i = 0; i < 5_000; i++) story.look(0, i, reports(i));
    assert.ok((story.now().curves[0]?.points.length ?? 0) <= 400);
    story.end(reports(6), [{ name: "<script>", meanAccuracy: 0.7, minAccuracy: 0.6 }], ["<b>"]);
    const drawn = renderToString(h(Demo, { now: story.now() }));
    assert.doesNotMatch(drawn, /<script|NaN|undefined/);
    assert.match(drawn, /&lt;b>/);
    assert.match(drawn, /liar/);
  });
});
