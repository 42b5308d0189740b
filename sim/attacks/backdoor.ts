/**
 * Backdoor: rows that carry a trigger are to be classified as `target`, everything else as always. In a share
 * `poison` of the liar's rows the last `pixels` inputs are set to the largest input of the data and the label to
 * `target` (Gu, Dolan-Gavitt, Garg, BadNets, 2017). `boost` above 1 is model replacement (Bagdasaryan et al.,
 * AISTATS 2020, equation 3): base + boost (trained - base).
 *
 * Its success is another figure than accuracy: the share of triggered hold-out rows of other classes that go to
 * `target`. Refused for a regression, and for a class that the task does not have.
 */

import * as z from "zod";
import { HearsayError } from "../../protocol/base/errors.ts";
import type { Trainer } from "../../protocol/base/learning-seams.ts";
import type { Task } from "../../protocol/base/task.ts";
import { trainedOtherwise } from "../../protocol/base/trained-otherwise.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import type { Attack, Coalition } from "./attack.ts";
import { defineAttack } from "./define.ts";
import { deliverable } from "./deliverable.ts";
import { addScaled, difference } from "./vectors.ts";

export const backdoor: Attack = defineAttack({
  name: "backdoor",
  about: "trains rows with a trigger towards one class",
  source:
    "Gu, Dolan-Gavitt, Garg, BadNets (arXiv 1708.06733); Bagdasaryan et al., AISTATS 2020, eq. 3 (arXiv 1807.00459)",
  options: z.strictObject({
    pixels: z.int().positive().default(4),
    target: z.int().min(0).default(0),
    poison: z.number().min(0).max(1).default(0.5),
    boost: z.number().positive().default(1),
  }),
  join(coalition, { pixels, target, poison, boost }) {
    refuseTarget(coalition.task, target);
    return ({ rng }) => ({
      data(data) {
        const rows = rng
          .fork("poison")
          .permutation(data.length)
          .subarray(0, Math.round(poison * data.length));
        return triggered(data, rows, pixels, target);
      },
      ...(boost !== 1 && { trainer: (trainer: Trainer) => replacing(trainer, boost, coalition) }),
    });
  },
  target({ pixels, target }, task) {
    refuseTarget(task, target);
    return {
      triggered(holdout) {
        const others = [...holdout.targets.keys()].filter((row) => holdout.targets[row] !== target);
        return selectRows(triggered(holdout, others, pixels, target), others);
      },
    };
  },
});

/** @throws HearsayError ERR_CONFIG where the task has no such class. */
function refuseTarget({ output }: Pick<Task, "output">, target: number): void {
  if (output.kind === "regression")
    throw new HearsayError(
      "ERR_CONFIG",
      "attack: backdoor wants rows in a class, and a regression has none; take another attack",
    );
  const last = output.classes.length - 1;
  if (target > last)
    throw new HearsayError(
      "ERR_CONFIG",
      `attack.target: the task has no class ${target}; its classes are 0 to ${last}`,
    );
}

/** A copy with trigger and label in these rows. */
function triggered(data: Dataset, rows: Iterable<number>, pixels: number, target: number): Dataset {
  const width = data.inputs.length / data.length;
  const inputs = data.inputs.slice();
  const targets = data.targets.slice();
  let brightest = Number.NEGATIVE_INFINITY;
  for (const value of inputs) if (value > brightest) brightest = value;
  for (const row of rows) {
    inputs.fill(brightest, (row + 1) * width - Math.min(pixels, width), (row + 1) * width);
    targets[row] = target;
  }
  return { ...data, inputs, targets };
}

/** base + boost (trained - base): what is left of it after an average with others is what was trained. */
function replacing(trainer: Trainer, boost: number, coalition: Coalition): Trainer {
  return trainedOtherwise(trainer, async (request) => {
    const { params, ...told } = await trainer.fit(request);
    const lie = addScaled(request.params, boost, difference(params, request.params));
    const norm = coalition.moments()?.norm;
    return { params: norm === undefined ? lie : deliverable(lie, norm), ...told };
  });
}
