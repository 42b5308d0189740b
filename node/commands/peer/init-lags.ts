/** `hearsay init --lag`: of a series, the rows to forecast it from are written beside it, and the task is for those. */
import { existsSync } from "node:fs";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { loadConfig } from "../../config.ts";
import { settingsOf } from "../../settings/flags.ts";
import { nameList, shellOption } from "../../shell.ts";
import { leftOutText, type SeriesOptions, writeRows } from "../data/series-rows.ts";

/** Those of `hearsay init` that have to do with it. */
export interface ForecastOptions {
  readonly data?: string;
  readonly label?: string;
  readonly owner?: string;
  readonly drop?: string;
  readonly columns?: string;
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly decimal?: string;
  readonly template?: string;
  readonly force?: boolean;
  readonly lag?: string;
  readonly horizon?: string;
  readonly time?: string;
  readonly step?: string;
  readonly zone?: string;
}

/** The options for the task of the rows, which are not there before they are written. */
export interface Forecast<O> {
  readonly options: O;
  /** Undefined without `--lag`. */
  readonly series: SeriesOptions | undefined;
}

/** Nothing is read or written. @throws HearsayError ERR_CONFIG */
export function forecastOf<O extends ForecastOptions>(given: O): Forecast<O> {
  const { lag, horizon, time, step, zone, encoding: _, delimiter: __, decimal: ___, ...rest } = given;
  if (lag === undefined) {
    const alone = Object.entries({ horizon, time, step, zone }).find(([, value]) => value !== undefined);
    if (alone !== undefined)
      throw new HearsayError("ERR_CONFIG", `--${alone[0]} is about a series to forecast: give --lag too, as 1..7`);
    return { options: given, series: undefined };
  }
  const { data, label, owner, template = "regression", force } = given;
  if (data === undefined || label === undefined || time === undefined || step === undefined)
    throw new HearsayError(
      "ERR_CONFIG",
      "--lag makes rows of a series: give --data, --label (the column to forecast), --time (its column of times) and --step (from one row to the next: 15m, 1h, 1d)",
    );
  if (template !== "regression")
    throw new HearsayError(
      "ERR_CONFIG",
      `--template ${template}: what is forecast with --lag is a number; leave it out`,
    );
  const other = given.drop !== undefined ? "drop" : given.columns !== undefined ? "columns" : undefined;
  if (other !== undefined)
    throw new HearsayError("ERR_CONFIG", `--${other}: with --lag the features are the lags of --label; leave it out`);
  const output = besideIt(data);
  if (existsSync(output) && force !== true)
    throw new HearsayError("ERR_CONFIG", `${output} exists: move it away, or overwrite it with --force`);
  const series = { data, time, target: label, step, lag, horizon: horizon ?? "1", owner, zone, output };
  const options = { ...rest, template, data: output, drop: nameList([time]) } as O;
  return { options, series };
}

/** Writes the rows. @param given which say how the series is to be read. @returns what it tells, as facts. @throws HearsayError ERR_CONFIG, ERR_DATA, with the remedy. */
export async function writeForecastRows(
  series: SeriesOptions,
  given: ForecastOptions & { readonly output: string },
): Promise<[string, string][]> {
  const { data } = await loadConfig(undefined, {}, settingsOf(given));
  const { encoding, delimiter, decimal } = data;
  const told = await writeRows({ ...series, text: { encoding, delimiter, decimal } });
  return [
    ["forecasts by", `${told.rows} rows of ${series.data}, in ${series.output}; left out: ${leftOutText(told)}`],
    ["as it grows", followCommand(given.output, series, given)],
  ];
}

/** By what a peer learns from the series as it grows: rows are made of it as they come. */
function followCommand(task: string, series: SeriesOptions, given: ForecastOptions): string {
  const options: readonly [string, string | undefined][] = [
    ["--task", task],
    ["--data", series.data],
    ["--follow", undefined],
    ["--time", series.time],
    ["--lag", series.lag],
    ["--horizon", given.horizon],
    ["--step", series.step],
    ["--zone", series.zone],
    ["--owner", series.owner],
    ["--encoding", given.encoding],
    ["--delimiter", given.delimiter],
    ["--decimal", given.decimal],
  ];
  const words = options.flatMap(([flag, value]) =>
    flag === "--follow" ? [flag] : value === undefined ? [] : [shellOption(flag, value)],
  );
  return `hearsay up ${words.join(" ")}`;
}

/** `load.csv.gz` gives `load.lags.csv`. */
function besideIt(path: string): string {
  return `${path.replace(/\.gz$/i, "").replace(/\.(?:csv|tsv|txt)$/i, "")}.lags.csv`;
}
