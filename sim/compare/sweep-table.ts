/** Many runs as one table: what varies between them, then what came of each. Written from the runs alone, whoever made them. */
import { csvField } from "../../protocol/base/csv-field.ts";
import type { Report } from "../run/report.ts";
import { titleOf } from "./names.ts";
import { textOf } from "./sweep.ts";
import { differingPaths, missingAt, valueAt } from "./sweep-paths.ts";

type Scenario = Report["scenario"];

/** What marks a scenario out among others. */
export interface Labelled {
  /** `attack.kind=alie attack.share=0.1`; the name of the scenario where nothing differs. */
  readonly label: string;
  /** `alie, 10 % liars`: the same for figures. */
  readonly title: string;
  /** Path -> value; undefined where the scenario has nothing there. */
  readonly differs: ReadonlyMap<string, unknown>;
}

/** Path or name of a figure -> value. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * The paths at which scenarios differ, seed and remarks aside. Options that follow from the `kind` beside them are left out: where
 * every `alie` has the same z, `attack.kind` says it all.
 */
export function varyingPaths(scenarios: readonly Scenario[]): string[] {
  const paths = differingPaths(scenarios).filter((path) => path !== "seed" && path !== "about");
  return paths.filter((path) => {
    const kind = path.replace(/[^.]+$/, "kind");
    return path === kind || !paths.includes(kind) || !follows(scenarios, kind, path);
  });
}

function follows(scenarios: readonly Scenario[], from: string, path: string): boolean {
  const known = new Map<unknown, string>();
  return scenarios.every((scenario) => {
    const [cause, effect] = [valueAt(scenario, from), JSON.stringify(valueAt(scenario, path)) ?? ""];
    const before = known.get(cause);
    known.set(cause, effect);
    return before === undefined || before === effect;
  });
}

export function labelScenarios(scenarios: readonly Scenario[]): Labelled[] {
  const paths = varyingPaths(scenarios);
  return scenarios.map((scenario) => {
    const differs = new Map(paths.map((path) => [path, valueAt(scenario, path)]));
    const told = new Map([...differs].filter(([path]) => !isOfOtherKinds(path, scenario, scenarios)));
    const parts = [...told].map(([path, value]) =>
      value === undefined ? `no ${missingAt(scenario, path)}` : `${path}=${textOf(value)}`,
    );
    return {
      label: [...new Set(parts)].join(" ") || scenario.name,
      title: titleOf(told, scenario) || scenario.name,
      differs,
    };
  });
}

/** Whether an option is one of other kinds alone: that `silent` has no z, which only `alie` has, says nothing beside the kind. */
function isOfOtherKinds(path: string, scenario: Scenario, scenarios: readonly Scenario[]): boolean {
  const kindPath = path.replace(/[^.]+$/, "kind");
  const kind = valueAt(scenario, kindPath);
  if (kind === undefined || valueAt(scenario, path) !== undefined) return false;
  return scenarios.every((one) => valueAt(one, kindPath) !== kind || valueAt(one, path) === undefined);
}

/** Sorted by what varies, then by seed: the same order for a sweep and for its shards, wherever the runs were made. */
export function inOrder(reports: readonly Report[]): Report[] {
  const paths = varyingPaths(reports.map(({ scenario }) => scenario));
  const keyed = reports.map((report) => {
    const { seed, hash } = report.summary;
    return { report, keys: [...paths.map((path) => valueAt(report.scenario, path)), seed, hash] };
  });
  keyed.sort((a, b) => a.keys.reduce<number>((order, key, i) => order || compare(key, b.keys[i]), 0));
  return keyed.map(({ report }) => report);
}

/** One row a run. */
export function tableOf(reports: readonly Report[]): Row[] {
  const paths = varyingPaths(reports.map(({ scenario }) => scenario));
  return reports.map(({ scenario, summary }) => {
    const { final, reached } = summary;
    return {
      ...Object.fromEntries(paths.map((path) => [path, valueAt(scenario, path)])),
      seed: summary.seed,
      hash: summary.hash,
      accuracyMean: final.accuracy.mean,
      accuracyWorst: final.accuracy.worst,
      accuracyStd: final.accuracy.std,
      loss: final.loss,
      disagreement: final.disagreement,
      attackSuccess: final.attackSuccess,
      seconds: final.seconds,
      cycles: final.cycles,
      bytesPerPeer: final.bytesPerPeer,
      honest: summary.honest,
      liars: summary.liars,
      updates: summary.updates,
      merges: summary.merges,
      reachedSeconds: reached?.seconds,
      reachedCycles: reached?.cycles,
      reachedBytesPerPeer: reached?.bytesPerPeer,
      ...Object.fromEntries(
        Object.entries(final.metrics ?? {}).flatMap(([name, { mean, worst, std }]) => [
          [`${name}Mean`, mean],
          [`${name}Worst`, worst],
          [`${name}Std`, std],
        ]),
      ),
    };
  });
}

/** Nothing first, numbers by size, everything else by its text. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [a, b].map((value) => (value === undefined ? "" : textOf(value))) as [string, string];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** RFC 4180, with a header line; maps and lists as JSON. */
export function csvOf(rows: readonly Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column])))];
  return lines.map((line) => `${line.map(csvField).join(",")}\r\n`).join("");
}

function cell(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
