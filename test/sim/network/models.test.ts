import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeCrypto } from "../../../node/crypto.ts";
import { mean } from "../../../protocol/base/figures.ts";
import { createRng, type Rng } from "../../../protocol/base/rng.ts";
import { createLatency, leastLatencyMs } from "../../../sim/network/latency.ts";
import { createConditions, type ModelledConditions } from "../../../sim/network/models.ts";
import { createNetwork } from "../../../sim/network/network.ts";
import { networkSchema } from "../../../sim/network/schema.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { deviation, isNear, median } from "../../support/samples.ts";

const PEERS = ["a", "b", "c", "d", "e", "f"];

function conditionsOf(source: object, { peers = PEERS, seed = "conditions", runMs = 100_000 } = {}) {
  const clock = createVirtualClock();
  const rng = createRng(seed);
  return { clock, conditions: createConditions(networkSchema.parse(source), { peers, rng, clock, runMs }) };
}

const transits = (conditions: ModelledConditions, count: number, bytes = 100) =>
  Array.from({ length: count }, () => conditions.transitMs("a", "b", bytes));

describe("latency", () => {
  it("is the very same time where it is constant", () => {
    const { conditions } = conditionsOf({ latency: { kind: "constant", ms: 17 } });
    assert.deepEqual(new Set(transits(conditions, 100)), new Set([17]));
  });

  it("has the median and sigma of the scenario where it is lognormal", () => {
    const { conditions } = conditionsOf({ latency: { kind: "lognormal", medianMs: 40, sigma: 0.7 } });
    const logs = (transits(conditions, 20_000) as number[]).map(Math.log);
    assert.ok(isNear(Math.exp(mean(logs)), 40, 0.02), `median ${Math.exp(mean(logs))}`);
    assert.ok(isNear(deviation(logs), 0.7, 0.02), `sigma ${deviation(logs)}`);
  });

  it("of one sender does not depend on what others send meanwhile, and is never less than the least", () => {
    const latency = { kind: "lognormal", medianMs: 40, sigma: 0.7 } as const;
    const loss = { messages: 0.2, packets: 0.1 };
    const alone = transits(conditionsOf({ latency, loss }).conditions, 100);
    const { conditions } = conditionsOf({ latency, loss });
    const beside = Array.from({ length: 100 }, () => {
      conditions.transitMs("b", "a", 100);
      return conditions.transitMs("a", "b", 100);
    });
    assert.deepEqual(beside, alone);
    const lowest = { uint32: () => 0, normal: () => -5 } as unknown as Rng;
    assert.equal(createLatency(latency, lowest)(0, 1), leastLatencyMs(latency));
    assert.ok(leastLatencyMs(latency) > 0);
  });

  it("is that of the places, one way and the other, where peers are dealt to them in turn", () => {
    const { conditions } = conditionsOf({
      latency: {
        kind: "matrix",
        ms: [
          [1, 80],
          [90, 2],
        ],
      },
    });
    const way = (from: string, to: string) => conditions.transitMs(from, to, 10);
    assert.deepEqual([way("a", "c"), way("a", "b"), way("b", "a"), way("d", "f"), way("f", "e")], [1, 80, 90, 2, 90]);
  });
});

