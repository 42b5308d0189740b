/** Models that an attacker trains on shares of the rows, as the attacked one was trained, to see how such models answer to what they know. */

import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { createRng } from "../../../protocol/base/rng.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../../protocol/learn/data/dataset.ts";
import type { Trainers } from "../../../protocol/learn/trainer.ts";
import type { Shadow } from "../../../protocol/privacy/inference/attack.ts";
import { type Observed, observe, together } from "../../../protocol/privacy/inference/observe.ts";
import { createShadowDraw, shadowSize } from "../../../protocol/privacy/inference/rows.ts";
import type { Examples } from "./examples.ts";
import type { Exposure, Sight } from "./released.ts";
import { createShadowFits, type ShadowFit } from "./shadow-fit.ts";
import type { Effort } from "./test-options.ts";

/** What answers to the rows, and what trains on some of them. */
export interface Workshop {
  readonly task: Task;
  readonly examples: Examples;
  readonly trainers: Trainers;
  /** Of the rows that models are asked about. */
  readonly asked: Dataset;
  readonly trainer: Trainer;
}

export function createWorkshop(task: Task, examples: Examples, trainers: Trainers): Workshop {
  const asked = selectRows(examples.pool, examples.asked);
  return { task, examples, trainers, asked, trainer: trainers.create({ task, train: asked }) };
}

/** How far the training of shadows has come; false ends it. */
export type Progress = (done: number) => boolean;

/** How the models that an attacker has answer to the rows. */
export async function observeModels(
  { task, asked: { inputs, targets }, trainer }: Workshop,
  models: readonly Float32Array[],
): Promise<Observed> {
  const observed: Observed[] = [];
  for (const params of models) observed.push(observe(task.output, await trainer.predict(params, inputs), targets));
  return together(observed);
}

/** At most `effort.shadows` of them, fewer where `progress` ends it: it is asked after every training of H steps. */
export async function trainShadows(
  workshop: Workshop,
  { sights, release }: Pick<Exposure, "sights" | "release">,
  effort: Pick<Effort, "shadows" | "maxSteps" | "seed">,
  progress: Progress,
): Promise<Shadow[]> {
  const { examples, task } = workshop;
  const { length } = examples.pool;
  const draw = createShadowDraw(length, shadowSize(examples.members, length), createRng(`shadows/${effort.seed}`));
  const fitOn = createShadowFits(task, workshop.trainers);
  const shadows: Shadow[] = [];
  while (shadows.length < effort.shadows) {
    const rows = draw();
    const fit = fitOn(selectRows(examples.pool, rows), `shadow/${effort.seed}/${shadows.length}`);
    const models: Float32Array[] = [];
    for (const [i, sight] of sights.entries()) {
      const course = {
        seed: `shadow/${effort.seed}/${shadows.length}`,
        steps: Math.min(sight.steps, effort.maxSteps),
        cycle: task.training.steps,
      };
      const trained = await train(fit, sight, course, (share) =>
        progress(shadows.length + (i + share) / sights.length),
      );
      if (trained === undefined) return shadows;
      models.push(release(trained));
    }
    const known = new Set(rows);
    const trainedOn = Uint8Array.from(examples.asked, (row) => (known.has(row) ? 1 : 0));
    shadows.push({ observed: await observeModels(workshop, models), trainedOn });
  }
  return shadows;
}

interface Course {
  readonly seed: string;
  readonly steps: number;
  /** Of one call: the optimiser begins anew then, as it does in a peer. */
  readonly cycle: number;
}

/** Undefined where `progress` ended it. */
async function train(
  fit: ShadowFit,
  { start, startAge }: Sight,
  { seed, steps, cycle }: Course,
  progress: Progress,
): Promise<Float32Array | undefined> {
  let params = start;
  for (let done = 0; done < steps; done += cycle) {
    const some = Math.min(cycle, steps - done);
    const age = startAge + done;
    const fitted = await fit({ params, steps: some, seed: `${seed}/${age}`, age });
    if (fitted === undefined) break;
    ({ params } = fitted);
    if (!progress((done + some) / steps)) return undefined;
  }
  return params;
}
