/** A trainer that takes rows between its trainings: each row is a test first, none counts twice, a restart changes nothing, and what is held is bounded. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FitRequest, Trainer } from "../../../../protocol/base/learning-seams.ts";
import { LIMITS } from "../../../../protocol/base/limits.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { createFollowing, type FollowingOptions } from "../../../../protocol/learn/stream/following.ts";
import type { StreamRow } from "../../../../protocol/learn/stream/slot-rows.ts";
import type {
  Batch,
  KeptRow,
  StreamChange,
  StreamEvent,
  StreamPast,
} from "../../../../protocol/learn/stream/stream.ts";
import { createVirtualClock } from "../../../../sim/seams/clock.ts";
import { learningTask } from "../../../support/learning.ts";

const TASK = learningTask(
  { kind: "softmax" },
  {
    input: { shape: [1] },
    output: { kind: "regression", targets: ["y"], mean: [0], std: [1] },
    training: { batch: 4 },
  },
);
const OPTIONS: FollowingOptions = {
  ...{ task: TASK, window: { kind: "last", rows: 20 }, holdout: 0, seed: "s", isTimed: true, latestMs: 1000 },
  alarm: { detector: "none", does: "rate", factor: 3, forMs: 5000, leastRows: 4 },
};
const NO_ROWS = { inputs: new Float64Array(), targets: new Float64Array(), length: 0 };

function rowAt(timeMs: number, x: number, y: number): StreamRow {
  return { timeMs, inputs: Float64Array.of(x), targets: Float64Array.of(y) };
}

/** y = slope x + 1, one row a second. */
function line(slope: number, from: number, rows: number): StreamRow[] {
  return Array.from({ length: rows }, (_, i) =>
    rowAt(from + i, ((7 * (from + i)) % 11) / 5 - 1, slope * (((7 * (from + i)) % 11) / 5 - 1) + 1),
  );
}

/** A peer of one, which trains when it is told, on rows that are put into `due`. */
class Site {
  readonly due: StreamRow[] = [];
  readonly asked: number[] = [];
  readonly requests: FitRequest[] = [];
  readonly events: StreamEvent[] = [];
  readonly saved: StreamChange[] = [];
  readonly clock = createVirtualClock();
  readonly rows = new Map<string, KeptRow>();
  readonly following: ReturnType<typeof createFollowing>;
  params: Float32Array = new Float32Array(2);

  constructor(options: Partial<FollowingOptions> = {}, past?: StreamPast) {
    for (const row of past?.rows ?? []) this.rows.set(`${row.window}/${row.slot}`, row);
    const trainer = createDenseTrainer({ task: TASK, train: NO_ROWS });
    this.following = createFollowing(
      {
        trainer: this.#recording(trainer),
        clock: this.clock,
        source: { name: "a test", take: async (most) => this.#take(most), acknowledge() {} },
        memory: { save: async (change) => this.#save(change) },
        model: () => this.params,
        tell: (event) => this.events.push(event),
      },
      { ...OPTIONS, ...options },
      past,
    );
  }

  async train(rows: readonly StreamRow[] = [], steps = 10): Promise<void> {
    this.due.push(...rows);
    const { params } = await this.following.trainer.fit({
      params: this.params,
      steps,
      seed: String(this.requests.length),
    });
    this.params = params;
  }

  past(): StreamPast {
    const counts = this.saved.at(-1)?.counts;
    assert.ok(counts);
    return { ...counts, rows: [...this.rows.values()].sort((a, b) => a.seq - b.seq) };
  }

  #recording(trainer: Trainer): Trainer {
    const { fit, replace } = trainer;
    return {
      ...trainer,
      fit: (request) => {
        this.requests.push(request);
        return fit(request);
      },
      ...(replace && { replace }),
    };
  }

  #take(most: number): Batch {
    this.asked.push(most);
    return { rows: this.due.splice(0, most), bad: 0, isMore: this.due.length > 0, position: this.asked.length };
  }

