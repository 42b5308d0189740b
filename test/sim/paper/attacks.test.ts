/** The attack tables: what they compare, what they leave open, and that their figures are those of the runs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attackCells } from "../../../sim/paper/attack-cells.ts";
import { attackCut, attackReport } from "../../../sim/paper/attack-report.ts";
import type { Cell } from "../../../sim/paper/cells.ts";
import { endText, intervalText, isAboveZero, pairedDifference } from "../../../sim/paper/intervals.ts";
import { attackName } from "../../../sim/paper/names.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { cells, expand, type Result, sweepOf } from "./runs.ts";

const BASE = {
  name: "made-up",
  data: { set: "digits" },
  partition: "dirichlet:0.1",
  peers: 30,
  cycles: 40,
  task: { training: { steps: 20 } },
  devices: { speeds: "stratified" },
};
const GRAPHS = [{ kind: "complete" }, { kind: "random", degree: 8 }];
const SEEDS = [1, 2, 3, 4, 5];
const GOOD: Result = { mean: 0.95, worst: 0.9 };

const alone = cells({ scenario: { ...BASE, algorithm: "local" }, seeds: SEEDS }, () => ({ mean: 0.5, worst: 0.1 }));

/** Attacks on both graphs, and what they come to. */
function matrix(attacks: readonly (object | null)[], result: (scenario: Scenario) => Result | undefined): Cell[] {
  const grids = [{ attack: [null, { kind: "silent" }, ...attacks], "network.topology": GRAPHS }];
  return cells({ scenario: BASE, grids, seeds: SEEDS }, result);
}

function report(own: readonly Cell[]): string {
  const none = sweepOf([], "sim/scenarios/none.yaml");
  const texts = attackReport({
    init: none,
    regression: none,
    matrix: sweepOf(own),
    more: none,
    rules: none,
    twoWorlds: none,
    mnist: none,
    many: none,
    alone: sweepOf(alone),
  });
  return [...texts.values()].join("\n\n");
}

/** 0.9 to 0.94 by seed, less by attack. */
function bySeed({ attack, seed }: Scenario): Result {
  const less = attack === undefined ? 0 : attack.kind === "silent" ? 0.05 : attack.kind === "ipm" ? 0.08 : 0.04;
  return { mean: 0.89 + seed / 100 - less, worst: 0.8 - less };
}

describe("intervals", () => {
  const cell = cells({ scenario: BASE, seeds: [1, 2] }, ({ seed }) => ({ mean: seed / 10, worst: 0.05 }))[0] as Cell;

  it("are of the mean accuracy and of the worst peer, over the seeds, by Student's t", () => {
    // 10 and 20: s = 7.07, t(1) s / sqrt 2 = 12.7 * 5
    assert.equal(endText(cell), "15.0 ± 63.5 / 5.0 ± 0.0");
    assert.equal(endText({ ...cell, wanted: 3 }), "… 1");
    assert.equal(endText(undefined), "–");
  });

  it("say of how many seeds they are where models of the others are out of range", () => {
    const some = cells({ scenario: BASE, seeds: [1, 2, 3] }, ({ seed }) => {
      const mean = seed === 2 ? Number.NaN : 0.5;
      return { mean, worst: mean };
    })[0];
    assert.equal(endText(some), "50.0 ± 0.0 / 50.0 ± 0.0 (2 of 3 seeds)");
  });

  it("of differences are paired by seed, and there is none while runs are missing", () => {
    const shifted = cells({ scenario: BASE, seeds: [1, 2] }, ({ seed }) => ({ mean: seed / 10 - 0.03, worst: 0 }))[0];
    const difference = pairedDifference(cell, shifted);
    assert.ok(difference && isAboveZero(difference));
    assert.equal(intervalText(difference), "3.0 ± 0.0");
    assert.equal(pairedDifference(cell, { ...cell, wanted: 3 }), undefined);
    assert.ok(!isAboveZero({ mean: 1, count: 1 }), "one seed shows nothing");
    assert.equal(intervalText({ mean: -0.0001, count: 1 }), "0.0");
  });
});

describe("the cost of an attack", () => {
  const placed = attackCells(matrix([{ kind: "ipm" }, { kind: "foe" }], bySeed));
  const costOf = (name: string) => placed.filter((cell) => cell.name === name).map(({ cost }) => cost?.mean.toFixed(3));

  it("is what an attacked run lacks to silent liars, and theirs what it lacks to no liars, on the same graph", () => {
    assert.deepEqual(costOf("silent"), ["0.050", "0.050"]);
    assert.deepEqual(costOf("ipm"), ["0.030", "0.030"]);
    assert.deepEqual(costOf("foe"), ["-0.010", "-0.010"]);
    assert.deepEqual(costOf("none"), [undefined, undefined]);
  });

  it("is unknown without silent liars of the same share", () => {
    const grids = [{ attack: [null, { kind: "silent" }, { kind: "ipm", share: 0.1 }] }];
    const known = attackCells(cells({ scenario: BASE, grids, seeds: SEEDS }, bySeed));
    assert.equal(known.find(({ name }) => name === "ipm")?.cost, undefined);
  });
});

