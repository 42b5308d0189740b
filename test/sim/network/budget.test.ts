import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseByteLimit } from "../../../protocol/traffic/byte-limit.ts";
import { createNodeBudget } from "../../../sim/network/budget.ts";
import type { Point, Report } from "../../../sim/run/report.ts";
import { blobScenario, runBlobs } from "../../support/experiments.ts";

/** In forty cycles of a second: a bucket of 20 kB, and 40 kB that flow in. */
const SMALL = "80kB/minute";

function endOf({ series }: Report): Point {
  return series.at(-1) as Point;
}

function mergesOf({ peers }: Report): number {
  return peers.reduce((sum, { merges }) => sum + Object.values(merges).reduce((a, b) => a + b, 0), 0);
}

describe("a budget in a simulation", () => {
  it("counts the bytes of a message and what real sockets add, and lets nothing pass beyond the bucket", () => {
    let nowMs = 0;
    const budget = createNodeBudget({ monotonicMs: () => nowMs }, { bytes: 4000, perMs: 1000 });
    assert.deepEqual([budget.pass(800), budget.pass(800)], [true, false]);
    assert.equal(budget.leftBytes(), 60);
    assert.equal(budget.spentBytes(), 940);
    nowMs = 500;
    assert.equal(budget.pass(800), true);
  });

  it("holds for every honest peer, which merge more rarely and learn all the same", async () => {
    const [free, held] = [
      await runBlobs({ cycles: 40 }),
      await runBlobs({ cycles: 40, network: { topology: { kind: "complete" }, budget: SMALL } }),
    ];
    const most = 60_000;
    assert.ok(endOf(held).bytesPerPeer <= most, `${endOf(held).bytesPerPeer} of ${most} bytes`);
    assert.ok(endOf(held).bytesPerPeer < endOf(free).bytesPerPeer / 2, `${endOf(free).bytesPerPeer} without a budget`);
    assert.ok(mergesOf(held) > 0 && mergesOf(held) < mergesOf(free), `${mergesOf(held)} of ${mergesOf(free)}`);
  });

  it("is refused where it is no budget", () => {
    assert.throws(() => blobScenario({ network: { budget: "2MB" } }), /network\.budget: .*write it as 2MB\/day/);
    assert.deepEqual(parseByteLimit(blobScenario({ network: { budget: SMALL } }).network.budget ?? ""), {
      bytes: 80_000,
      perMs: 60_000,
    });
  });
});