  #save(change: StreamChange): void {
    this.saved.push(change);
    for (const { window, slot } of change.freed) this.rows.delete(`${window}/${slot}`);
    for (const row of change.kept) this.rows.set(`${row.window}/${row.slot}`, row);
  }
}

/** The same site in another process, with what it had saved, as bytes. */
function restarted(site: Site, options: Partial<FollowingOptions>): Site {
  const { rows, ...counts } = site.past();
  const again = new Site(options, { ...JSON.parse(JSON.stringify(counts)), rows });
  again.params = site.params;
  again.requests.push(...site.requests); // seeds go on
  return again;
}

describe("a trainer of rows that go on coming", () => {
  it("predicts each row before it learns from it", async () => {
    const site = new Site();
    await site.train([rowAt(0, 0, 3)], 200);
    assert.equal(site.following.status().prequential.value, 3, "the model of zeros said 0");
    await site.train([rowAt(1, 0, 3)]);
    const { value } = site.following.status().prequential;
    assert.ok(value !== null && value < 3, String(value));
  });

  it("asks for rows again where there is none to learn from, as of a trainer that does not answer", async () => {
    const site = new Site();
    await assert.rejects(site.train(), { code: "ERR_TRAINER" });
    await assert.rejects(site.following.trainer.evaluate(site.params, "train"), { code: "ERR_TRAINER" });
    await site.train(line(2, 0, 5));
    assert.equal((await site.following.trainer.evaluate(site.params, "train")).numExamples, 5);
  });

  it("counts rows that come twice, too late, or from a day that has not come, and learns from none of them", async () => {
    const site = new Site();
    const tomorrow = site.clock.now() + LIMITS.maxClockSkewMs + 1;
    const rows = [...line(2, 5000, 10), rowAt(3999, 9, 9), rowAt(tomorrow, 9, 9), ...line(2, 5000, 10)];
    await site.train(rows);
    const { taken, late, ahead, duplicate } = site.following.status().rows;
    assert.deepEqual({ taken, late, ahead, duplicate }, { taken: 10, late: 1, ahead: 1, duplicate: 10 });
    assert.equal(site.following.status().window, 10);
  });

  it("takes equal rows for two readings where they have no time", async () => {
    const site = new Site({ isTimed: false });
    await site.train([rowAt(0, 1, 1), rowAt(0, 1, 1)]);
    assert.equal(site.following.status().window, 2);
  });

  it("holds no more than its window, and asks a source that floods for a bounded number of rows before each training", async () => {
    const site = new Site();
    await site.train(line(2, 0, LIMITS.maxRowsPerTraining + 500), 1);
    assert.deepEqual(site.asked, [LIMITS.maxRowsPerTraining]);
    assert.equal(site.due.length, 500);
    assert.equal(site.following.status().window, 20);
    assert.equal(site.rows.size, 20, "what is saved is bounded as well");
  });

  it("goes on after it was killed with the same rows, and to the same bits", async () => {
    const [whole, killed] = [new Site({ holdout: 0.3 }), new Site({ holdout: 0.3 })];
    for (const site of [whole, killed]) for (let i = 0; i < 5; i++) await site.train(line(2, 10 * i, 10));
    const again = new Site({ holdout: 0.3 }, killed.past());
    again.params = killed.params;
    again.requests.push(...killed.requests); // seeds go on
    for (const site of [whole, again]) for (let i = 5; i < 8; i++) await site.train(line(2, 10 * i, 10));
    assert.deepEqual(again.params, whole.params);
    assert.deepEqual([...again.rows.keys()].sort(), [...whole.rows.keys()].sort());
    assert.equal(again.following.status().rows.duplicate, 0);
    await again.train(line(2, 70, 10));
    assert.equal(again.following.status().rows.duplicate, 10, "also of rows that came before the restart");
  });

  it("holds out the share that is asked for, and learns from none of it", async () => {
    const site = new Site({ holdout: 0.25, window: { kind: "last", rows: 4000 }, latestMs: 1e6 });
    await site.train(line(2, 0, 2000), 1);
    const { window, holdout } = site.following.status();
    assert.equal(window + holdout, 2000);
    assert.ok(Math.abs(holdout - 500) < 80, String(holdout));
    assert.equal((await site.following.trainer.evaluate(site.params, "holdout")).numExamples, holdout);
  });

  it("refuses a window that takes more memory than there is to be", () => {
    const rows = LIMITS.maxWindowRows;
    const wide = learningTask({ kind: "softmax" }, { input: { shape: [100] } });
    assert.throws(() => new Site({ task: wide, window: { kind: "last", rows } }), { code: "ERR_CONFIG" });
  });
});