describe("bandwidth", () => {
  const line = { latency: { kind: "constant", ms: 10 }, bandwidth: { uploadKbps: 800, downloadKbps: 1600 } };

  it("takes bytes x 8 / kbps at either end, and queues what is sent at once", () => {
    const { conditions } = conditionsOf(line);
    // 1000 bytes: 10 ms up, 10 ms under way, 5 ms down; the second waits 10 ms for the line.
    assert.deepEqual(transits(conditions, 3, 1000), [25, 35, 45]);
    assert.equal(conditions.transitMs("b", "a", 1000), 25, "the other direction is another line");
  });

  it("makes senders wait for each other at the receiver", () => {
    const { conditions } = conditionsOf({ ...line, bandwidth: { uploadKbps: 8000, downloadKbps: 800 } });
    const from = (peer: string) => conditions.transitMs(peer, "f", 1000);
    assert.deepEqual([from("a"), from("b"), from("c")], [21, 31, 41]);
  });

  it("lets a message through that arrives before one of a slow sender which was sent earlier", () => {
    const { conditions } = conditionsOf({
      latency: {
        kind: "matrix",
        ms: [
          [0, 5, 500],
          [5, 0, 5],
          [500, 5, 0],
        ],
      },
      bandwidth: { uploadKbps: 8000, downloadKbps: 800 },
    });
    assert.equal(conditions.transitMs("c", "a", 1000), 1 + 500 + 10);
    assert.equal(conditions.transitMs("b", "a", 1000), 1 + 5 + 10);
    // 49,400 bytes from b leave at 50.4 and would take the line for 494 ms from 55.4 on: no room before 501, so they follow at 511.
    assert.equal(Math.round(conditions.transitMs("b", "a", 49_400) as number), 511 + 494);
  });

  it("is free again after the time that a message takes", async () => {
    const { clock, conditions } = conditionsOf(line);
    conditions.transitMs("a", "b", 1000);
    await clock.run(4);
    assert.equal(conditions.transitMs("a", "b", 1000), 31, "6 ms are left of the first");
    await clock.run(1000);
    assert.equal(conditions.transitMs("a", "b", 1000), 25);
  });

  it("carries no more than its rate, whatever the order of arrivals", async () => {
    const { clock, conditions } = conditionsOf({
      latency: { kind: "lognormal", medianMs: 50, sigma: 1 },
      bandwidth: { uploadKbps: 4000, downloadKbps: 1000 },
    });
    const rng = createRng("load");
    const arrivals: { endMs: number; bytes: number }[] = [];
    for (let i = 0; i < 2000; i++) {
      const bytes = 100 + rng.below(2000);
      const from = PEERS[1 + rng.below(5)] as string;
      arrivals.push({ endMs: clock.now() + (conditions.transitMs(from, "a", bytes) as number), bytes });
      await clock.run(clock.now() + rng.uniform() * 16);
    }
    arrivals.sort((x, y) => x.endMs - y.endMs);
    let busyUntilMs = 0;
    for (const { endMs, bytes } of arrivals) {
      const startMs = endMs - bytes / 125;
      assert.ok(startMs > busyUntilMs - 1e-6, `two messages on one line at ${startMs} ms`);
      busyUntilMs = endMs;
    }
  });

  it("gives each peer a lognormal line of the scenario's median and sigma", () => {
    const peers = Array.from({ length: 4000 }, (_, i) => `p${i}`);
    const bandwidth = { uploadKbps: 1000, downloadKbps: 1e12, sigma: 0.8 };
    const { conditions } = conditionsOf({ latency: { kind: "constant", ms: 0 }, bandwidth }, { peers });
    const factors = peers.map(
      (peer, i) => 8 / (conditions.transitMs(peer, peers[(i + 1) % 4000] as string, 1000) ?? 0),
    );
    assert.ok(isNear(median(factors), 1, 0.05), `median ${median(factors)}`);
    const sigma = deviation(factors.map(Math.log));
    assert.ok(isNear(sigma, 0.8, 0.05), `sigma ${sigma}`);
  });
});

