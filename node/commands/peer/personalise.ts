/** `hearsay personalise`: trains the model that was learned together on at this site alone, keeps the best on the hold-out, and writes it to a file of its own. Nothing of it is shared. */
import { counted } from "../../../protocol/base/counted.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import type { Metrics, Trainer } from "../../../protocol/base/learning-seams.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import { type FineTuned, fineTune } from "../../../protocol/learn/personal/fine-tune.ts";
import { loadConfig } from "../../config.ts";
import { loadPeerData } from "../../data/share.ts";
import { encodeModel } from "../../disk/model-file.ts";
import { configPath } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { startEngine } from "../../engines/client.ts";
import { isExternal } from "../../engines/external/open.ts";
import type { Intent } from "../../policy/restrictions.ts";
import { openSite, type Site } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { Config } from "../../settings/table.ts";
import { onErrors } from "../../terminal/colours.ts";
import { metricRows, printJson, table } from "../../terminal/print.ts";
import { print, tell } from "../../terminal/terminal.ts";
import { type ModelOptions, openModel, ownTrainer } from "./model.ts";

interface PersonaliseOptions extends ModelOptions {
  readonly steps: string;
  readonly output: string;
  readonly json?: boolean;
}

/** Looks at the hold-out without a better model, one after another, before it stops. */
const PATIENCE = 8;
const MOST_STEPS = 1_000_000;

export async function run(options: PersonaliseOptions): Promise<void> {
  const steps = stepsOf(options.steps);
  const { task, taskId, params, metadata } = await openModel(options);
  const config = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  const site = await openSite(options);
  const intent: Intent = { task, taskId, data: config.data, what: "learn", isExternal: isExternal(config, task) };
  site.allow(intent); // before a program of the owner's reads its rows
  const trainer = (await ownTrainer(task, config, options.state)) ?? (await engineOn(config, { site, intent }));
  const age = Number(metadata.age ?? 0);
  try {
    const stepsAtOnce = Math.max(1, Math.ceil(task.training.steps / 2));
    const seed = `${task.seed}/personalise/${metadata.peer ?? ""}`;
    const tuned = await fineTune(trainer, params, { steps, stepsAtOnce, patience: PATIENCE, seed, age });
    if (tuned.steps === 0) throw noBetter(tuned);
    const facts = { peerId: metadata.peer ?? "", cycle: Number(metadata.cycle ?? 0), age: age + tuned.steps };
    await writeOutput(options.output, encodeModel(tuned.params, task, metadata.task ?? taskId, facts), "--output");
    report(options, task, tuned);
  } finally {
    await trainer.close();
  }
}

function stepsOf(text: string): number {
  const steps = Number(text);
  if (Number.isInteger(steps) && steps >= 1 && steps <= MOST_STEPS) return steps;
  throw new HearsayError("ERR_CONFIG", `--steps ${text}: give a whole number from 1 to ${MOST_STEPS}`);
}

/** An engine with the own rows, and the hold-out that says when to stop. */
async function engineOn(
  { data: config, engine }: Config,
  { site, intent }: { readonly site: Site; readonly intent: Intent },
): Promise<Trainer> {
  const { task } = intent;
  const { train, holdout, warnings } = await site.read(intent, () => loadPeerData(config, task));
  for (const warning of warnings) tell(`${onErrors.yellow("note:")} ${warning}\n`);
  if (holdout === undefined || holdout.length === 0)
    throw new HearsayError("ERR_CONFIG", "nothing says which model is better: hold some rows out, e.g. --holdout 0.2");
  return (await startEngine({ task, train, holdout, engine })).trainer;
}

function noBetter({ before }: FineTuned): HearsayError {
  const message =
    `no training on the own rows made the model better on the hold-out (loss ${before.loss.toPrecision(4)} of ${counted(before.numExamples, "row")}), and nothing is written: ` +
    "the model that was given serves this site as well as any that it could make of it";
  return new HearsayError("ERR_DATA", message, { loss: before.loss });
}

function report({ output, json }: PersonaliseOptions, task: Task, { steps, before, after }: FineTuned): void {
  if (termsOf(task) !== undefined)
    tell(`${onErrors.yellow("note:")} no noise hides the own rows in ${output}: it is for this site alone\n`);
  if (json) {
    printJson({ file: output, steps, before, after });
    return;
  }
  print(`${output}: ${steps} steps beyond the model of the peer; on the hold-out, which chose it:\n`);
  print(`${table(["", "before", "after"], comparison(before, after))}\n`);
  print(`It answers with hearsay predict --model ${output}\n`);
}

function comparison(before: Metrics, after: Metrics): string[][] {
  const now = new Map(metricRows(after));
  return metricRows(before).map(([name, value]) => [name, value, now.get(name) ?? ""]);
}