describe("a drift alarm", () => {
  const alarm = { ...OPTIONS.alarm, detector: "adwin" };
  const window = { kind: "last", rows: 400 };

  async function learn(site: Site): Promise<void> {
    for (let i = 0; i < 20; i++) await site.train(line(2, 32 * i, 32), 30);
    assert.deepEqual(site.events, [], "nothing has changed yet");
    for (let i = 20; i < 24; i++) await site.train(line(-2, 32 * i, 32), 1);
  }

  it("raises the learning rate for the time that it says, and says when that is over", async () => {
    const site = new Site({ alarm, window, latestMs: 1e6 });
    await learn(site);
    const [event] = site.events;
    assert.ok(event?.kind === "drift" && event.state === "alarm");
    assert.deepEqual(event.does, { kind: "rate", factor: 3, forMs: 5000 });
    assert.equal(site.requests.at(-1)?.rateFactor, 3);
    assert.equal(site.following.status().raised?.factor, 3);
    await site.clock.run(site.clock.monotonicMs() + 5001);
    await site.train();
    assert.equal(site.requests.at(-1)?.rateFactor, undefined);
    assert.deepEqual(site.events.at(-1), { kind: "drift", state: "over" });
  });

  it("a raised rate moves the model further in a step", async () => {
    const trainer = createDenseTrainer({
      task: TASK,
      train: { inputs: Float64Array.of(1), targets: Float64Array.of(1), length: 1 },
    });
    const request = { params: new Float32Array(2), steps: 1, seed: "" };
    const [usual, raised] = [await trainer.fit(request), await trainer.fit({ ...request, rateFactor: 3 })];
    assert.ok(Math.abs((raised.params[0] as number) - 3 * (usual.params[0] as number)) < 1e-6);
  });

  it("is given by what was learned before a restart, and holds through one", async () => {
    const [whole, killed] = [new Site({ alarm, window, latestMs: 1e6 }), new Site({ alarm, window, latestMs: 1e6 })];
    for (const site of [whole, killed]) for (let i = 0; i < 20; i++) await site.train(line(2, 32 * i, 32), 30);
    const again = restarted(killed, { alarm, window, latestMs: 1e6 });
    for (const site of [whole, again]) await site.train(line(-2, 640, 32), 1);
    assert.equal(again.events.length, 1, "the error of before is known");
    assert.deepEqual(again.events, whole.events);
    assert.deepEqual(again.following.status().prequential, whole.following.status().prequential);

    const later = restarted(again, { alarm, window, latestMs: 1e6 });
    await later.train();
    assert.equal(later.requests.at(-1)?.rateFactor, 3);
    const other = restarted(again, { alarm: { ...alarm, detector: "page-hinkley" }, window, latestMs: 1e6 });
    assert.equal(other.following.status().raised, undefined, "another detector begins anew");
  });

  it("or lets the rows of before leave the window", async () => {
    const site = new Site({ alarm: { ...alarm, does: "window" }, window, latestMs: 1e6 });
    await learn(site);
    assert.ok(site.following.status().window < 200, String(site.following.status().window));
    assert.equal(site.rows.size, site.following.status().window, "the store forgets them too");
  });
});
