import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createByteBudget } from "../../../node/net/byte-budget.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";

const { maxHeldBytes, maxHeldForNewcomersBytes, maxHeldForPrefixBytes, maxHeldForNeighbourBytes } = LIMITS;
const KIB = 1024;

function setUp() {
  return createByteBudget({
    prefixOf: (peer) => peer.split("/")[0] as string,
    isKnown: (peer) => peer.startsWith("known"),
  });
}

/** Bytes that fit in pieces of 64 KiB, held by `peers` in turn. */
function fill(budget: ReturnType<typeof setUp>, peerOf: (i: number) => string): number {
  let sum = 0;
  for (let i = 0; i < 4096; i++) if (budget.tryHold(peerOf(i), 64 * KIB) !== undefined) sum += 64 * KIB;
  return sum;
}

describe("the byte budget", () => {
  it("bounds what is held for one neighbour, one address prefix, all newcomers, and everybody", () => {
    assert.equal(
      fill(setUp(), () => "a/1"),
      maxHeldForNeighbourBytes,
    );
    assert.equal(
      fill(setUp(), (i) => `a/${i}`),
      maxHeldForPrefixBytes,
    );
    const budget = setUp();
    assert.equal(
      fill(budget, (i) => `${i}/${i}`),
      maxHeldForNewcomersBytes,
    );
    assert.equal(
      fill(budget, (i) => `known/${i}`),
      maxHeldBytes - maxHeldForNewcomersBytes,
      "nobody takes the room of the known",
    );
    assert.equal(budget.heldBytes(), maxHeldBytes);
  });

  it("leaves newcomers room for answers, however many half frames others of them send", () => {
    const budget = setUp();
    let frames = 0;
    for (let i = 0; i < 4096; i++) if (budget.tryHold(`${i}/${i}`, 64 * KIB, "frame") !== undefined) frames += 64 * KIB;
    assert.equal(frames, LIMITS.maxHeldFramesBytes);
    assert.equal(
      fill(budget, (i) => `new${i}/${i}`),
      maxHeldForNewcomersBytes - frames,
    );
    assert.ok(budget.tryHold("known/1", 64 * KIB, "frame"));
  });

  it("has all of it again when it is given back, however often", () => {
    const budget = setUp();
    for (let times = 0; times < 3; times++) {
      const holds = Array.from({ length: 30 }, () => budget.tryHold("a/1", 64 * KIB));
      assert.ok(holds.every((hold) => hold !== undefined));
      for (const hold of [...holds, ...holds]) hold?.release();
      assert.equal(budget.heldBytes(), 0);
    }
  });

  it("changes nothing where there is no room to grow", () => {
    const budget = setUp();
    const hold = budget.tryHold("a/1", KIB);
    assert.equal(hold?.resize(maxHeldForNeighbourBytes + 1), false);
    assert.equal(budget.heldBytes(), KIB);
    assert.equal(hold?.resize(2 * KIB), true);
    assert.equal(budget.heldBytes(), 2 * KIB);
  });

  it("lets who waits in as soon as there is room, and forgets who gives up", async () => {
    const budget = setUp();
    const first = budget.tryHold("a/1", maxHeldForNeighbourBytes);
    const entered: string[] = [];
    const never = new AbortController();
    const given = assert.rejects(budget.hold("a/1", KIB, never.signal), /enough/);
    const waits = ["x", "y"].map((name) =>
      budget.hold("a/1", maxHeldForNeighbourBytes / 2, AbortSignal.timeout(5000)).then(() => entered.push(name)),
    );
    await sleep(10);
    assert.deepEqual(entered, []);
    never.abort(new Error("enough"));
    await given;
    first?.release();
    await Promise.all(waits);
    assert.deepEqual(entered, ["x", "y"]);
    assert.equal(budget.heldBytes(), maxHeldForNeighbourBytes);
  });

  it("lets only so many wait, newcomers half of them", async () => {
    const budget = setUp();
    for (const peer of ["a/1", "known/1"]) budget.tryHold(peer, maxHeldForNeighbourBytes);
    const end = new AbortController();
    const ask = (peer: string) =>
      budget.hold(peer, KIB, end.signal).catch((error: { code?: string }) => error.code ?? "gave up");
    const asked = [
      ...Array(LIMITS.maxWaitingForRoom).fill("a/1"),
      ...Array(LIMITS.maxWaitingForRoom).fill("known/1"),
    ].map(ask);
    await sleep(10);
    end.abort(new Error("the end"));
    const codes = await Promise.all(asked);
    const refused = (from: number) =>
      codes.slice(from, from + LIMITS.maxWaitingForRoom).filter((code) => code === "ERR_RATE").length;
    assert.equal(refused(0), LIMITS.maxWaitingForRoom / 2);
    assert.equal(refused(LIMITS.maxWaitingForRoom), LIMITS.maxWaitingForRoom / 2, "the rest is left to the known");
  });
});
