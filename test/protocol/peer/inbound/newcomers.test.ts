/** Keys cost nothing: what those that never delivered a model can take from those that did. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createPlaces } from "../../../../protocol/peer/inbound/places.ts";
import { createIdentities } from "../../../../protocol/peer/memory/identities.ts";
import { blobTask } from "../../../support/blobs.ts";
import { createCrowd } from "../../../support/crowd.ts";
import { underSilentKeys } from "../../../support/silent-keys.ts";

describe("fresh keys that announce and never answer", () => {
  it("four every five seconds leave nine honest neighbours four in five of their candidates", async () => {
    const options = { honest: 9, keys: 4, everyMs: 5000, forMs: 25_000 };
    const calm = await underSilentKeys(options, false);
    const attacked = await underSilentKeys(options, true);
    assert.ok(calm.candidates > 6);
    assert.ok(attacked.candidates > 0.8 * calm.candidates, `${attacked.candidates} of ${calm.candidates}`);
    assert.ok(attacked.merged > 0.8 * calm.merged);
  });
});

describe("forty identities that stay, announce every second and deliver nothing", () => {
  for (const refuse of [false, true])
    it(`leave three honest neighbours nearly all their merges, each of which needs all three: they ${refuse ? "refuse at once" : "are silent"}`, async () => {
      const prefixOf = (peer: string) => peer.slice(-1);
      const options = { honest: 3, keys: 40, goOn: true, forMs: 15_000, models: 3, refuse, prefixOf };
      const calm = await underSilentKeys(options, false);
      const attacked = await underSilentKeys(options, true);
      assert.ok(calm.merged > 0.8, `${calm.merged} of all cycles merge`);
      assert.ok(attacked.merged > 0.8 * calm.merged, `${attacked.merged} of ${calm.merged}`);
    });
});

describe("one author that delivered, and is silent from then on", () => {
  it("leaves three honest neighbours most of their merges, each of which needs all three", async () => {
    const options = { honest: 3, keys: 1, delivered: true, goOn: true, forMs: 20_000, models: 3 };
    const calm = await underSilentKeys(options, false);
    const attacked = await underSilentKeys(options, true);
    assert.ok(calm.merged > 0.8, `${calm.merged} of all cycles merge`);
    assert.ok(attacked.merged > 0.6 * calm.merged, `${attacked.merged} of ${calm.merged}`);
  });
});

/** Places on a clock that the test sets. */
function placesAt(known: readonly string[], prefixOf = (peer: string) => peer) {
  const world = { nowMs: 0 };
  const clock = { now: () => 0, monotonicMs: () => world.nowMs, after: () => () => {} };
  const standing = createIdentities(known);
  const { signal } = new AbortController();
  return { world, places: createPlaces({ clock, standing, transport: { prefixOf } as never, signal }, 10_000) };
}

const ALL = LIMITS.maxConcurrentPulls;

describe("the places for pulls", () => {
  it("are all open to newcomers while these deliver, so that a network in which all are new starts fast", () => {
    const { places } = placesAt([]);
    for (let i = 0; i < ALL; i++) {
      assert.ok(places.mayTake(`new ${i}`, false));
      places.take(`new ${i}`, false);
    }
    assert.equal(places.hasFree(), false);
    for (let i = 0; i < ALL; i++) places.end(`new ${i}`, "delivered");
    assert.ok(places.mayTake("new 9", false));
  });

  it("are closed to newcomers but for one after one of them was silent, and opened again one by one as they deliver", () => {
    const { places } = placesAt(["known"]);
    const open = () => {
      let count = 0;
      for (; count < ALL && places.mayTake(`probe ${count}`, false); count++) places.take(`probe ${count}`, false);
      for (let i = 0; i < count; i++) places.end(`probe ${i}`, "refused");
      return count;
    };
    places.take("silent", false);
    places.end("silent", "silent");
    assert.equal(open(), 1);
    places.take("good", false);
    places.end("good", "delivered");
    assert.equal(open(), 2);
    places.take("good", false);
    assert.ok(places.mayTake("known", false), "who is known is not concerned");
  });

  it("are given up by a pull that takes much longer than the mean, and of those that go on without one only some do", () => {
    const { world, places } = placesAt(["a", "b"]);
    places.take("a", false);
    world.nowMs = 100;
    places.end("a", "delivered");
    assert.equal(places.meanMs(), 100);
    const signals = Array.from({ length: LIMITS.maxSlowPulls + 1 }, (_, i) => {
      const signal = places.take(`slow ${i}`, false);
      world.nowMs += 399;
      assert.equal(places.release(), undefined, "not four times the mean yet");
      world.nowMs += 1;
      assert.equal(places.release(), `slow ${i}`);
      assert.deepEqual(places.placed(), []);
      return signal;
    });
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, ...Array(LIMITS.maxSlowPulls).fill(false)],
    );
    assert.equal(signals[0]?.reason.code, "ERR_TIMEOUT");
    assert.equal(places.pulling().length, LIMITS.maxSlowPulls + 1, "until it has ended");
  });

  it("are not given up before there is a mean, unless a quarter of all the time that a pull has is over", () => {
    const { world, places } = placesAt([]);
    places.take("first", false);
    world.nowMs = LIMITS.requestTimeoutMs / 4 - 1;
    assert.equal(places.release(), undefined);
    world.nowMs++;
    assert.equal(places.release(), "first");
  });

  it("are offered to those who are known first while newcomers are distrusted, and to newcomers of one address prefix as to one", () => {
    const { places } = placesAt(["known/1", "known/2"], (peer) => peer.split("/")[0] ?? "");
    const all = ["known/1", "x/1", "x/2", "y/1", "known/2", "x/3"];
    assert.deepEqual(places.inTurns(all), [all]);
    places.take("x/9", false);
    places.end("x/9", "silent");
    assert.deepEqual(places.inTurns(all), [
      ["known/1", "known/2"],
      ["x/1", "y/1"],
    ]);
  });

  it("have one for all authors that failed lately", () => {
    const { places } = placesAt(["a", "b"]);
    assert.ok(places.mayTake("a", true));
    places.take("a", true);
    assert.equal(places.mayTake("b", true), false);
    assert.equal(places.mayTake("b", false), true);
  });
});

describe("honest peers that start together behind one address", () => {
  it("merge as often as they would from many, and refuse each other nothing", async () => {
    const task = blobTask({ training: { steps: 1, batch: 4 } });
    const merges = async (prefixOf: (peer: string) => string) => {
      const crowd = createCrowd({ task, prefixOf });
      for (let i = 0; i < 12; i++) await crowd.join(i, { trainMs: 300 + 13 * i });
      await crowd.run(4000);
      const statuses = crowd.members.map(({ peer }) => peer.status().counters);
      return {
        merges: statuses.reduce((sum, counters) => sum + counters.merges, 0),
        refused: statuses.reduce((sum, { refused }) => sum + (refused.ERR_RATE ?? 0), 0),
      };
    };
    const apart = await merges((peer) => peer);
    const together = await merges(() => "one address");
    assert.ok(apart.merges > 20);
    assert.deepEqual(together, { merges: apart.merges, refused: 0 });
  });
});
