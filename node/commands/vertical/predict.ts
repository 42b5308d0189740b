/** `hearsay vertical predict`: answers for new rows, which the party with the labels gets. */
import { csvField } from "../../../protocol/base/csv-field.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { createBlock, standardise } from "../../../protocol/vertical/block.ts";
import { predictAsHolder, predictAsMember, type ScoreRows } from "../../../protocol/vertical/predict.ts";
import { PROBLEMS } from "../../../protocol/vertical/problem.ts";
import { writeOutput } from "../../disk/whole-file.ts";
import { printJson } from "../../terminal/print.ts";
import { pour, print } from "../../terminal/terminal.ts";
import { pick, readVerticalTable, trainedColumns, type VerticalTable } from "../../vertical/table.ts";
import { inSession, type Running, type SessionOptions } from "./party.ts";

interface PredictOptions extends SessionOptions {
  readonly data: string;
  readonly output?: string;
}

interface Answer {
  readonly id: string;
  readonly value: number;
}

export async function run(options: PredictOptions): Promise<void> {
  await inSession(options, "predict", async (running) => {
    const { idColumn, columns: features } = running.opened.saved;
    const table = await readVerticalTable({ path: options.data, idColumn, features });
    const score = scorer(running, table);
    if (!running.isHolder) {
      const shared = await predictAsMember(running.parts, table.ids, score);
      if (options.json) printJson({ shared });
      else print(`${shared} of ${table.ids.length} rows are shared; the party with the labels has the answers\n`);
      return;
    }
    const { rows, scores } = await predictAsHolder(running.parts, table.ids, score);
    const answers = rows.map((row, i) => ({
      id: table.ids[row] as string,
      value: answerOf(running, scores[i] as number),
    }));
    await tellAnswers(options, running, answers);
  });
}

/** @throws HearsayError ERR_STATE where nothing was trained yet. */
function scorer({ opened, isHolder, parts }: Running, table: VerticalTable): ScoreRows {
  const { model } = opened;
  if (model === undefined)
    throw new HearsayError(
      "ERR_STATE",
      `${opened.path} has no weights yet: run hearsay vertical train first, on all sides`,
    );
  const { kind, ridge } = parts.session.offer;
  const scaling = { mean: Float64Array.from(model.mean), deviation: Float64Array.from(model.deviation) };
  return (rows) => {
    const values = standardise(pick(table.columns, rows), scaling);
    const weights = Float64Array.from(model.weights);
    const { mostCurvature } = PROBLEMS[kind];
    return createBlock(trainedColumns(values, rows.length, isHolder), { ridge, mostCurvature, weights }).scores();
  };
}

/** A probability of the second class, or a value in the units of the labels. */
function answerOf({ opened }: Running, score: number): number {
  const [mean, deviation] = opened.model?.labels ?? [0, 1];
  const { kind } = opened.saved.session.offer;
  return kind === "linear" ? mean + deviation * score : PROBLEMS.logistic.answer(score);
}

async function tellAnswers(
  { output, json }: PredictOptions,
  { opened }: Running,
  answers: readonly Answer[],
): Promise<void> {
  const { saved } = opened;
  const { kind, target } = saved.session.offer;
  const name = kind === "linear" ? target : `probability of ${saved.classes[1] ?? "1"}`;
  if (json) {
    for (const { id, value } of answers) printJson({ id, [name]: value });
    return;
  }
  const lines = [[saved.idColumn, name], ...answers.map(({ id, value }) => [id, String(value)])];
  const text = lines.map((fields) => `${fields.map(csvField).join(",")}\n`).join("");
  if (output === undefined) return pour(text);
  await writeOutput(output, text, "--output");
  print(`${answers.length} answers in ${output}\n`);
}
