/** A series as a table of rows to forecast it from: what `hearsay data lags` and `hearsay init --lag` write. */
import { csvField } from "../../../protocol/base/csv-field.ts";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { createLags, type LagSpec, type Lags } from "../../../protocol/learn/data/lags.ts";
import { openTable, type TextChoice } from "../../data/csv-records.ts";
import { widthFault } from "../../data/csv-rows.ts";
import { lagColumns, lagSpecOf, placesOf } from "../../data/follow/lag-columns.ts";
import { createSteps, type Steps } from "../../data/follow/steps.ts";
import { readNumber } from "../../data/number.ts";
import { writeOutput } from "../../disk/whole-file.ts";

/** A series, and what is to be made of it. */
export interface SeriesOptions {
  readonly data: string;
  readonly time: string;
  readonly target: string;
  readonly step: string;
  readonly lag: string;
  readonly horizon: string;
  readonly owner?: string | undefined;
  readonly zone?: string | undefined;
  readonly ahead?: boolean;
  readonly output: string;
  /** How the table is to be read, where that is not to be found out. */
  readonly text?: Omit<TextChoice, "wanted">;
}

/** No more are held. */
const MOST_SERIES = 100_000;

/** Rows of the result, and what became of those that gave none. */
export interface RowTally {
  rows: number;
  gaps: number;
  again: number;
  back: number;
  unread: number;
  /** The first that could not be read. */
  why?: string;
}

interface Series {
  readonly lags: Lags;
  last: number | undefined;
  lastText: string;
}

/** Writes the rows to `options.output`. @throws HearsayError ERR_CONFIG, ERR_DATA, with the remedy. */
export async function writeRows(options: SeriesOptions): Promise<RowTally> {
  const spec = lagSpecOf(options.lag, options.horizon);
  const told: RowTally = { rows: 0, gaps: 0, again: 0, back: 0, unread: 0 };
  const lines = await linesOf(options, spec, told);
  if (told.rows === 0)
    throw new HearsayError("ERR_DATA", `${options.data}: no row has all its lags; ${told.why ?? whyNone(told)}`);
  await writeOutput(options.output, `${lines.join("\n")}\n`, "--output");
  return told;
}

function whyNone({ gaps, again, back }: RowTally): string {
  if (gaps + again + back === 0) return "there are no rows below a header line";
  if (back > gaps) return `${back} rows are of a time before that of a row above: sort the table by its time`;
  return "is --step that of the series, and is the series longer than its lags?";
}

/** What became of values that gave no row, in words. */
export function leftOutText({ gaps, again, back, unread }: RowTally): string {
  return `${gaps} for a gap or the beginning, ${again} twice, ${back} out of order, ${unread} that could not be read`;
}

async function linesOf(options: SeriesOptions, spec: LagSpec, told: RowTally): Promise<string[]> {
  const { data, time, target, owner, step, zone, ahead, text } = options;
  const names = [time, target, ...(owner === undefined ? [] : [owner])];
  const table = await openTable(data, { ...text, wanted: names });
  const lines = [
    [...(owner === undefined ? [] : [owner]), time, ...lagColumns(target, spec), target].map(csvField).join(","),
  ];
  const all = new Map<string, Series & { readonly steps: Steps }>();
  const write = (whose: string, when: string, lags: readonly number[], value: string) =>
    lines.push([...(owner === undefined ? [] : [csvField(whose)]), csvField(when), ...lags, value].join(","));
  const unread = (line: number, why: string) => {
    told.unread++;
    told.why ??= `line ${line}: ${why}`;
  };
  let header: readonly string[] = [];
  let places: number[] | undefined;
  await table.read((fields, line) => {
    if (places === undefined) {
      places = placesOf(data, fields, names);
      header = fields;
      return;
    }
    const width = widthFault(fields, header);
    if (width !== undefined) return unread(line, width);
    const [when = "", text = "", whose = ""] = places.map((place) => fields[place] ?? "");
    const series = all.get(whose) ?? {
      steps: createSteps(step, zone),
      lags: createLags(spec),
      last: undefined,
      lastText: when,
    };
    all.set(whose, series);
    if (all.size > MOST_SERIES)
      throw new HearsayError("ERR_DATA", `${data}: more than ${MOST_SERIES} owners; is --owner the right column?`);
    const [at, value] = [series.steps.of(when, series.last), readNumber(text, table.numbers)];
    if (typeof at === "string") return unread(line, at);
    if (typeof value !== "number") return unread(line, value.text);
    const outcome = series.lags.add(at, value);
    if (outcome === "gap") told.gaps++;
    else if (outcome === "again" || outcome === "back") told[outcome]++;
    else {
      write(whose, when, outcome.lags, String(value));
      told.rows++;
    }
    if (series.last === undefined || at > series.last) Object.assign(series, { last: at, lastText: when });
  });
  if (ahead)
    for (const [whose, { lags, last = 0, lastText }] of all) {
      const row = lags.at(last + spec.horizon);
      if (row !== "gap") write(whose, `${lastText} + ${spec.horizon}`, row.lags, "");
    }
  return lines;
}
