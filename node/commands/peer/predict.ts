/** `hearsay predict`: inputs in, predictions out, one line each; needs no network and no running peer. */
import { csvField } from "../../../protocol/base/csv-field.ts";
import { inputSize, outputSize, type Task } from "../../../protocol/base/task.ts";
import { visibleJson } from "../../../protocol/base/visible.ts";
import type { Numbers } from "../../../protocol/learn/data/dataset.ts";
import { loadConfig } from "../../config.ts";
import { loadInputs } from "../../data/load.ts";
import { roundedBeside } from "../../data/number.ts";
import { configPath } from "../../disk/state-dir.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { openSite } from "../../policy/site.ts";
import { settingsOf } from "../../settings/flags.ts";
import { pour, tell } from "../../terminal/terminal.ts";
import { inferenceEngine, type ModelOptions, openServedModel, ownTrainer } from "./model.ts";

interface PredictOptions extends ModelOptions {
  readonly data: string;
  readonly output?: string;
  readonly json?: boolean;
}

const ROWS_AT_ONCE = 4096;

export async function run(options: PredictOptions): Promise<void> {
  const model = await openServedModel(options);
  const { task, taskId, params, metadata } = model;
  const { release } = metadata;
  if (release !== undefined) tell(`answered by release ${release}\n`);
  if (task.personal !== undefined) tell(`answered by the model of this site (${task.personal.method})\n`);
  const config = await loadConfig(configPath(options.state), process.env, settingsOf(options));
  const { data } = config;
  const { inputs, length, unanswered } = await (await openSite(options)).read(
    { task, taskId, data, what: "predict" },
    () => loadInputs({ ...data, path: options.data }, task),
  );
  const engine = (await ownTrainer(task, config, options.state)) ?? (await inferenceEngine(model, config.engine));
  const json = options.json ? { beside: release === undefined ? {} : { release } } : undefined;
  async function* answers(): AsyncGenerator<string> {
    if (!options.json) yield `${header(task)}\n`;
    const width = inputSize(task);
    for (let row = 0; row < length; row += ROWS_AT_ONCE) {
      const some = inputs.slice(row * width, Math.min(length, row + ROWS_AT_ONCE) * width);
      yield lines(task, await engine.predict(params, some), { firstRow: row, unanswered, json });
    }
  }
  try {
    if (options.output !== undefined) await writeOutput(options.output, answers(), "--output");
    else for await (const piece of answers()) await pour(piece);
  } finally {
    await engine.close();
  }
}

function header(task: Task): string {
  return task.output.kind === "classification" ? "prediction,probability" : task.output.targets.map(csvField).join(",");
}

interface Lines {
  readonly firstRow: number;
  /** Rows that the task leaves out (`input.missingPolicy`): their line is there, and says nothing. */
  readonly unanswered: ReadonlySet<number>;
  /** What each line says beside the answer; undefined for CSV. */
  readonly json: { readonly beside: Readonly<Record<string, string>> } | undefined;
}

function lines(task: Task, predictions: Numbers, { firstRow, unanswered, json }: Lines): string {
  const width = outputSize(task);
  let text = "";
  for (let i = 0; i * width < predictions.length; i++) {
    if (unanswered.has(firstRow + i)) {
      text += json ? `${JSON.stringify({ row: firstRow + i, prediction: null })}\n` : `${emptyLine(task)}\n`;
      continue;
    }
    const values = [...predictions.subarray(i * width, (i + 1) * width)];
    text += `${json ? visibleJson(JSON.stringify({ ...asObject(task, values, firstRow + i), ...json.beside })) : asCsv(task, values)}\n`;
  }
  return text;
}

/** As many fields as in any other line. */
function emptyLine({ output }: Task): string {
  return ",".repeat(output.kind === "classification" ? 1 : output.targets.length - 1);
}

function asObject(task: Task, values: readonly number[], row: number): Record<string, unknown> {
  if (task.output.kind === "regression") {
    return { row, ...Object.fromEntries(task.output.targets.map((target, i) => [target, values[i]])) };
  }
  const best = values.indexOf(Math.max(...values));
  const probabilities = Object.fromEntries(task.output.classes.map((label, i) => [label, round(values[i] ?? 0)]));
  return { row, prediction: task.output.classes[best], probability: round(values[best] ?? 0), probabilities };
}

function asCsv(task: Task, values: readonly number[]): string {
  if (task.output.kind === "regression") {
    const { std } = task.output;
    return values.map((value, i) => String(roundedBeside(value, std[i % std.length] as number, 7))).join(",");
  }
  const best = values.indexOf(Math.max(...values));
  return `${csvField(task.output.classes[best] ?? "")},${round(values[best] ?? 0)}`;
}

function round(value: number): number {
  return Number(value.toFixed(4));
}
