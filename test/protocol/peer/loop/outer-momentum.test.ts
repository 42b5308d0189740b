/** Momentum from merge to merge: where trainings start, and that the log of a peer stays one that an audit believes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Trainer } from "../../../../protocol/base/learning-seams.ts";
import type { Archive, Clock } from "../../../../protocol/base/seams.ts";
import { createLookAhead } from "../../../../protocol/peer/loop/outer-momentum.ts";
import { createTraining } from "../../../../protocol/peer/loop/training.ts";
import type { Reports } from "../../../../protocol/peer/reports.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { audit, createAuditedCrowd } from "../../../support/audits.ts";
import { blobTask } from "../../../support/blobs.ts";
import { entriesOf } from "../../../support/crowd.ts";

const H = 5;
const withMomentum = (outerMomentum?: number) =>
  blobTask({ training: { steps: H, ...(outerMomentum !== undefined && { outerMomentum }) } });
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

  it("so that what is trained goes on from there, and its base stays the model", async () => {
    const starts: number[][] = [];
    const trainer = {
      fit: async ({ params }: { params: Float32Array }) => {
        starts.push([...params]);
        return { params: params.map((x) => x + 1), loss: 0 };
      },
    } as unknown as Trainer;
    const reports = { counters: {}, tell: () => {} } as unknown as Reports;
    const clock = { monotonicMs: () => 0 } as unknown as Clock;
    const task = withMomentum(0.5);
    const lookAhead = createLookAhead(task);
    const training = createTraining(
      { fit: trainer.fit, lookAhead, clock, reports },
      { task, self: "me", signal: new AbortController().signal },
    );
    await training(at(0, 1), 1, H);
    const own = await training(at(H, 3), 2, H);
    assert.deepEqual([starts, [...own.params], [...own.base]], [[[1], [4]], [5], [3]]);
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
