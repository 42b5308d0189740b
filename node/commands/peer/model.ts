/** What `eval` and `predict` share: the peer's task and model, and an engine around them. */
import type { Trainer } from "../../../protocol/base/seams.ts";
import { inputSize, outputSize, type Task } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { readModel } from "../../disk/model-file.ts";
import { modelPath, openTask } from "../../disk/state-dir.ts";
import { startEngine } from "../../engines/client.ts";

export interface ModelOptions {
  readonly state: string;
  readonly model?: string;
}

export interface OpenModel {
  readonly task: Task;
  readonly params: Float32Array;
  readonly metadata: Readonly<Record<string, string>>;
}

export async function openModel({ state, model }: ModelOptions): Promise<OpenModel> {
  const { task } = await openTask(state);
  return { task, ...(await readModel(model ?? modelPath(state), task)) };
}

/** An engine for inference: what it would train on is one row of zeros, unless examples are given. */
export async function inferenceEngine(task: Task, engine: string, holdout?: Dataset): Promise<Trainer> {
  const targets = task.output.kind === "classification" ? 1 : outputSize(task);
  const train = { inputs: new Float32Array(inputSize(task)), targets: new Float32Array(targets), length: 1 };
  const { trainer } = await startEngine({ task, train, ...(holdout && { holdout }), engine });
  return trainer;
}
