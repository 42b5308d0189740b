import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAlone } from "../../../node/observe/alone.ts";
import type { FitRequest } from "../../../protocol/base/learning-seams.ts";
import type { Task } from "../../../protocol/base/task.ts";

const TASK = { training: { steps: 10 } } as unknown as Pick<Task, "training">;
const begin = async () => Float32Array.of(0.5, 0);

/** A trainer that takes 1 ms a step, and is as good as its list says. */
function bench(figures: readonly number[]) {
  const asked: FitRequest[] = [];
  let [nowMs, evaluated] = [0, 0];
  const trainer = {
    async fit(request: FitRequest) {
      asked.push(request);
      nowMs += request.steps;
      return { params: request.params.map((value) => value + request.steps), loss: 0 };
    },
    evaluate: async () => ({ numExamples: 1, loss: 0, accuracy: figures[evaluated++] as number }),
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { asked, trainer, pass, monotonicMs: () => nowMs };
}

describe("the model alone", () => {
  it("goes on from where it stood, with as many steps as it is given, and never more", async () => {
    const { asked, pass, ...parts } = bench([0.1, 0.2, 0.3]);
    const alone = createAlone({ ...parts, task: TASK, begin, metric: { name: "accuracy", lowerIsBetter: false } });
    assert.deepEqual(alone.now(), { figure: null, steps: 0 });
    for (const steps of [10, 10, 500, 500]) {
      await alone.advance(steps);
      pass(1e6);
    }
    assert.deepEqual(
      asked.map(({ steps, age, params }) => [steps, age, params[0]]),
      [
        [10, 0, 0.5],
        [150, 10, 10.5],
        [150, 160, 160.5],
      ],
    );
    assert.equal(alone.now().steps, 310);
  });

  it("shows the best that it had: what others bring is not overstated", async () => {
    for (const [lowerIsBetter, best] of [
      [false, 0.9],
      [true, 0.2],
    ] as const) {
      const { pass, ...parts } = bench([0.2, 0.9, 0.4]);
      const alone = createAlone({ ...parts, task: TASK, begin, metric: { name: "accuracy", lowerIsBetter } });
      for (const steps of [10, 20, 30]) {
        await alone.advance(steps);
        pass(1e6);
      }
      assert.equal(alone.now().figure, best);
    }
  });

  it("takes a tenth of the time, and rests meanwhile", async () => {
    const { asked, pass, ...parts } = bench([0.1, 0.2]);
    const alone = createAlone({ ...parts, task: TASK, begin, metric: { name: "accuracy", lowerIsBetter: false } });
    await alone.advance(1_000); // 10 steps, 10 ms: due after 90 ms more
    pass(80);
    await alone.advance(1_000);
    assert.equal(asked.length, 1);
    pass(20);
    await alone.advance(1_000);
    assert.equal(asked.length, 2);
  });

  it("stands as it is where the engine has gone", async () => {
    const { trainer, ...parts } = bench([0.1]);
    const fit = () => Promise.reject(new Error("closed"));
    const alone = createAlone({
      ...{ ...parts, trainer: { ...trainer, fit }, task: TASK, begin },
      metric: { name: "accuracy", lowerIsBetter: false },
    });
    await alone.advance(10);
    assert.deepEqual(alone.now(), { figure: null, steps: 0 });
  });
});
