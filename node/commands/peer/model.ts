/** What `eval` and `predict` share: the peer's task and model, and an engine around them. */
import { existsSync } from "node:fs";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import { inputSize, releasesOf, type Task, targetSize } from "../../../protocol/base/task.ts";
import type { Dataset } from "../../../protocol/learn/data/dataset.ts";
import { createInt8Trainer, type Int8Layer, NO_PARAMS } from "../../../protocol/learn/dense/int8.ts";
import { readInt8, readModel } from "../../disk/model-file.ts";
import { modelPath, openTask, releasedPath } from "../../disk/state-dir.ts";
import { startEngine } from "../../engines/client.ts";
import { isExternal, openTrainer } from "../../engines/external/open.ts";
import type { SiteOptions } from "../../policy/site.ts";
import type { Config } from "../../settings/table.ts";
import { tell } from "../../terminal/terminal.ts";

export interface ModelOptions extends SiteOptions {
  readonly model?: string;
  /** The model that learns, where the task has release keys. */
  readonly learning?: boolean;
}

export interface OpenModel {
  readonly task: Task;
  readonly taskId: string;
  readonly params: Float32Array;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A model that answers, and does not leave this process. */
export interface AnsweringModel extends OpenModel {
  /** Where its weights are int8: it computes with these, and `params` is empty. */
  readonly int8?: readonly Int8Layer[];
}

/** The model of a peer, or of a file. @throws HearsayError ERR_STATE, ERR_DECODE or ERR_TASK. */
export async function openModel({ state, model }: ModelOptions): Promise<OpenModel> {
  const opened = await openTask(state);
  return { ...opened, ...(await readModel(model ?? modelPath(state), opened.task)) };
}

/** The program of the owner's that trains this task, for a command of its own; undefined where an engine does. @throws as `openTrainer`. */
export async function ownTrainer(task: Task, config: Config, stateDir: string): Promise<Trainer | undefined> {
  if (!isExternal(config, task)) return undefined;
  const { trainer: settings } = config;
  if (settings.command === undefined) {
    const message =
      "a trainer that attaches is the peer's alone: give --trainer 'python train.py', which starts another one";
    throw new HearsayError("ERR_CONFIG", message);
  }
  return openTrainer(task, { settings, stateDir, say: (line) => tell(`${line}\n`) });
}

/** As `openModel`, for predictions: weights of int8 stay what they are. */
export async function openAnswering({ state, model = modelPath(state) }: ModelOptions): Promise<AnsweringModel> {
  const opened = await openTask(state);
  const whole = await readInt8(model, opened.task);
  if (whole === undefined) return { ...opened, ...(await readModel(model, opened.task)) };
  return { ...opened, params: NO_PARAMS, int8: whole.layers, metadata: whole.metadata };
}

/** The model that answers: where the task has release keys the release that serves here, unless another is asked for. */
export async function openServedModel(options: ModelOptions): Promise<AnsweringModel> {
  const opened = await openTask(options.state);
  const { task } = opened;
  if (options.model !== undefined || options.learning || releasesOf(task) === undefined) return openAnswering(options);
  const path = releasedPath(options.state);
  if (existsSync(path)) return { ...opened, ...(await readModel(path, task)) };
  throw new HearsayError(
    "ERR_STATE",
    "no release serves on this peer yet (see hearsay releases): wait for one, or let the model that learns answer, with --learning",
  );
}

/** What answers with a model: an engine, or the model's own weights of int8 on this thread. What it would train on is one row of zeros. */
export async function inferenceEngine(
  { task, int8 }: Pick<AnsweringModel, "task" | "int8">,
  engine: string,
  holdout?: Dataset,
): Promise<Trainer> {
  const targets = targetSize(task);
  const train = { inputs: new Float32Array(inputSize(task)), targets: new Float32Array(targets), length: 1 };
  const rows = { task, train, ...(holdout && { holdout }) };
  if (int8 !== undefined) return createInt8Trainer({ ...rows, layers: int8 });
  return (await startEngine({ ...rows, engine })).trainer;
}
