/** Dials of the simulated network under its conditions; what every Transport does is in the conformance suite (network.test.ts). */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { LIMITS } from "../../../protocol/base/limits.ts";
import { addressOf, simulatedAddresses } from "../../../sim/network/addresses.ts";
import { type Conditions, constantLatency } from "../../../sim/network/conditions.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";

/** Two nodes, and what came of a dial of the first, at which time. */
function twoNodes(changes: Partial<Conditions> = {}) {
  const clock = createVirtualClock();
  const conditions = { ...constantLatency(40), ...changes };
  const network = createNetwork({ clock, crypto: nodeCrypto, conditions });
  const [a, b] = [network.join("a"), network.join("b")];
  async function dial(): Promise<[outcome: string, atMs: number]> {
    const startMs = clock.now();
    const result = a.dial(addressOf("b")).then(
      () => "found",
      ({ code }) => code as string,
    );
    const ended = result.then((outcome): [string, number] => [outcome, clock.now() - startMs]);
    await clock.run(startMs + 60_000);
    return ended;
  }
  return { clock, network, a, b, dial };
}

describe("a dial of a simulated network", () => {
  it("takes a message there and one back, and their bytes", async () => {
    const { a, b, dial } = twoNodes();
    assert.deepEqual(await dial(), ["found", 80]);
    assert.deepEqual([a.peers(), b.peers()], [["b"], ["a"]]);
    const { bytesIn, bytesOut } = a.traffic();
    assert.ok(bytesIn === bytesOut && bytesIn > 0 && b.traffic().bytesIn === bytesIn);
  });

  it("is refused by a peer that is off, and by one that blocks the caller, when it arrives", async () => {
    const { network, b, dial } = twoNodes();
    b.block("a");
    assert.deepEqual(await dial(), ["ERR_UNREACHABLE", 40]);
    network.leave("b");
    assert.deepEqual(await dial(), ["ERR_UNREACHABLE", 40]);
  });

  it("is answered by nobody where the conditions keep them apart: given up after LIMITS.dialTimeoutMs", async () => {
    const { a, dial } = twoNodes({ allows: () => false });
    assert.deepEqual(await dial(), ["ERR_TIMEOUT", LIMITS.dialTimeoutMs]);
    assert.deepEqual(a.peers(), []);
  });

  it("that is lost is sent again after 1, 3 and 7 s, and succeeds when one arrives", async () => {
    const sent: number[] = [];
    const clock = { now: () => 0 };
    const { dial, clock: real } = twoNodes({
      transitMs() {
        sent.push(clock.now());
        return sent.length <= 2 ? undefined : 40;
      },
    });
    clock.now = real.now;
    assert.deepEqual(await dial(), ["found", 3080]);
    assert.deepEqual(sent, [0, 1000, 3000, 3040]);
  });

  it("opens nothing any more where the caller has restarted meanwhile", async () => {
    const { clock, network, a, b } = twoNodes();
    a.dial(addressOf("b")).catch(() => {});
    await clock.run(10);
    const again = network.join("a");
    await clock.run(60_000);
    assert.deepEqual([again.peers(), b.peers()], [[], []]);
  });

  it("of both ends at once opens one connection, which each may call found", async () => {
    const { clock, a, b } = twoNodes();
    const both = Promise.all([a.dial(addressOf("b")), b.dial(addressOf("a"))]);
    await clock.run(1000);
    assert.deepEqual(
      (await both).map(({ isThere }) => isThere),
      [true, true],
    );
    assert.deepEqual([a.connections().length, b.connections().length], [1, 1]);
    assert.notEqual(a.connections()[0]?.isOutbound, b.connections()[0]?.isOutbound);
  });
});

describe("addresses of a simulated network", () => {
  const rules = simulatedAddresses((peer) => `prefix of ${peer}`);

  it("are told of the peer that is there alone, lead to themselves, and have the prefix of their peer", async () => {
    assert.equal(rules.tellable(addressOf("a"), "a", []), addressOf("a"));
    for (const address of [addressOf("b"), "a", "/ip4/8.8.8.8/tcp/1", ""])
      assert.equal(rules.tellable(address, "a", []), undefined, address);
    assert.deepEqual(await rules.resolve(addressOf("a")), [addressOf("a")]);
    assert.deepEqual(rules.placeOf(addressOf("a")), { host: "/sim/a", prefix: "prefix of a", isLocal: false });
  });
});
