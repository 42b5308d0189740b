/** A training does not hold up a merge. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withSpareAggregator } from "../../../node/engines/spare-aggregator.ts";
import { plainAggregator, ruleNamed, ruleParameters } from "../../../protocol/aggregate/registry.ts";
import type { FitResult, Trainer } from "../../../protocol/base/learning-seams.ts";
import { crowd } from "../../protocol/aggregate/inputs.ts";

test("a merge during a training is made in another thread, with the same bits; one between two trainings is not", async () => {
  let end = (_: FitResult) => {};
  const trainer = {
    fit: () =>
      new Promise<FitResult>((resolve) => {
        end = resolve;
      }),
  } as unknown as Trainer;
  const asked: string[] = [];
  const spared = withSpareAggregator(trainer, {
    aggregate: (rule, parameters, input) => {
      asked.push(rule);
      return plainAggregator.aggregate(rule, parameters, input);
    },
  });
  const { parameters } = ruleParameters(ruleNamed("guarded-median"), {});
  const input = crowd(1, 5, 40);
  const merge = () => spared.aggregator.aggregate("guarded-median", parameters, input);
  const expected = await plainAggregator.aggregate("guarded-median", parameters, input);
  const fit = spared.trainer.fit({ params: input.own, steps: 1, seed: "s" });
  try {
    for (let i = 0; i < 2; i++) assert.deepEqual(await merge(), expected);
    assert.deepEqual(asked, []);
    end({ params: input.own, loss: 0 });
    await fit;
    assert.deepEqual(await merge(), expected);
    assert.deepEqual(asked, ["guarded-median"]);
  } finally {
    await spared.close();
  }
});
