/** Fine-tuning at the end of a run, as a site would do it with `hearsay personalise`: on four fifths of its rows, of which the last fifth says when to stop. */
import type { Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { fineTune } from "../../protocol/learn/personal/fine-tune.ts";
import type { Trainers } from "../../protocol/learn/trainer.ts";
import type { Learner } from "../algorithms/algorithm.ts";

export interface Tuning {
  readonly task: Task;
  readonly trainers: Trainers;
  readonly rows: Dataset;
  readonly steps: number;
}

/** Looks without a better model before a site stops. */
const PATIENCE = 5;

export async function tunedAlone({ task, trainers, rows, steps }: Tuning, learner: Learner): Promise<Float32Array> {
  const all = Array.from({ length: rows.length }, (_, row) => row);
  const isHeld = (row: number) => row % 5 === 4;
  const held = all.filter(isHeld);
  if (held.length === 0) return learner.model();
  const train = selectRows(
    rows,
    all.filter((row) => !isHeld(row)),
  );
  const trainer = trainers.create({ task, train, holdout: selectRows(rows, held) });
  const stepsAtOnce = Math.max(1, Math.ceil(task.training.steps / 2));
  const age = learner.cycles() * task.training.steps;
  return (await fineTune(trainer, learner.model(), { steps, stepsAtOnce, patience: PATIENCE, seed: "tune", age }))
    .params;
}