describe("the attack report", () => {
  it("has graphs across, the cost beside each in bold where its interval is above 0, and names graphs, speeds and the kind of models", () => {
    const text = report(matrix([{ kind: "ipm" }, { kind: "foe" }], bySeed));
    assert.match(text, /\| attack \| complete \| costs \| degree 8 \| costs \|/);
    assert.match(text, /\| \*alone, no network\* \| 50\.0 ± 0\.0 \/ 10\.0 ± 0\.0 \| {2}\|/);
    assert.match(text, /\| \*liars silent\* \| 87\.0 ± 2\.0 \/ 75\.0 ± 0\.0 \| \*\*5\.0 ± 0\.0\*\* \|/);
    assert.match(text, /\| ipm \| 84\.0 ± 2\.0 \/ 72\.0 ± 0\.0 \| \*\*3\.0 ± 0\.0\*\* \|/);
    assert.match(text, /\| foe \| 88\.0 ± 2\.0 \/ 76\.0 ± 0\.0 \| -1\.0 ± 0\.0 \|/);
    assert.match(
      text,
      /Lies cost accuracy, with the whole interval, in 2 of 4 attack cells: ipm \(complete\) 3\.0 ± 0\.0;/,
    );
    assert.match(text, /In 2 the attacked peers end better than beside silent liars\./);
    assert.match(text, /digits, 5 seeds, device speeds stratified, graph: complete and degree 8, n = 30, d = 2,410,/);
    assert.match(text, /complete and degree 8, [^;]*, scored by running means of models;/);
    assert.match(text, /graph: none, [^;]*, scored by the newest models;/);
    assert.doesNotMatch(text, /NaN|undefined|### Rules/);
  });

  it("shows how often a backdoor hits, and counts what is missing in place of a figure", () => {
    const attacks = [{ kind: "backdoor" }, { kind: "ipm" }];
    const text = report(
      matrix(attacks, ({ attack, seed }) => {
        if (attack?.kind === "backdoor") return { ...GOOD, success: 0.42 };
        return attack?.kind === "ipm" && seed > 1 ? undefined : GOOD;
      }),
    );
    assert.match(text, /\| backdoor \| 95\.0 ± 0\.0 \/ 90\.0 ± 0\.0; hits 42\.0 ± 0\.0 \|/);
    assert.match(text, /\| ipm \| … 4 \| … \| … 4 \| … \|/);
    assert.match(text, /\*\*8 of 40 runs not there yet\*\*/);
    assert.match(text, /Not judged yet, for want of runs: 2 cells\./);
    assert.doesNotMatch(text, /NaN|undefined/);
  });

  it("puts the rules side by side on attacks that they all met, with the difference to the default one", () => {
    const grids = [
      { attack: [null, { kind: "silent" }, { kind: "ipm" }, { kind: "foe" }], "network.topology": [GRAPHS[1]] },
      { attack: [null, { kind: "ipm" }], "network.topology": [GRAPHS[1]], "task.aggregation.rule": ["krum"] },
    ];
    const own = cells({ scenario: BASE, grids, seeds: SEEDS }, (scenario) => {
      const { mean, worst } = bySeed(scenario);
      const isKrum = JSON.stringify(scenario.task).includes("krum");
      return { mean: isKrum ? mean - 0.1 : mean, worst };
    });
    const text = report(own);
    const part = text.slice(text.indexOf("### Rules, Dirichlet 0.1, degree 8, 20 % of liars"));
    assert.match(part, /\| guarded-median \| 84\.0 ± 2\.0 \| 84\.0 ± 2\.0: ipm \| {2}\| {2}\|/);
    assert.match(part, /\| krum \| 74\.0 ± 2\.0 \| 74\.0 ± 2\.0: ipm \| 10\.0 ± 0\.0 \| 10\.0 ± 0\.0 \|/);
    assert.match(part, /\| ipm \| 84\.0 ± 2\.0 \/ 72\.0 ± 0\.0 \| 74\.0 ± 2\.0 \/ 72\.0 ± 0\.0 \|/);
    assert.doesNotMatch(part, /foe|NaN|undefined/);
  });

  it("never mixes shares of liars: each has tables of its own, of the graphs and rules that met it", () => {
    const few = { kind: "ipm", share: 0.1 };
    const rules = ["guarded-median", "krum"];
    const grids = [
      { "task.aggregation.rule": rules, attack: [null, { kind: "ipm" }], "network.topology": GRAPHS },
      { "task.aggregation.rule": rules, attack: [few], "network.topology": [GRAPHS[1]] },
    ];
    const own = cells({ scenario: BASE, grids, seeds: SEEDS }, ({ attack }) =>
      attack?.share === 0.1 ? { mean: 0.93, worst: 0.9 } : GOOD,
    );
    const [, ...parts] = report(own).split("### ");
    assert.deepEqual(
      parts.map((part) => part.slice(0, part.indexOf("\n"))),
      [
        "The default rule, Dirichlet 0.1, 20 % of liars",
        "The default rule, Dirichlet 0.1, 10 % of liars",
        "Rules, Dirichlet 0.1, complete, 20 % of liars",
        "Rules, Dirichlet 0.1, degree 8, 20 % of liars",
        "Rules, Dirichlet 0.1, degree 8, 10 % of liars",
      ],
    );
    assert.match(parts[1] ?? "", /\| attack \| degree 8 \| costs \|\n/);
    assert.match(parts[3] ?? "", /\| ipm \| 95\.0 .*\| 95\.0 /);
    assert.match(parts[4] ?? "", /\| ipm \| 93\.0 .*\| 93\.0 /);
  });

  it("of the cut is one table, with what lies cost below it", () => {
    const { table, notes } = attackCut(sweepOf(matrix([{ kind: "ipm" }], bySeed)), alone);
    assert.deepEqual(table.head, ["attack", "complete", "costs", "degree 8", "costs"]);
    assert.equal(table.rows.at(-1)?.[0], "ipm");
    assert.match(notes, /2 of 2 attack cells/);
  });
});

describe("the task of hearsay init under attack", () => {
  it("stands beside tasks without its options, each with costs against its own silent liars", () => {
    const attacks = [null, { kind: "silent" }, { kind: "ipm" }];
    const task = { ...BASE.task, aggregation: { parameters: { f: 0.2 } } };
    const grids = [{ attack: attacks, "network.topology": [GRAPHS[1]] }];
    const better = (scenario: Scenario) => ({ ...bySeed(scenario), mean: bySeed(scenario).mean + 0.04 });
    const init = cells({ scenario: { ...BASE, task }, grids, seeds: SEEDS }, better);
    const [text] = [...initOnly(init, matrix([{ kind: "ipm" }, { kind: "foe" }], bySeed)).values()];
    assert.match(
      text ?? "",
      /### The task of hearsay init beside one without its options, Dirichlet 0\.1, 20 % of liars/,
    );
    assert.match(text ?? "", /\| attack \| degree 8 \| costs \| degree 8, without \| costs \|\n/);
    assert.match(
      text ?? "",
      /\| ipm \| 88\.0 ± 2\.0 \/ 72\.0 ± 0\.0 \| \*\*3\.0 ± 0\.0\*\* \| 84\.0 ± 2\.0 \/ 72\.0 ± 0\.0 \| \*\*3\.0 ± 0\.0\*\* \|/,
    );
    assert.match(text ?? "", /in 1 of 1 attack cells?: ipm \(degree 8\) 3\.0 ± 0\.0/);
    assert.doesNotMatch(text ?? "", /foe|complete|NaN|undefined/);
  });
});

describe("a regression under attack", () => {
  it("stands beside itself without the look at each model", () => {
    const grids = [{ attack: [null, { kind: "silent" }, { kind: "ipm" }], "task.aggregation.mostLoss": [null, 0.8] }];
    const all = cells({ scenario: { ...BASE, partition: "iid" }, grids, seeds: SEEDS }, (scenario) => {
      const { mostLoss } = { ...(scenario.task.aggregation as object) } as { mostLoss?: number };
      return { mean: mostLoss === undefined ? 0.4 : 0.9, worst: 0.3 };
    });
    const none = sweepOf([], "sim/scenarios/none.yaml");
    const rest = { init: none, matrix: none, more: none, rules: none, twoWorlds: none, mnist: none, many: none };
    const text = attackReport({ ...rest, alone: none, regression: sweepOf(all) }).get("regression") ?? "";
    assert.match(text, /, iid, 20 % of liars\n/);
    assert.match(
      text,
      /\| ipm \| 90\.0 ± 0\.0 \/ 30\.0 ± 0\.0 \| 0\.0 ± 0\.0 \| 40\.0 ± 0\.0 \/ 30\.0 ± 0\.0 \| 0\.0 ± 0\.0 \|/,
    );
  });
});

/** Of the page what a sweep of the task of `hearsay init` makes. */
function initOnly(init: readonly Cell[], old: readonly Cell[]): ReadonlyMap<string, string> {
  const none = sweepOf([], "sim/scenarios/none.yaml");
  const rest = { regression: none, more: none, rules: none, twoWorlds: none, mnist: none, many: none, alone: none };
  const page = attackReport({ ...rest, init: sweepOf(init), matrix: sweepOf(old) });
  return new Map([...page].filter(([mark]) => mark === "init"));
}

describe("the name of an attack", () => {
  it("has the options that are not at their defaults, and always the z of ALIE", () => {
    const names = [{ kind: "ipm" }, { kind: "ipm", noise: 0.5 }, { kind: "alie" }, { kind: "adaptive", noise: 0 }].map(
      (attack) => attackName(expand({ ...BASE, attack })[0]?.scenario as Scenario),
    );
    assert.equal(names[0], "ipm");
    assert.equal(names[1], "ipm noise 0.5");
    assert.match(names[2] ?? "", /^alie z=[\d.]+$/);
    assert.equal(names[3], "adaptive noise 0");
  });
});
