/** Momentum from merge to merge: where trainings start, and that the log of a peer stays one that an audit believes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Archive, Clock } from "../../../../protocol/base/seams.ts";
import { createLookAhead } from "../../../../protocol/peer/loop/outer-momentum.ts";
import { createTraining } from "../../../../protocol/peer/loop/training.ts";
import type { Reports } from "../../../../protocol/peer/reports.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { audit, createAuditedCrowd } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { entriesOf } from "../../../support/crowd.ts";

const H = 5;
const withMomentum = (outerMomentum?: number, more = {}) =>
  blobTask({ training: { steps: H, ...(outerMomentum !== undefined && { outerMomentum }), ...more } });
const at = (age: number, ...params: number[]) => ({ params: Float32Array.from(params), age });

describe("with momentum between merges a training starts", () => {
  it("beyond the model, along its way since the last cycle; at the model in the first one", () => {
    const start = createLookAhead(withMomentum(0.5));
    assert.deepEqual([...start(at(0, 1, 2))], [1, 2]);
    assert.deepEqual([...start(at(H, 3, 2))], [4, 2]);
    assert.deepEqual([...start(at(2 * H, 4, 0))], [4.5, -1]);
  });

  it("at the model itself where the task does not name it", () => {
    const start = createLookAhead(withMomentum());
    for (const params of [at(0, 1, 2), at(H, 3, 2)]) assert.equal(start(params), params.params);
  });

  it("at the model that a peer took from others when it caught up, and at the one after an age was taken back", () => {
    const task = withMomentum(0.5);
    const most = task.staleness.cutoff * H;
    for (const [from, to] of [
      [0, most + 1],
      [10 * most, 1],
    ] as const) {
      const start = createLookAhead(task);
      start(at(from, 0));
      assert.deepEqual([...start(at(to, 8))], [8]);
      assert.deepEqual([...start(at(to + H, 10))], [11], "and it has momentum again in the next cycle");
    }
  });

  it("beyond it by the way of one training, where the network went further: a slow device does not leap", () => {
    const start = createLookAhead(withMomentum(0.5));
    start(at(0, 0));
    assert.deepEqual([...start(at(4 * H, 8))], [9]);
    assert.deepEqual([...start(at(4 * H + 1, 10))], [11], "a training of fewer steps takes all of its way");
  });

  it("at the model where its way turns back on the one before, and beyond it again where it goes on", () => {
    const start = createLookAhead(withMomentum(0.5));
    start(at(0, 0, 0));
    assert.deepEqual([...start(at(H, 4, 0))], [6, 0]);
    assert.deepEqual([...start(at(2 * H, 2, 1))], [2, 1], "the angle is 153 degrees");
    assert.deepEqual([...start(at(3 * H, 2, 3))], [2, 4], "and here 63");
    assert.deepEqual([...start(at(4 * H, 4, 2))], [5, 1.5], "to the side, by 117 degrees, is not back");
  });

  it("less far beyond it once the learning rate is at its floor", () => {
    const schedule = { kind: "cosine", steps: 2 * H, floor: 0.1 };
    const start = createLookAhead(withMomentum(0.75, { schedule }));
    start(at(0, 0));
    assert.deepEqual([...start(at(H, 4))], [7]);
    assert.deepEqual([...start(at(2 * H, 8))], [10]);
    const low = createLookAhead(withMomentum(0.25, { schedule }));
    low(at(2 * H, 0));
    assert.deepEqual([...low(at(3 * H, 4))], [5], "a lower one stays");
    const rough = createLookAhead({ ...withMomentum(0.75, { schedule }), codec: "int4" });
    rough(at(2 * H, 0));
    assert.deepEqual([...rough(at(3 * H, 4))], [4], "and with 4 bits there is none");
  });

  describe("and where", () => {
    const trainingOf = (starts: number[][]) => {
      const fit = async ({ params }: { params: Float32Array }) => {
        starts.push([...params]);
        return { params: params.map((x) => x + 1), loss: 0 };
      };
      const reports = { counters: {}, tell: () => {} } as unknown as Reports;
      const clock = { monotonicMs: () => 0 } as unknown as Clock;
      const task = withMomentum(0.5);
      const signal = new AbortController().signal;
      return createTraining({ fit, lookAhead: createLookAhead(task), clock, reports }, { task, self: "me", signal });
    };

    it("models were merged, what is trained goes on from there, and its base stays the model", async () => {
      const starts: number[][] = [];
      const training = trainingOf(starts);
      await training(at(0, 1), 1, H);
      const own = await training(at(H, 3), 2, H);
      assert.deepEqual([starts, [...own.params], [...own.base]], [[[1], [4]], [5], [3]]);
    });

    it("none came since the last training, it starts at what that gave; at the next merge the way since the last one counts", async () => {
      const starts: number[][] = [];
      const training = trainingOf(starts);
      const alone = await training(at(0, 1), 1, H);
      await training({ params: alone.params, age: H }, 2, H);
      await training(at(2 * H, 5), 3, H);
      assert.deepEqual(starts, [[1], [2], [6]], "of the four the half, for one of two trainings, by half");
    });
  });
});

it("a crowd with momentum learns, and its logs are those of trainings and merges as they are without it", async () => {
  const task = withMomentum(0.5);
  const { crowd, archives, join } = createAuditedCrowd(task, 0);
  for (let i = 0; i < 4; i++) await join(i, { trainMs: 200 });
  await crowd.run(4000);
  for (const [i, member] of crowd.members.entries()) {
    assert.ok(member.peer.status().counters.merges > 8);
    const { firstLie, tallies } = await audit(await entriesOf(member), task, (archives[i] as Archive).get);
    assert.equal(firstLie, undefined);
    assert.ok(tallies.aggregate.proved > 8 && tallies.aggregate.missing === 0, JSON.stringify(tallies));
  }
});

it("a task may name a momentum above 0 and below 1", () => {
  assert.equal(withMomentum(0.7).training.outerMomentum, 0.7);
  for (const outerMomentum of [0, 1, -0.5])
    assert.throws(() => parseTask({ ...withMomentum(), training: { outerMomentum } }), { code: "ERR_TASK" });
});
