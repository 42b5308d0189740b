/** What `hearsay init` takes from a table: columns, classes, mean and spread. They become part of the manifest, which every peer sees. */
import { basename } from "node:path";
import { type Document, visit } from "yaml";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { fillMissing, type MissingPolicy } from "../../../protocol/learn/data/missing.ts";
import { type ColumnStats, checkVariation, columnStats, countingColumns } from "../../data/check.ts";
import { type CsvTable, readCsv } from "../../data/csv.ts";
import { dropOption } from "../../data/csv-columns.ts";
import { hintsOf } from "../../data/hints/registry.ts";
import type { DataSource } from "../../data/load.ts";
import { valuesIn } from "../../data/name-list.ts";
import { isMisread, quoted } from "../../data/names.ts";
import { readNumber, roundedBeside } from "../../data/number.ts";
import { featureOutliers, outlierWarnings } from "../../data/outliers.ts";
import { readerFor } from "../../data/readers/registry.ts";
import { type Sentinel, suspectedSentinels } from "../../data/sentinels.ts";
import { shellWord } from "../../shell.ts";

export interface Fill {
  readonly path: string;
  readonly table: CsvTable;
  readonly inputs: ColumnStats;
  /** Of the targets of a regression. */
  readonly targets?: ColumnStats;
  readonly missingPolicy?: MissingPolicy | undefined;
  readonly warnings: readonly string[];
  readonly suspected: readonly Sentinel[];
}

type ReadLabels = Parameters<typeof readCsv>[1]["labels"];

/** Fills in the document of a template. @throws HearsayError ERR_DATA, with the remedy; ERR_CONFIG without a label. */
export async function fillFromData(
  document: Document,
  source: DataSource,
  missingPolicy?: MissingPolicy,
): Promise<Fill> {
  const { path } = source;
  const classification = document.getIn(["output", "kind"]) === "classification";
  const kind = classification ? "classification" : "regression";
  const label = source.label ?? (classification ? "label" : undefined);
  if (label === undefined)
    throw new HearsayError("ERR_CONFIG", "--label: name the columns to predict, separated by commas");
  if (!readerFor(path).namesColumns) {
    const message = `${path}: columns have no names in array files; write input.shape and the classes into the task by hand`;
    throw new HearsayError(
      "ERR_DATA",
      `${message}, from hearsay init --template ${classification ? "csv" : "regression"}`,
    );
  }
  const labels = classification
    ? ({ kind, column: label } as const)
    : ({ kind: "regression", columns: label } as const);
  const refuseMissing = missingPolicy === "refuse";
  const table = await readCsv(path, { ...source, labels: labels as ReadLabels, refuseMissing });
  const width = table.features.length;
  const inputs = columnStats(table.data.inputs, width);
  refuseEmpty(path, table.features, inputs);
  const targets = classification ? undefined : columnStats(table.data.targets, table.labels.length);
  writeInput(document, table, inputs, { ...source, missingPolicy });
  writeOutput(document, table, targets);
  removeEdits(document);
  const suspected = suspectedSentinels(table.data.inputs, table.features);
  const { inputs: values, targets: labelled, length: rows } = table.data;
  const { features, labels: labelNames, classes } = table;
  const hints = hintsOf({ inputs: values, targets: labelled, rows, features, labels: labelNames, classes });
  const counting = countingColumns(table.data.inputs, width).map((column) => table.features[column] as string);
  const far = featureOutliers(
    table.data.inputs,
    features,
    suspected.map(({ column }) => column),
  );
  fillMissing("mean", table.data, width, inputs.mean);
  const warnings = [
    ...checkVariation(table.data, { path, kind, features: table.features, targets: table.labels, whole: true }),
    ...counting.map(
      (name) => `column ${quoted(name)} counts the rows: a row number? Leave it out: ${dropOption([name])}`,
    ),
    ...hints,
    ...far,
    ...(classification ? [] : outlierWarnings(table.data.targets, table.labels)),
    ...valuesAsNames(path, table.features),
    ...misreadNames(path, [...table.features, ...table.labels, ...table.classes]),
  ];
  return { path, table, inputs, ...(targets && { targets }), missingPolicy, warnings, suspected };
}

