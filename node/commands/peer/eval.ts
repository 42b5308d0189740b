/** `hearsay eval`: figures of the peer's model on examples with known answers. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { loadConfig } from "../../config.ts";
import { loadPeerData } from "../../data/share.ts";
import { configPath } from "../../disk/state-dir.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { Config } from "../../settings/table.ts";
import { onErrors } from "../../terminal/colours.ts";
import { facts, metricRows, printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { inferenceEngine, type ModelOptions, openModel, ownTrainer, refuseByPolicy } from "./model.ts";

interface EvalOptions extends ModelOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export async function run(options: EvalOptions): Promise<void> {
  const { task, taskId, params, metadata } = await openModel(options);
  const config = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  await refuseByPolicy(options, config, { task, taskId, what: "look" });
  const own = await ownTrainer(task, config, options.state);
  if (own !== undefined && options.data !== undefined) {
    await own.close();
    throw new HearsayError("ERR_CONFIG", "--data: the trainer evaluates on examples of its own; leave it out");
  }
  const engine = own ?? (await engineOn(options, config, task));
  try {
    const metrics = await engine.evaluate(params, "holdout");
    if (options.json) printJson({ task: task.name, age: Number(metadata.age ?? 0), ...metrics });
    else
      print(`${facts([["task", task.name], ["model age", `${metadata.age ?? "?"} steps`], ...metricRows(metrics)])}\n`);
  } finally {
    await engine.close();
  }
}

/** An engine with the examples that are meant. */
async function engineOn(options: EvalOptions, { data: configured, engine }: Config, task: Task): Promise<Trainer> {
  // A file that is named here is evaluated whole; otherwise the hold-out of the peer's own configuration.
  const data = await loadPeerData(
    options.data === undefined ? configured : { ...configured, holdout: 0, share: undefined },
    task,
  );
  for (const warning of data.warnings) tell(`${onErrors.yellow("note:")} ${warning}\n`);
  const examples = options.data === undefined ? (data.holdout ?? data.train) : data.train;
  return inferenceEngine(task, engine, examples);
}
