import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createBucket } from "../../../protocol/traffic/bucket.ts";
import { createPlanned } from "../../../protocol/traffic/planned.ts";
import { createThrift, type ThriftStatus } from "../../../protocol/traffic/thrift.ts";
import { givenUp } from "../../../protocol/traffic/words.ts";

const DAY_MS = 86_400_000;
const OPTIONS = { minCycleMs: 1000, inboxSize: 8, quorum: 3, bodyBytes: 2500 };
/** What a model of a merge really costs, in and out. */
const MODEL_BYTES = 9000;

interface Day {
  readonly bytes: number;
  readonly trainings: number;
  readonly merges: number;
  /** Mean of merges. */
  readonly models: number;
  readonly told: readonly ThriftStatus[];
  readonly last: ThriftStatus | undefined;
}

/** A peer that has a day, and pulls what it may. */
function dayOf(bytes: number | undefined, days = 1): Day {
  let nowMs = 0;
  let spent = 0;
  const clock = { monotonicMs: () => nowMs };
  const bucket = bytes === undefined ? undefined : createBucket(clock, { bytes, perMs: DAY_MS });
  const spending = bucket && { ...bucket, spentBytes: () => spent };
  const told: ThriftStatus[] = [];
  const changed = (status: ThriftStatus) => void told.push(status);
  const thrift = createThrift({ clock, spending: () => spending }, { ...OPTIONS, changed });
  const merges: number[] = [];
  let trainings = 0;
  while (nowMs < days * DAY_MS && trainings < 100_000) {
    const { minCycleMs, most } = thrift.begin();
    trainings++;
    if (most > 0) merges.push(most);
    bucket?.take(most * MODEL_BYTES);
    spent += most * MODEL_BYTES;
    assert.ok(bucket === undefined || bucket.leftBytes() >= -MODEL_BYTES * most, "about what was planned");
    nowMs += minCycleMs;
  }
  const models = merges.reduce((sum, most) => sum + most, 0) / merges.length;
  return { bytes: spent, trainings, merges: merges.length, models, told, last: thrift.status() };
}

describe("thrift", () => {
  it("changes nothing where nothing is limited, or the budget is wide", () => {
    const free = dayOf(undefined);
    assert.deepEqual([free.trainings, free.merges, free.models], [86_400, 86_400, 8]);
    assert.deepEqual([free.told, free.last], [[], undefined]);
    const wide = dayOf(50e9);
    assert.deepEqual([wide.trainings, wide.merges, wide.models], [86_400, 86_400, 8]);
    assert.deepEqual([wide.told, givenUp(wide.last as ThriftStatus)], [[], []]);
  });

  it("plans about a budget that nobody counts for it: a day's merges cost as much, whatever strangers send", () => {
    let nowMs = 0;
    const clock = { monotonicMs: () => nowMs };
    const planned = createPlanned(clock, { bytes: 1e9, perMs: DAY_MS });
    const thrift = createThrift({ clock, spending: () => planned }, OPTIONS);
    let models = 0;
    while (nowMs < DAY_MS) {
      const { minCycleMs, most } = thrift.begin();
      models += most;
      nowMs += minCycleMs;
    }
    const bytes = models * (thrift.status() as ThriftStatus).modelBytes;
    assert.ok(bytes > 0.7e9 && bytes <= 1.05e9, `${bytes}`);
    assert.ok(Math.abs(planned.spentBytes() - bytes) < 1e6, `${planned.spentBytes()}`);
  });

  it("says how often it will merge in the long run, where what others send counts: as often as it comes to do", () => {
    for (const bytes of [1e6, 10e6, 100e6]) {
      const clock = { monotonicMs: () => 0 };
      const spending = { ...createBucket(clock, { bytes, perMs: DAY_MS }), spentBytes: () => 0 };
      const bodyBytes = MODEL_BYTES / 2 - 1500; // so that it is planned with what a model really costs
      const thrift = createThrift({ clock, spending: () => spending }, { ...OPTIONS, bodyBytes });
      const third = dayOf(bytes, 3).merges - dayOf(bytes, 2).merges;
      const everyMs = thrift.mergeEveryMs() as number;
      assert.ok(Math.abs(everyMs / (DAY_MS / third) - 1) < 0.15, `${everyMs} ms, ${DAY_MS / third} on the third day`);
      const planned = createPlanned(clock, { bytes, perMs: DAY_MS });
      assert.equal(createThrift({ clock, spending: () => planned }, OPTIONS).mergeEveryMs(), undefined);
    }
    assert.equal(
      createThrift({ clock: { monotonicMs: () => 0 }, spending: () => undefined }, OPTIONS).mergeEveryMs(),
      undefined,
    );
  });

  it("spends a day's budget in a day, evenly, and no more", () => {
    for (const bytes of [1e6, 10e6, 100e6, 1e9]) {
      const day = dayOf(bytes);
      assert.ok(day.bytes <= 1.05 * bytes && day.bytes >= 0.75 * bytes, `${day.bytes} of ${bytes}`);
    }
  });

  it("makes merges rarer first, and smaller when they would be rarer than twice an hour, down to the quorum", () => {
    const [ample, scarce, tiny] = [dayOf(100e6), dayOf(2e6), dayOf(200e3)];
    assert.equal(ample.models, 8);
    assert.ok(ample.merges < 2000 && ample.trainings === ample.merges);
    assert.ok(scarce.models >= 3.5 && scarce.models < 6, `${scarce.models}`);
    assert.ok(scarce.merges >= 35 && scarce.merges <= 60, `${scarce.merges}`);
    assert.equal(tiny.models, 3);
  });

  it("is quick while its bucket is full, so that a young peer learns soon", () => {
    const young = dayOf(1e9, 1 / 1440);
    assert.ok(young.merges >= 30, `${young.merges} merges in the first minute`);
    assert.ok(young.bytes <= 0.01 * 0.25 * 1e9 + 60 * 1.2e4, `${young.bytes}`);
  });

  it("trains on between merges that are far apart", () => {
    const { trainings, merges, last } = dayOf(300e3, 2);
    assert.ok(trainings >= 2 * 96 && trainings < 2 * 110, `${trainings}`);
    assert.ok(merges >= 10 && merges < 30, `${merges}`);
    assert.ok((last as ThriftStatus).trainings > 5);
  });

  it("trains alone where a merge of the quorum never fits, and says so", () => {
    const { merges, trainings, last, told } = dayOf(10e3);
    assert.deepEqual([merges, trainings], [0, 96]);
    assert.deepEqual(givenUp(last as ThriftStatus), [
      "trains alone until there is enough for a merge, of which a model costs 8 kB in all",
    ]);
    assert.equal(told.length, 1);
  });

  it("says in words what is given up, and tells when that has changed much", () => {
    const { last, told } = dayOf(1e6);
    const words = givenUp(last as ThriftStatus);
    assert.match(
      words.join("; "),
      /^merges every \d+ min instead of every 1 s; \d models a merge instead of 8; announces one training of \d$/,
    );
    assert.ok(told.length >= 1 && told.length <= 6, `${told.length}`);
  });
});
