import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mean } from "../../../protocol/base/figures.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import { createDevices } from "../../../sim/devices/device.ts";
import { deviceSchema } from "../../../sim/devices/schema.ts";
import { createVirtualClock } from "../../../sim/seams/clock.ts";
import { deviation, isNear, median } from "../../support/samples.ts";

function devicesOf(source: object, count: number, seed = "devices") {
  const clock = createVirtualClock();
  return { clock, devices: createDevices(deviceSchema.parse(source), count, createRng(seed), clock) };
}

const timesOf = (source: object, count: number, seed?: string) =>
  devicesOf(source, count, seed).devices.map((device) => device.trainMs());

describe("devices", () => {
  it("have a lognormal speed of the scenario's median and sigma", () => {
    const times = timesOf({ cycleSeconds: 3, speedSigma: 0.6 }, 10_000);
    assert.ok(isNear(median(times), 3000, 0.03), `median ${median(times)}`);
    const sigma = deviation(times.map(Math.log));
    assert.ok(isNear(sigma, 0.6, 0.03), `sigma ${sigma}`);
  });

  it("have, stratified, the same speeds under every seed, dealt differently: the quantiles of the distribution", () => {
    const times = (seed: string) => timesOf({ speeds: "stratified" }, 31, seed);
    const sorted = (seed: string) => times(seed).sort((a, b) => a - b);
    assert.deepEqual(sorted("one"), sorted("two"));
    assert.notDeepEqual(times("one"), times("two"));
    assert.equal(sorted("one")[15], 1000, "the median device has the median speed");
    const least = sorted("one")[0] as number;
    assert.ok(isNear(least, 1000 * Math.exp(0.6 * -2.1412), 1e-3), `${least}`); // z of 1/62
  });

  it("take what was recorded of them, from its time on, and else the speed that they would have", () => {
    const trainings = [
      [20, 7, 1],
      [5, 3, 1],
    ];
    const usual = timesOf({}, 3);
    const { clock, devices } = devicesOf({ trainings }, 3);
    const now = () => devices.map((device) => device.trainMs());
    assert.deepEqual(now(), usual);
    for (const [atMs, expected] of [
      [5000, 3000],
      [19_999, 3000],
      [20_000, 7000],
      [90_000, 7000],
    ] as const)
      clock.after(atMs, () => assert.deepEqual(now(), [usual[0], expected, usual[2]]));
    return clock.run(100_000);
  });

  it("refuse a record of a device that there is not, by its row", () => {
    assert.throws(() => devicesOf({ trainings: [[0, 1, 3]] }, 3), {
      code: "ERR_CONFIG",
      message: /devices\.trainings: row 1 names peer 3, but there are 3, from 0/,
    });
  });

  it("keep their speed from training to training", () => {
    const { devices } = devicesOf({}, 20);
    const times = devices.map((device) => device.trainMs());
    assert.deepEqual(
      devices.map((device) => device.trainMs()),
      times,
    );
    assert.ok(new Set(times).size === 20);
  });

  it("are stragglers in exactly the share of the scenario, others under another seed", () => {
    const source = { speedSigma: 0, stragglers: { share: 0.3, slowdown: 20 } };
    const slow = (seed: string) => timesOf(source, 101, seed).flatMap((ms, i) => (ms === 20_000 ? [i] : []));
    assert.equal(slow("one").length, 30);
    assert.deepEqual(slow("one"), slow("one"));
    assert.notDeepEqual(slow("one"), slow("two"));
    assert.equal(timesOf(source, 101).filter((ms) => ms === 1000).length, 71);
  });

  it("keep their speeds when stragglers and batteries come in", () => {
    const plain = timesOf({}, 50);
    const ratios = timesOf({ stragglers: { share: 0.5, slowdown: 7 }, battery: {} }, 50).map(
      (ms, i) => ms / (plain[i] as number),
    );
    assert.deepEqual(new Set(ratios.map((ratio) => Math.round(ratio * 1e9) / 1e9)), new Set([1, 7]));
  });
});

describe("battery", () => {
  /** Times at which one device ends its trainings, one right after the other. */
  async function endsOf(source: object, trainings: number): Promise<number[]> {
    const { clock, devices } = devicesOf({ speedSigma: 0, ...source }, 1);
    const ends: number[] = [];
    for (let i = 0; i < trainings; i++) {
      await clock.run(clock.now() + (devices[0]?.trainMs() ?? 0));
      ends.push(clock.now());
    }
    return ends;
  }

  it("sleeps when it is empty until it is half full, and charges in its sleep and at work", async () => {
    const ends = await endsOf({ battery: { capacity: 8, chargeRate: 0.5 } }, 60);
    const spans = ends.map((end, i) => end - (ends[i - 1] ?? 0));
    const sleeps = spans.flatMap((ms, i) => (ms > 1000 ? [i] : []));
    // Awake it loses 1 and gains 0.5 a training. From 4: 3 after taking the first; before training k it has 4 - k / 2: below 1 at 7.
    assert.deepEqual(new Set(sleeps.slice(1).map((at, i) => at - (sleeps[i] as number))), new Set([7]));
    // Then 0.5 are there, 3.5 are missing: 7 seconds at 0.5 a second, and the training itself.
    assert.deepEqual(new Set(sleeps.slice(1).map((at) => Math.round(spans[at] as number))), new Set([8000]));
  });

  it("trains in the long run as often as it charges", async () => {
    for (const chargeRate of [0.1, 0.4, 0.8]) {
      const ends = await endsOf({ battery: { capacity: 20, chargeRate } }, 4000);
      const rate = (1000 * ends.length) / (ends.at(-1) as number);
      assert.ok(isNear(rate, chargeRate, 0.03), `${rate} a second with ${chargeRate} charged`);
    }
  });

  it("never sleeps where it charges as fast as it trains", async () => {
    assert.equal((await endsOf({ battery: { capacity: 2, chargeRate: 1 } }, 500)).at(-1), 500_000);
  });

  it("starts anywhere between half and full", async () => {
    const { devices } = devicesOf({ speedSigma: 0, battery: { capacity: 100, chargeRate: 1e-9 } }, 2000);
    const trainings = devices.map((device) => {
      let count = 0;
      while (device.trainMs() === 1000) count++;
      return count;
    });
    assert.ok(Math.min(...trainings) >= 50 && Math.max(...trainings) <= 100);
    assert.ok(isNear(mean(trainings), 74.5, 0.02), `mean ${mean(trainings)}`);
    assert.ok(isNear(deviation(trainings), 50 / Math.sqrt(12), 0.05), `deviation ${deviation(trainings)}`);
  });
});
