/** What a trainer in a process of its own (process-trainer.ts) is told by the test that starts it: a task, rows, and how it misbehaves. */
import { writeFileSync } from "node:fs";
import type { LearningTask } from "../../protocol/base/task.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";

/** What it does at a training, once: a file remembers it over a start anew. */
export type Misdeed =
  | "crash"
  | "hang"
  | "nan"
  | "shape"
  | "print"
  | "refuse"
  | "half"
  | "huge"
  | "end"
  | "mute"
  | "deaf";

export interface TrainerSpec {
  /** What it trains with the engine dense. */
  readonly task: LearningTask;
  readonly train: Dataset;
  readonly holdout?: Dataset;
  readonly architecture?: string;
  readonly misdeed?: Misdeed;
  /** Exists once the misdeed is done. */
  readonly done?: string;
}

const PROGRAM = new URL("process-trainer.ts", import.meta.url).pathname;

/** Writes the specification to a file; the words of the command that trains by it. */
export function trainerCommand(path: string, spec: TrainerSpec): string[] {
  writeFileSync(
    path,
    JSON.stringify(spec, (_, value) => (ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value)),
  );
  return [process.execPath, PROGRAM, path];
}
