/** Members hear each other's beacons, and whom they do not elect. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { sealBeacon } from "../../../protocol/gateway/beacon.ts";
import { BEAT_MS, createCluster, SILENT_MS } from "../../../protocol/gateway/cluster.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { identityOf } from "../../support/crowd.ts";

const TASK = new Uint8Array(32).fill(7);
const NONE = new Uint8Array(32);
const [self, other] = [identityOf(0), identityOf(1)];

/** A member that never wants to speak, beside one that does and says so all the time. */
async function open({ liars = new Set<string>() } = {}) {
  const clock = createVirtualClock(1_000_000);
  const says = () => {
    const atS = Math.floor(clock.now() / 1000);
    return { gateway: NONE, model: NONE, age: 0, atS, link: 1, uptime: 0, wish: 2 };
  };
  const transport = {
    peers: () => [other.peerId],
    request: async () => sealBeacon(TASK, says(), other),
    onConnect() {},
    onDisconnect() {},
  };
  const cluster = createCluster(
    { clock, crypto: nodeCrypto, identity: self, transport },
    {
      ...{ task: TASK, protocol: "beacon", wish: "never", signal: new AbortController().signal },
      ...{ liars, link: () => 1, isInside: () => true, changed() {}, news() {} },
    },
  );
  cluster.start();
  const pass = (ms: number) => clock.run(clock.now() + ms);
  await pass(SILENT_MS + BEAT_MS);
  return { cluster, clock, pass };
}

describe("a member of a place", () => {
  it("does not elect for a time who did not show what it released, and tells until when", async () => {
    const { cluster, clock, pass } = await open();
    assert.deepEqual([cluster.gateway(), cluster.status().unelected], [other.peerId, []]);
    cluster.distrust(other.peerId, 60_000);
    assert.equal(cluster.gateway(), undefined);
    assert.deepEqual(cluster.status().unelected, [{ peer: other.peerId, untilMs: clock.now() + 60_000 }]);
    await pass(58_000);
    assert.equal(cluster.gateway(), undefined);
    await pass(4_000);
    assert.deepEqual([cluster.gateway(), cluster.status().unelected], [other.peerId, []]);
  });

  it("does not elect for good who lied, now or before a restart", async () => {
    const { cluster, pass } = await open();
    cluster.distrust(other.peerId, Number.POSITIVE_INFINITY);
    await pass(10_000_000);
    const found = { gateway: cluster.gateway(), unelected: cluster.status().unelected };
    assert.deepEqual(found, { gateway: undefined, unelected: [{ peer: other.peerId, untilMs: null }] });
    const restarted = await open({ liars: new Set([other.peerId]) });
    assert.deepEqual(restarted.cluster.status().unelected, found.unelected);
  });
});
