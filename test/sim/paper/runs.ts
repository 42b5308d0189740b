/** Sweeps whose runs are made up: what tables make of them is then known. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { nodeCrypto } from "../../../node/crypto.ts";
import { combinations, parseSweep, runsOf, type SweepRun } from "../../../sim/compare/sweep.ts";
import type { Tree } from "../../../sim/compare/sweep-paths.ts";
import { type Cell, cellsOf, type Outcome, type SweepCells } from "../../../sim/paper/cells.ts";
import { withParts } from "../../../sim/run/dealing.ts";
import type { PeerRow, Point } from "../../../sim/run/report.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";

const SCENARIOS = join(import.meta.dirname, "../../../sim/scenarios");

export interface Result {
  readonly mean: number;
  readonly worst: number;
  readonly success?: number;
  /** Accuracies by the newest models and by running means. */
  readonly models?: readonly [raw: number, averaged: number];
  /** Accuracy of all after each was fine-tuned, and of the first peer. */
  readonly tuned?: number;
  readonly first?: number;
  readonly peers?: readonly PeerRow[];
  readonly curves?: NonNullable<Outcome["curves"]>;
  readonly fairness?: NonNullable<Outcome["summary"]["fairness"]>;
  /** Left out: the accuracy rises to the mean over eleven points. */
  readonly series?: readonly Point[];
}

/** Task files are looked for beside the sweeps that ship. */
export function expand(document: unknown): SweepRun[] {
  const sweep = parseSweep(document);
  const found = combinations(sweep).map(({ source, label }) => ({ source: withTask(source), label }));
  return runsOf(found, sweep.seeds, nodeCrypto);
}

function withTask(source: Tree): Tree {
  const { file, ...parts } = (source.task ?? {}) as Tree;
  if (typeof file !== "string" || !existsSync(join(SCENARIOS, file))) return source;
  return { ...source, task: withParts(parse(readFileSync(join(SCENARIOS, file), "utf8")), parts) };
}

/** Cells of a sweep; a run whose result is undefined is missing. */
export function cells(document: unknown, result: (scenario: Scenario) => Result | undefined): Cell[] {
  const runs = expand(document);
  const outcomes = runs.flatMap((run) => {
    const found = result(run.scenario);
    return found === undefined ? [] : [outcome(run, found)];
  });
  return cellsOf(runs, outcomes);
}

export function sweepOf(cells: readonly Cell[], file: string = "sim/scenarios/made-up.yaml"): SweepCells {
  return { cells, file, dimension: () => 2410 };
}

export function point(seconds: number, mean: number, worst: number = mean, more: Partial<Point> = {}): Point {
  const accuracy = { mean, worst, std: 0 };
  return { seconds, cycles: seconds, bytesPerPeer: 1000 * seconds, accuracy, loss: 1, disagreement: 0.1, ...more };
}

function outcome(
  { scenario, hash }: SweepRun,
  { mean, worst, success, models, tuned, first, fairness, peers, series, curves }: Result,
): Outcome {
  const rising = Array.from({ length: 11 }, (_, i) => point(i, 0.1 + ((mean - 0.1) * i) / 10));
  const attackSuccess = success === undefined ? {} : { attackSuccess: success };
  const points = series ?? [...rising.slice(0, -1), point(10, mean, worst, attackSuccess)];
  const summary = {
    name: scenario.name,
    hash,
    seed: scenario.seed,
    algorithm: scenario.algorithm.kind,
    attack: scenario.attack?.kind ?? "none",
    liars: 0,
    honest: 3,
    signatures: false,
    final: points.at(-1) as Point,
    ...(models && { models: { raw: spread(models[0]), averaged: spread(models[1]) } }),
    ...(tuned !== undefined && { fineTuned: { accuracy: spread(tuned) } }),
    ...(fairness && { fairness }),
    updates: 1,
    merges: 1,
    staleness: [1],
  };
  const none = { cycles: 0, bytesOut: 0, rows: 0, merges: {}, meanWeight: 0 };
  const rows = first === undefined ? [] : [{ index: 0, honest: true, accuracy: first, ...none }];
  return { summary, series: points, peers: peers ?? rows, ...(curves && { curves }) };
}

function spread(mean: number): Point["accuracy"] {
  return { mean, worst: mean, std: 0 };
}
