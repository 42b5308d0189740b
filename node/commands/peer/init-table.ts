/** What `hearsay init` tells of a table that it read, so that its owner sees at a glance what was taken for what. */
import { counted } from "../../../protocol/base/counted.ts";
import { DEFAULT_POLICY, type MissingPolicy } from "../../../protocol/learn/data/missing.ts";
import { roundedBeside, shown } from "../../data/number.ts";
import { onOutput } from "../../terminal/colours.ts";
import { facts, table } from "../../terminal/print.ts";
import type { Fill } from "./init-data.ts";

/** Rows of the table of columns; more say nothing at a glance. */
const MAX_ROWS = 12;
const MAX_NAMES = 8;
const MAX_WIDTH = 32;

/** What becomes of a missing reading. */
const STANDS_IN: Readonly<Record<MissingPolicy, string>> = {
  mean: "the mean stands in",
  mask: "the mean stands in, and a mask says so",
  drop: "such rows are left out",
  refuse: "refused",
};

const DELIMITER_NAMES: Readonly<Record<string, string>> = {
  ",": "commas",
  ";": "semicolons",
  "\t": "tabs",
  "|": "bars",
};

/** For people. */
export function describeFill(fill: Fill): string {
  const { path, table: read, warnings, suspected } = fill;
  const { taken, data } = read;
  const how = [
    counted(data.length, "row"),
    taken.encoding.toUpperCase(),
    `separated by ${DELIMITER_NAMES[taken.delimiter]}`,
    ...(taken.gzipped ? ["gzip"] : []),
    ...(taken.numbers.decimal === "comma" ? ["decimal comma"] : []),
  ];
  const left = taken.leftOut.map(({ column, why }) => `${cut(column)} (${why})`);
  const absent = missingBy(fill);
  const rows: [string, string][] = [
    ["data", `${path}: ${how.join(", ")}`],
    ["features", some(read.features)],
    ["left out", left.length === 0 ? "nothing" : `${left.slice(0, MAX_NAMES).join(", ")}${more(left.length)}`],
    targetRow(fill),
    [
      "missing",
      absent.length === 0
        ? "nothing"
        : `${absent
            .map(([name, n]) => `${cut(name)} ${n}`)
            .slice(0, MAX_NAMES)
            .join(", ")}${more(absent.length)}; ${STANDS_IN[fill.missingPolicy ?? DEFAULT_POLICY]}`,
    ],
  ];
  const owners = ownerCounts(data.owners);
  if (owners.length > 0) rows.push(["owners", numbered(owners)]);
  if (taken.unlabelled > 0) rows.push(["no label", `${counted(taken.unlabelled, "row")}, which are left out`]);
  const notes = [
    ...warnings,
    ...suspected.map(
      ({ column, value, count, remedy }) =>
        `column "${column}" is ${value} in ${count} row(s), far from all others; ${remedy}`,
    ),
  ];
  const told = notes.map((note) => `${onOutput.yellow("note")}  ${note}`);
  return [facts(rows), columnTable(fill), ...told].join("\n");
}

/** For programs. */
export function fillAsJson(fill: Fill): Record<string, unknown> {
  const { path, table: read, warnings, suspected } = fill;
  const { encoding, gzipped, delimiter, numbers, leftOut, unlabelled } = read.taken;
  const { features, labels } = read;
  const classes = classCounts(fill).map(([name, count]) => ({ name, count }));
  const missing = Object.fromEntries(missingBy(fill));
  const read_ = { path, rows: read.data.length, encoding, gzipped, delimiter, decimal: numbers.decimal };
  return { ...read_, features, labels, leftOut, classes, missing, unlabelled, suspected, warnings };
}

function targetRow(fill: Fill): [string, string] {
  const { labels, classes } = fill.table;
  if (fill.targets !== undefined) return ["targets", some(labels)];
  return ["classes", `${classes.length} in ${cut(labels[0] ?? "")}: ${numbered(classCounts(fill))}`];
}

function classCounts({ table: { classes, data }, targets }: Fill): [string, number][] {
  if (targets !== undefined) return [];
  const counts = new Uint32Array(classes.length);
  for (const index of data.targets) counts[index] = (counts[index] ?? 0) + 1;
  return classes.map((name, index) => [name, counts[index] as number]);
}

/** Of all rows, the share that each class has; undefined of a regression. */
export function sharesOf(fill: Fill): number[] | undefined {
  if (fill.targets !== undefined) return undefined;
  return classCounts(fill).map(([, count]) => Number((count / fill.table.data.length).toPrecision(3)));
}

function ownerCounts(owners: readonly string[] | undefined): [string, number][] {
  const counts = new Map<string, number>();
  for (const owner of owners ?? []) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts];
}

function missingBy({ table: { features, data }, inputs }: Fill): [string, number][] {
  return features.flatMap((name, i): [string, number][] => {
    const absent = data.length - (inputs.count[i] as number);
    return absent === 0 ? [] : [[name, absent]];
  });
}

function columnTable({ table: { features, labels }, inputs, targets }: Fill): string {
  const line = (name: string, use: string, { lowest, mean, highest }: Fill["inputs"], i: number) => {
    const all = [lowest[i] as number, mean[i] as number, highest[i] as number];
    return [cut(name), use, ...all.map((value) => figure(value, (all[2] as number) - (all[0] as number)))];
  };
  const shownFeatures = features.slice(0, MAX_ROWS);
  const rows = shownFeatures.map((name, i) => line(name, "feature", inputs, i));
  if (features.length > MAX_ROWS) rows.push([`and ${features.length - MAX_ROWS} more`, "feature", "", "", ""]);
  if (targets !== undefined) rows.push(...labels.slice(0, MAX_ROWS).map((name, i) => line(name, "target", targets, i)));
  return table(["column", "used as", "lowest", "mean", "highest"], rows);
}

/** In few digits, but enough to tell the lowest value from the highest. */
function figure(value: number, range: number): string {
  return String(roundedBeside(value, range > 0 ? range : 1, 5));
}

function some(names: readonly string[]): string {
  return `${names.length}: ${names.slice(0, MAX_NAMES).map(cut).join(", ")}${more(names.length)}`;
}

function numbered(counts: readonly (readonly [string, number])[]): string {
  const shownCounts = counts.slice(0, MAX_NAMES).map(([name, n]) => `${cut(name)} ${n}`);
  return `${shownCounts.join(", ")}${more(counts.length)}`;
}

function more(count: number): string {
  return count > MAX_NAMES ? ` and ${count - MAX_NAMES} more` : "";
}

/** A name on one line, without what a terminal would obey. */
function cut(name: string): string {
  const text = name.length > MAX_WIDTH ? `${name.slice(0, MAX_WIDTH)}...` : name;
  return /[\p{C},]/u.test(text) ? shown(name) : text;
}