/** The first row of a file without a header would be lost. Whole numbers in equal steps are counters of columns, or wavelengths. */
function valuesAsNames(path: string, features: readonly string[]): string[] {
  const [first = 0, second = first] = features.map(Number);
  const isInStep = (name: string, i: number) => Number(name) === first + i * (second - first) && first % 1 === 0;
  if (!features.every((name) => typeof readNumber(name) === "number") || features.every(isInStep)) return [];
  return [
    `${path}: the names of all features are numbers; if the first line holds values, write one with names above it`,
  ];
}

function misreadNames(path: string, names: readonly string[]): string[] {
  const name = names.find(isMisread);
  if (name === undefined) return [];
  const mend = `iconv -f UTF-8 -t WINDOWS-1252 ${shellWord(path)} > mended.csv`;
  return [`${quoted(name)} looks like UTF-8 that was read as Windows-1252 and saved again; mend it: ${mend}`];
}

function refuseEmpty(path: string, features: readonly string[], { count }: ColumnStats): void {
  const empty = features.find((_, column) => count[column] === 0);
  if (empty === undefined) return;
  throw new HearsayError("ERR_DATA", `${path}: column "${empty}" has no reading at all; leave it out with --drop`, {
    path,
  });
}

interface InputChoice extends Pick<DataSource, "missing"> {
  readonly missingPolicy: MissingPolicy | undefined;
}

function writeInput(
  document: Document,
  { features }: CsvTable,
  { mean, std }: ColumnStats,
  { missing: given, missingPolicy }: InputChoice,
): void {
  const flow = (value: unknown) => document.createNode(value, { flow: true });
  const masks = missingPolicy === "mask" ? features : []; // seen as they are: 0 or 1
  document.setIn(["input", "shape"], flow([features.length + masks.length]));
  document.setIn(["input", "features"], flow(features));
  const centres = mean.map((value, i) => roundedBeside(value, std[i] as number, 6));
  document.setIn(["input", "mean"], flow([...centres, ...masks.map(() => 0)]));
  document.setIn(["input", "std"], flow([...std.map(rounded), ...masks.map(() => 1)]));
  const missing = given === undefined ? [] : valuesIn(given);
  if (missing.length > 0) document.setIn(["input", "missing"], flow(missing));
  if (missingPolicy !== undefined) document.setIn(["input", "missingPolicy"], missingPolicy);
}

function writeOutput(document: Document, { labels, classes }: CsvTable, targets: ColumnStats | undefined): void {
  const flow = (value: unknown) => document.createNode(value, { flow: true });
  if (targets === undefined) {
    document.setIn(["output", "classes"], flow(classes));
    if (labels[0] !== "label") document.setIn(["output", "column"], labels[0]);
    return;
  }
  const { mean, std } = targets;
  document.setIn(["output", "targets"], flow(labels));
  document.setIn(["output", "mean"], flow(mean.map((value, i) => roundedBeside(value, std[i] as number, 6))));
  document.setIn(["output", "std"], flow(std.map(rounded)));
}

/** What a template asks its reader to fill in is filled in. */
function removeEdits(document: Document): void {
  visit(document, {
    Node(_, node) {
      if (node.comment?.includes("EDIT")) node.comment = null;
      if (node.commentBefore?.includes("EDIT")) node.commentBefore = null;
    },
  });
}

/** A name for the task, from that of the file. */
export function taskNameFor(path: string): string | undefined {
  const [stem = ""] = basename(path).split(".", 1);
  const name = stem
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return name === "" ? undefined : name.slice(0, 64);
}

function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
