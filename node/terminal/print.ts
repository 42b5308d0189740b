/** Output for people: tables, and figures in few digits. */
import Table from "cli-table3";
import type { Metrics } from "../../protocol/base/learning-seams.ts";
import { visibleJson } from "../../protocol/base/visible.ts";
import { METRICS } from "../../protocol/learn/metrics/registry.ts";
import { onOutput, splitColours } from "./colours.ts";
import { lines, print } from "./terminal.ts";

export function printJson(value: unknown): void {
  print(`${visibleJson(JSON.stringify(value))}\n`);
}

/** A table with a bold head; cells are text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const out = new Table({
    head: head.map((cell) => onOutput.bold(cell)),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) out.push(row.map(asDrawn));
  return out.toString();
}

/** As the terminal's edge will show it, so that columns are as wide as what stands in them; a cell in our colours is ours. */
function asDrawn(cell: string): string {
  return splitColours(cell).length > 1 ? cell : lines(cell);
}

/** Two columns, name and value, without borders. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${onOutput.dim(name.padEnd(width))}  ${value}`).join("\n");
}

/** Date and time to the minute, or to the second; what somebody else signed may be no date at all. */
export function dateText(ms: number, upTo: "minute" | "second" = "minute"): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return "no date";
  return date
    .toISOString()
    .replace("T", " ")
    .replace(upTo === "minute" ? /:\d\d\.\d*Z$/ : /\.\d*Z$/, "");
}

const SPANS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "min"],
  [1, "s"],
];

/** A span of time in its largest unit that fits twice, rounded down: 90 s, 12 min, 47 h. */
export function spanText(seconds: number): string {
  const [size, unit] = SPANS.find(([length]) => seconds >= 2 * length) ?? [1, "s"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

export function percent(share: number | undefined): string {
  return share === undefined ? "-" : `${(100 * share).toFixed(1)} %`;
}

/** The figures of a model, as rows for `facts`. */
export function metricRows(metrics: Metrics): [string, string][] {
  const rows: [string, string][] = [
    ["examples", String(metrics.numExamples)],
    ["loss", metrics.loss.toFixed(4)],
  ];
  for (const { name, label, format } of METRICS.values()) {
    const value = metrics[name];
    if (value !== undefined) rows.push([label, format(value)]);
  }
  return rows;
}
