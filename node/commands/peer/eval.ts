/** `hearsay eval`: figures of the peer's model on examples with known answers. */
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Trainer } from "../../../protocol/base/learning-seams.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { worstClassOf, worstClassRows } from "../../api/worst-class.ts";
import { loadConfig } from "../../config.ts";
import { loadPeerData } from "../../data/share.ts";
import { configPath } from "../../disk/state-dir.ts";
import { isExternal } from "../../engines/external/open.ts";
import type { Intent } from "../../policy/restrictions.ts";
import { openSite, type Site } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { Config } from "../../settings/table.ts";
import { onErrors } from "../../terminal/colours.ts";
import { facts, metricRows, printJson } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import {
  type AnsweringModel,
  inferenceEngine,
  type ModelOptions,
  type OpenModel,
  openAnswering,
  ownTrainer,
} from "./model.ts";

interface EvalOptions extends ModelOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export async function run(options: EvalOptions): Promise<void> {
  const model = await openAnswering(options);
  const { task, taskId, params, metadata } = model;
  const config = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  const site = await openSite(options);
  const intent: Intent = { task, taskId, data: config.data, what: "look", isExternal: isExternal(config, task) };
  site.allow(intent); // before a program of the owner's reads its rows
  const own = await ownTrainer(task, config, options.state);
  if (own !== undefined && options.data !== undefined) {
    await own.close();
    throw new HearsayError("ERR_CONFIG", "--data: the trainer evaluates on examples of its own; leave it out");
  }
  const engine = own ?? (await engineOn(options, config, { site, intent, model }));
  try {
    const metrics = await engine.evaluate(params, "holdout");
    const worst = worstClassOf(task.output, metrics);
    if (options.json) printJson({ task: task.name, age: Number(metadata.age ?? 0), ...metrics });
    else print(`${facts([...modelRows(task, metadata), ...metricRows(metrics), ...worstClassRows(worst)])}\n`);
  } finally {
    await engine.close();
  }
}

function modelRows(task: Task, { age = "?" }: OpenModel["metadata"]): [string, string][] {
  const rows: [string, string][] = [
    ["task", task.name],
    ["model age", `${age} steps`],
  ];
  if (task.personal !== undefined) rows.push(["model", `of this site, ${task.personal.method}`]);
  return rows;
}

/** An engine with the examples that are meant. */
async function engineOn(
  options: EvalOptions,
  { data: configured, engine }: Config,
  { site, intent, model }: { readonly site: Site; readonly intent: Intent; readonly model: AnsweringModel },
): Promise<Trainer> {
  const { task } = intent;
  // A file that is named here is evaluated whole; otherwise the hold-out of the peer's own configuration.
  const meant = options.data === undefined ? configured : { ...configured, holdout: 0, share: undefined };
  const data = await site.read(intent, () => loadPeerData(meant, task));
  for (const warning of data.warnings) tell(`${onErrors.yellow("note:")} ${warning}\n`);
  const examples = options.data === undefined ? (data.holdout ?? data.train) : data.train;
  return inferenceEngine(model, engine, examples);
}
