import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRng } from "../../../protocol/base/rng.ts";
import { createConditions } from "../../../sim/network/models.ts";
import { dealNatClasses, natsConnect } from "../../../sim/network/nat.ts";
import { networkSchema } from "../../../sim/network/schema.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";

const NAT = { cone: 0.25, portRestricted: 0.3, symmetric: 0.2 };

describe("NAT", () => {
  it("lets everybody connect but a symmetric one with a symmetric or port-restricted one", () => {
    const kinds = ["public", "cone", "portRestricted", "symmetric"] as const;
    const table = kinds.map((a) => kinds.map((b) => (natsConnect(a, b) ? 1 : 0)));
    assert.deepEqual(table, [
      [1, 1, 1, 1],
      [1, 1, 1, 1],
      [1, 1, 1, 0],
      [1, 1, 0, 0],
    ]);
  });

  it("deals exactly the shares of the scenario, to other peers under another seed", () => {
    const deal = (seed: string) => dealNatClasses(NAT, 1000, createRng(seed));
    const count = (kind: string) => deal("one").filter((other) => other === kind).length;
    assert.deepEqual(
      [count("cone"), count("portRestricted"), count("symmetric"), count("public")],
      [250, 300, 200, 250],
    );
    assert.deepEqual(deal("one"), deal("one"));
    const moved = deal("one").filter((kind, i) => kind !== deal("two")[i]).length;
    assert.ok(moved > 600 && moved < 850, `${moved} of 1000 are others; 745 are to be expected`);
  });

  it("deals all peers where the shares add up to 1, however they round", () => {
    const classes = dealNatClasses({ cone: 1 / 3, portRestricted: 1 / 3, symmetric: 1 / 3 }, 10, createRng(1));
    assert.ok(!classes.includes("public"));
    assert.equal(networkSchema.safeParse({ nat: { cone: 0.6, symmetric: 0.6 } }).success, false);
  });

  it("decides who is allowed to connect", () => {
    const peers = Array.from({ length: 200 }, (_, i) => `p${i}`);
    const clock = createVirtualClock();
    const options = { peers, rng: createRng(3), clock, runMs: 1000 };
    const { allows } = createConditions(networkSchema.parse({ nat: NAT }), options);
    let [pairs, allowed] = [0, 0];
    for (const a of peers)
      for (const b of peers) {
        if (a === b) continue;
        assert.equal(allows(a, b), allows(b, a));
        pairs++;
        if (allows(a, b)) allowed++;
      }
    // refused: 40 x 39 symmetric pairs, and 40 x 60 with a port-restricted one, either way
    assert.equal(pairs - allowed, 40 * 39 + 2 * 40 * 60);
  });
});
