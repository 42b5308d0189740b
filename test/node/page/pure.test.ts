/** The parts of the page that need no browser. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PageFacts, PageNow, PageSample } from "../../../node/observe/messages.ts";
import { eventReader } from "../../../node/page/events.ts";
import { agoText, durationText, figureText, speedText, tickText } from "../../../node/page/format.ts";
import { arcPath, circlePlaces, linePath } from "../../../node/page/plot.ts";
import { byteRates, influenceStack, learningCurves, prequentialCurve } from "../../../node/page/series.ts";
import { after, MOST_MERGES, MOST_SAMPLES, NOTHING } from "../../../node/page/state.ts";
import { REASONS, verdictOf } from "../../../node/page/words.ts";
import { ERROR_CODES } from "../../../protocol/base/errors.ts";
import type { RememberedMerge } from "../../../protocol/peer/memory/history.ts";

const sample = (atMs: number, more: Partial<PageSample> = {}): PageSample => ({
  ...{ atMs, cycle: 1, own: null, alone: null, bytesIn: 0, bytesOut: 0, neighbours: 0 },
  ...more,
});
const merge = (cycle: number, shares: Record<string, number>): RememberedMerge => ({
  ...{ cycle, tsMs: cycle, rule: "r" },
  parents: Object.entries(shares).map(([peer, influence]) => ({ peer, influence, status: "used" })),
});

describe("the stream of the page", () => {
  it("gives the same events however it is cut", () => {
    const text = 'event: now\ndata: {"a":"x\\n\\ny"}\n\n: a comment\n\nevent: sample\ndata: 2\n\n';
    for (let size = 1; size <= text.length; size++) {
      const read = eventReader();
      const events = [];
      for (let at = 0; at < text.length; at += size) events.push(...read(text.slice(at, at + size)));
      assert.deepEqual(events, [
        { name: "now", data: '{"a":"x\\n\\ny"}' },
        { name: "sample", data: "2" },
      ]);
    }
  });

  it("is given up where an event has no end", () => {
    const read = eventReader();
    assert.throws(() => {
      for (let i = 0; i < 20; i++) read("x".repeat(2 ** 20));
    }, RangeError);
  });
});

describe("what the page knows", () => {
  it("is bounded, whatever it is told", () => {
    let state = after(
      NOTHING,
      "samples",
      Array.from({ length: 2_000 }, (_, i) => sample(i)),
      1,
    );
    for (let i = 0; i < 600; i++) state = after(state, "sample", sample(i), 2);
    for (let i = 0; i < 20; i++)
      state = after(
        state,
        "merges",
        Array.from({ length: 50 }, (_, k) => merge(50 * i + k, {})),
        3,
      );
    assert.equal(state.samples.length, MOST_SAMPLES);
    assert.equal(state.merges.length, MOST_MERGES);
    assert.equal(state.merges.at(-1)?.cycle, 999);
  });

  it("has each merge once, and begins anew where the stream does", () => {
    const once = after(NOTHING, "merges", [merge(1, {}), merge(2, {})], 1);
    const twice = after(once, "merges", [merge(2, {}), merge(3, {})], 2);
    assert.deepEqual(
      twice.merges.map(({ cycle }) => cycle),
      [1, 2, 3],
    );
    assert.deepEqual(after(twice, "facts", {}, 3).merges, []);
  });

  it("says that the peer lives with every event, and that it has stopped with the last", () => {
    assert.equal(after(NOTHING, "now", {}, 9).connection, "live");
    assert.equal(after(NOTHING, "something new", {}, 9).heardMs, 9);
    assert.equal(after(NOTHING, "ended", {}, 9).connection, "ended");
  });
});

describe("what is drawn", () => {
  it("has the curves of what was measured, and the level of no model beside them", () => {
    const samples = [sample(1_000), sample(2_000, { own: 0.5 }), sample(3_000, { own: 0.6, alone: 0.4 })];
    assert.deepEqual(learningCurves(samples, 0.1), {
      times: [2, 3],
      own: [0.5, 0.6],
      alone: [null, 0.4],
      naive: [0.1, 0.1],
    });
  });

  it("has how the model did on rows that came, from the first of them on", () => {
    const samples = [sample(1_000), sample(2_000, { prequential: 0.5 }), sample(3_000, { prequential: 0.6 })];
    assert.deepEqual(prequentialCurve(samples), { times: [2, 3], values: [0.5, 0.6] });
  });

  it("has bytes a second between two samples, and none where the clock was set back", () => {
    const samples = [
      sample(1_000, { bytesIn: 10, bytesOut: 0 }),
      sample(3_000, { bytesIn: 30, bytesOut: 8 }),
      sample(2_000, { bytesIn: 40, bytesOut: 8 }),
    ];
    assert.deepEqual(byteRates(samples), { times: [3], in: [10], out: [4] });
  });

  it("stacks the shares of those that moved the model most, in a bounded number of columns; the rest of 1 is the peer's own", () => {
    const merges = Array.from({ length: 256 }, (_, i) => merge(i, { a: 0.5, b: 0.25, c: 0.125, liar: 0 }));
    const { peers, columns } = influenceStack(merges, 2, 64);
    assert.deepEqual(peers, ["a", "b"]);
    assert.equal(columns.length, 64);
    assert.deepEqual(columns[0], { fromCycle: 0, toCycle: 3, shares: [0.5, 0.25], others: 0.125 });
    assert.deepEqual(influenceStack([], 6, 64), { peers: [], columns: [] });
  });
});

describe("the graph of the demo", () => {
  it("has its peers evenly on a circle, clockwise from the top", () => {
    for (const [i, { x, y }] of circlePlaces(8, 100).entries()) {
      const angle = (Math.PI * i) / 4;
      assert.ok(
        Math.abs(x - 100 * Math.sin(angle)) < 1e-4 && Math.abs(y + 100 * Math.cos(angle)) < 1e-4,
        `${i}: ${x} ${y}`,
      );
    }
  });

  it("draws the way there and the way back apart, and curves upwards", () => {
    const [a, b] = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
    ];
    assert.equal(arcPath(a, b), "M0 0Q50 16 100 0");
    assert.equal(arcPath(b, a), "M100 0Q50 -16 0 0");
    const frame = { width: 100, height: 50, mostX: 10, leastY: 0, mostY: 1 };
    assert.equal(
      linePath(
        [
          [0, 0],
          [5, 0.5],
          [10, 1],
        ],
        frame,
      ),
      "M0 50L50 25L100 0",
    );
  });
});

describe("figures in words", () => {
  it("have few digits and a unit, and a dash where there is none", () => {
    assert.equal(figureText(0.9344, { isShare: true }), "93.4 %");
    assert.equal(figureText(12.3456, { isShare: false }), "12.3");
    assert.equal(figureText(null, { isShare: true }), "–");
    assert.equal(speedText(1_234_567), "1.23 MB/s");
    assert.equal(speedText(undefined), "–");
    assert.deepEqual([900, 59_000, 61_000, 3_600_000, 7_500_000, 90_000_000].map(durationText), [
      "0 s",
      "59 s",
      "1 min",
      "1 h",
      "2 h 5 min",
      "1 d 1 h",
    ]);
    const noon = new Date(2026, 2, 4, 12, 5).getTime() / 1000;
    assert.deepEqual(
      [tickText(noon), tickText(noon + 30), tickText(noon, noon - 86_400)],
      ["12:05", "12:05:30", "12:05\n4 Mar"],
    );
    assert.deepEqual([agoText(200), agoText(4_200)], ["just now", "4 s ago"]);
  });

  it("have a sentence for every code with which something of a peer is refused", () => {
    const ofOwner = [
      "ERR_CONFIG",
      "ERR_TASK",
      "ERR_DATA",
      "ERR_INVITE",
      "ERR_STATE",
      "ERR_ENGINE",
      "ERR_TRAINER",
      "ERR_POLICY",
      "ERR_LOG_CLOSED",
    ];
    const known = new Set<string>([...ofOwner, ...Object.keys(REASONS)]);
    for (const code of Object.keys(REASONS)) assert.ok((ERROR_CODES as readonly string[]).includes(code), code);
    assert.deepEqual(
      ERROR_CODES.filter((code) => !known.has(code)),
      [],
    );
  });
});

describe("the sentence at the top", () => {
  const metric = { name: "accuracy", label: "accuracy", lowerIsBetter: false, isShare: true };
  const facts = { metric, naive: 0.1 } as PageFacts;
  const now = (own: number | null, alone: number | null, steps = 90) =>
    ({ own, alone: { figure: alone, steps, of: 100 } }) as unknown as PageNow;

  it("says whether the peer learns, and whether the others help", () => {
    assert.equal(verdictOf(facts, now(0.9, 0.8)).mood, "good");
    assert.match(verdictOf(facts, now(0.9, 0.8)).text, /90\.0 %.*better than your model alone \(80\.0 %\)/);
    assert.equal(verdictOf(facts, now(0.9, null)).mood, "good");
    assert.match(verdictOf(facts, now(0.7, 0.8)).text, /do not help/);
    assert.match(
      verdictOf(facts, now(0.9, 0.1, 20)).text,
      /still being trained \(20 of 100 steps\)/,
      "no unfair comparison",
    );
    assert.equal(verdictOf(facts, now(0.1, 0.8)).mood, "bad");
    assert.match(verdictOf(facts, now(null, null)).text, /not been measured/);
    assert.match(verdictOf({ ...facts, metric: null }, now(null, null)).text, /no hold-out/);
  });

  it("knows that a small error is a good one", () => {
    const errors = {
      metric: { name: "rmse", label: "rmse", lowerIsBetter: true, isShare: false },
      naive: 4,
    } as PageFacts;
    assert.equal(verdictOf(errors, now(2, 3)).mood, "good");
    assert.equal(verdictOf(errors, now(5, 3)).mood, "bad");
  });
});