describe("loss", () => {
  it("loses the share of messages that the scenario says, and delays none of the others", () => {
    const { conditions } = conditionsOf({ loss: { messages: 0.3 } });
    const times = transits(conditions, 20_000);
    const lost = times.filter((ms) => ms === undefined).length / times.length;
    assert.ok(isNear(lost, 0.3, 0.04), `lost ${lost}`);
    assert.deepEqual(new Set(times), new Set([undefined, 20]));
  });

  it("delays one segment by one more time-out, twice as long, for each loss in a row", () => {
    const { conditions } = conditionsOf({ loss: { packets: 0.3 } });
    const times = transits(conditions, 50_000, 1400);
    const shareOf = (ms: number) => times.filter((time) => time === ms).length / times.length;
    for (const [losses, lateMs] of [0, 200, 600, 1400, 3000].entries()) {
      const expected = 0.7 * 0.3 ** losses;
      assert.ok(
        isNear(shareOf(20 + lateMs), expected, 0.12),
        `${losses} losses: ${shareOf(20 + lateMs)}, not ${expected}`,
      );
    }
  });

  it("delays a message of many segments by the worst of them", () => {
    const { conditions } = conditionsOf({ loss: { packets: 0.1 } });
    const times = transits(conditions, 20_000, 10 * 1400);
    const late = (ms: number) => times.filter((time) => (time ?? Number.POSITIVE_INFINITY) > ms).length / times.length;
    assert.ok(isNear(late(20), 1 - 0.9 ** 10, 0.03), `any lost: ${late(20)}`);
    assert.ok(isNear(late(220), 1 - 0.99 ** 10, 0.1), `any lost twice: ${late(220)}`);
  });

  it("gives a message up when a segment is lost 16 times in a row", () => {
    const { conditions } = conditionsOf({ loss: { packets: 0.9 } });
    const times = transits(conditions, 20_000, 1400);
    const lost = times.filter((time) => time === undefined).length / times.length;
    assert.ok(isNear(lost, 0.9 ** 16, 0.06), `lost ${lost}`);
  });

  it("makes the sender's line carry lost packets again", () => {
    const bandwidth = { uploadKbps: 800, downloadKbps: 1e12 };
    const { conditions } = conditionsOf({ latency: { kind: "constant", ms: 0 }, bandwidth, loss: { packets: 0.5 } });
    const least = Math.min(
      ...Array.from({ length: 40 }, (_, i) => (conditions.transitMs("a", "b", 1000) ?? 0) - 20 * i),
    );
    assert.ok(Math.abs(least - 20) < 1e-3, `${least} ms`);
  });
});

describe("conditions", () => {
  it("are the same for the same seed, and others for another", () => {
    const source = {
      latency: { kind: "lognormal" },
      bandwidth: { uploadKbps: 1000, downloadKbps: 1000, sigma: 0.5 },
      loss: { messages: 0.1, packets: 0.1 },
    };
    const drawn = (seed: string) => transits(conditionsOf(source, { seed }).conditions, 200, 5000);
    assert.deepEqual(drawn("one"), drawn("one"));
    assert.notDeepEqual(drawn("one"), drawn("two"));
  });

  it("keep the draws of one model when another is changed", () => {
    const latency = { kind: "lognormal" };
    const plain = transits(conditionsOf({ latency }).conditions, 100);
    const lossy = transits(conditionsOf({ latency, nat: { cone: 0.5 }, loss: { packets: 1e-12 } }).conditions, 100);
    assert.deepEqual(plain, lossy);
  });

  it("know no peers but theirs", () => {
    const { conditions } = conditionsOf({});
    assert.throws(() => conditions.transitMs("a", "stranger", 1), RangeError);
    assert.throws(() => conditions.allows("stranger", "a"), RangeError);
  });

  it("drive a network that breaks when a partition begins and can be linked again when it ends", async () => {
    const { clock, conditions } = conditionsOf({ partitions: [{ from: 0.25, to: 0.5 }] }, { runMs: 999 });
    const network = createNetwork({ clock, crypto: nodeCrypto, conditions });
    const [a] = PEERS.map((peer) => network.join(peer));
    const linkAll = () => {
      for (const x of PEERS) for (const y of PEERS) network.connect(x, y);
    };
    linkAll();
    assert.deepEqual(conditions.changesMs, [250, 500]);
    const seen: (readonly string[] | undefined)[] = [];
    for (const atMs of conditions.changesMs)
      clock.after(atMs - clock.now(), () => {
        network.enforce();
        linkAll();
        seen.push(a?.peers());
      });
    await clock.run(999);
    assert.deepEqual(seen, [
      ["b", "c"],
      ["b", "c", "d", "e", "f"],
    ]);
  });
});
