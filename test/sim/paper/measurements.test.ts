/** The chapter of measurements: figures that are read off series, and that it is whole with and without runs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import type { Cell, SweepCells } from "../../../sim/paper/cells.ts";
import { groupsOf } from "../../../sim/paper/measure-accusations.ts";
import { budgetSection } from "../../../sim/paper/measure-budget.ts";
import { codecSection } from "../../../sim/paper/measure-codecs.ts";
import { cohortSection } from "../../../sim/paper/measure-cohorts.ts";
import { busiest } from "../../../sim/paper/measure-conditions.ts";
import { gatewaySection } from "../../../sim/paper/measure-gateways.ts";
import { inboxSection } from "../../../sim/paper/measure-inbox.ts";
import { outageSection } from "../../../sim/paper/measure-outage.ts";
import { slowDevicesSection } from "../../../sim/paper/measure-slow-devices.ts";
import { agreedAfter } from "../../../sim/paper/measure-split.ts";
import { type Drawn, drawPage, PAGES, type Page } from "../../../sim/paper/pages.ts";
import type { Section } from "../../../sim/paper/section.ts";
import { accuracyOf, bytesOf, overSeeds, reachedAt, secondsOf, valueAt } from "../../../sim/paper/series.ts";
import type { PeerRow } from "../../../sim/run/report.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { cells, point, type Result, sweepOf } from "./runs.ts";

const SCENARIOS = join(import.meta.dirname, "../../../sim/scenarios");
const SERIES = [point(0, 0.1), point(10, 0.5), point(20, 0.9)];

type ResultOf = (scenario: Scenario) => Result | undefined;

/** The page, with a sweep of sim/scenarios for each of its marks. */
function shipped(name: string): Page {
  return PAGES.get(name) as Page;
}

function sweepNamed(name: string, result: ResultOf): SweepCells {
  return sweepOf(cells(parse(readFileSync(join(SCENARIOS, `measure-${name}.yaml`), "utf8")), result));
}

/** The one section of a sweep. */
function sectionOf(page: Page, name: string, result: ResultOf): Section {
  const [section, ...others] = page.get(name)?.(sweepNamed(name, result)) ?? [];
  assert.ok(section !== undefined && others.length === 0, name);
  return section;
}

function chapter(result: ResultOf): Drawn {
  const page = shipped("measurements");
  const sweeps = [...page.keys()].map((name) => [name, sweepNamed(name, result)] as const);
  return drawPage(page, Object.fromEntries(sweeps), "plots");
}

describe("figures of a series", () => {
  it("lie on straight lines between points, and are none where a run does not go", () => {
    assert.ok(Math.abs((reachedAt(SERIES, 0.7, secondsOf) ?? 0) - 15) < 1e-9);
    assert.equal(reachedAt(SERIES, 0.1, secondsOf), 0);
    assert.equal(reachedAt(SERIES, 0.91, secondsOf), undefined);
    assert.ok(Math.abs((valueAt(SERIES, 15_000, bytesOf, accuracyOf) ?? 0) - 0.7) < 1e-12);
    assert.equal(valueAt(SERIES, 0, bytesOf, accuracyOf), 0.1);
    assert.equal(valueAt(SERIES, 20_001, bytesOf, accuracyOf), undefined);
  });

  it("say how many seeds have them, and how many runs are missing", () => {
    const document = { scenario: { name: "made-up", data: { set: "digits" } }, seeds: [1, 2, 3] };
    const cell = (result: (scenario: Scenario) => Result | undefined) => cells(document, result)[0] as Cell;
    const last = (one: Cell) => overSeeds(one, (series) => reachedAt(series, 0.5, secondsOf));
    assert.equal(last(cell(() => ({ mean: 0.9, worst: 0.8 }))), "5 ± 0");
    assert.equal(last(cell(({ seed }) => ({ mean: seed === 1 ? 0.9 : 0.2, worst: 0.1 }))), "5 (1 of 3 seeds)");
    assert.equal(last(cell(() => ({ mean: 0.2, worst: 0.1 }))), "–");
    assert.equal(last(cell(({ seed }) => (seed === 1 ? { mean: 0.9, worst: 0.8 } : undefined))), "… 2");
  });

  it("leave out the peers that train least, where these are the slow ones", () => {
    const peers = [9, 1, 7, 8].map((cycles, index): PeerRow => {
      return { index, honest: true, cycles, bytesOut: 0, rows: 1, merges: {}, meanWeight: 0 };
    });
    assert.deepEqual(
      busiest(peers, 0.75).map(({ index }) => index),
      [0, 3, 2],
    );
    assert.equal(busiest(peers, 1).length, 4);
  });

  it("tell the honest peers with the rarest data from the others, and from liars", () => {
    const overlaps = [0.9, 0.8, 0.1, 0.7, 0.9, 0.05, 0.9, 0.9, 0.9, 0.9, 0.9];
    const peers = overlaps.map((overlap, index): PeerRow => {
      const merges = index === 10 ? {} : { used: 1 };
      return { index, honest: index !== 5, cycles: 1, bytesOut: 0, rows: 1, merges, meanWeight: 0, overlap };
    });
    const { rarest, others, liars } = groupsOf(peers);
    assert.deepEqual(
      [rarest, others, liars].map((group) => group.map(({ index }) => index)),
      [[2], [3, 1, 0, 4, 6, 7, 8, 9], [5]],
    );
  });

  it("find agreement at the first point after healing that is near the run without a split", () => {
    const apart = (values: readonly number[]) => values.map((disagreement, i) => point(i, 0.5, 0.5, { disagreement }));
    const reference = apart([1, 1, 1, 1, 1, 0.1]);
    assert.equal(agreedAfter(apart([1, 1, 3, 2, 1.15, 0.1]), reference, 2), 2);
    assert.equal(agreedAfter(apart([1, 1, 1, 2, 2, 0.13]), reference, 3), undefined);
    assert.equal(agreedAfter(reference, reference, 3), 0);
  });
});

describe("the table of outages", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-outage.yaml"), "utf8"));
  const table = (seconds: readonly number[]) => {
    const apart = (cut: boolean) =>
      seconds.map((at) => point(at, 0.5, 0.5, { disagreement: cut && at < 160 ? 0.03 : 0.01 }));
    const result = ({ network }: Scenario) => ({ mean: 0.9, worst: 0.9, series: apart(network.partitions.length > 0) });
    return outageSection(sweepOf(cells(document, result))).table;
  };

  it("divides the disagreement after the cut by that of the run without it, in each window of time", () => {
    const { rows } = table([149, 150, 155, 160, 169, 170, 180, 211]);
    const near = ["1 (1 to 1)", "1 (1 to 1)", "1 (1 to 1)"];
    assert.deepEqual(rows, [
      ["one peer", "3 (3 to 3)", "3 (3 to 3)", ...near],
      ["half of the peers", "3 (3 to 3)", "3 (3 to 3)", ...near],
    ]);
  });

  it("says what is missing before there are runs", () => {
    assertMissing(outageSection(sweepOf(cells(document, () => undefined))));
  });
});

/** Of a page without runs. */
function assertMissing({ table, figures }: { readonly table: unknown; readonly figures: readonly unknown[] }): void {
  assert.equal(figures.length, 0);
  assert.match(JSON.stringify(table), /…/);
}

describe("the page of codecs", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-codecs.yaml"), "utf8"));
  const page = (result: (scenario: Scenario) => Result | undefined) => codecSection(sweepOf(cells(document, result)));

  it("compares each codec with float32 on the same graph and data, and draws the data without liars", () => {
    const lost = (codec: unknown) => (codec === "int4" ? 0.02 : codec === "int8" ? -0.001 : 0);
    const { table, figures } = page(({ task, network: { topology } }) => ({
      mean: (topology.kind === "complete" ? 0.95 : 0.9) - lost(task.codec),
      worst: 0.85,
    }));
    const rows = table.rows.map(([graph, where, codec, , less]) => [graph, where, codec, less]);
    assert.deepEqual(rows.slice(0, 3), [
      ["degree 8", "iid, none", "f32", ""],
      ["degree 8", "iid, none", "int8", "-0.1 ± 0.0"],
      ["degree 8", "iid, none", "int4", "2.0 ± 0.0"],
    ]);
    assert.deepEqual(rows.at(-1), ["complete", "Dirichlet 0.5, alie z=1.5 20 %", "int4", "2.0 ± 0.0"]);
    assert.equal(figures.length, 7, "one for each split");
    assert.doesNotMatch(JSON.stringify(table), /NaN|undefined|…/);
  });

  it("says what is missing before there are runs", () => assertMissing(page(() => undefined)));
});

describe("the page of cohorts", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-cohorts.yaml"), "utf8"));
  const page = (result: (scenario: Scenario) => Result | undefined) => cohortSection(sweepOf(cells(document, result)));

  it("says for each size and share of liars how many cohorts are poisoned, who is hidden, and every accuracy", () => {
    const { table } = page(({ attack }) => ({ mean: attack ? 0.9 : 0.95, worst: 0.8 }));
    assert.deepEqual(
      table.rows.map((row) => row.slice(0, 5)),
      [
        ["complete", "none", "0", "0.0 %", "1"],
        ["complete", "3", "0", "0.0 %", "2 of 3"],
        ["degree 8", "none", "0", "0.0 %", "1"],
        ["degree 8", "3", "0", "0.0 %", "2 of 3"],
        ["complete", "none", "0.1", "10.0 %", "1"],
        ["complete", "3", "0.1", "27.1 %", "2 of 3"],
        ["complete", "5", "0", "0.0 %", "3 of 5"],
        ["complete", "5", "0.1", "41.0 %", "3 of 5"],
        ["complete", "3", "0.2", "48.8 %", "2 of 3"],
      ],
    );
    assert.equal(table.head.length, 7 + 5);
    assert.doesNotMatch(JSON.stringify(table), /NaN|undefined|…/);
  });

  it("says what is missing before there are runs", () => assertMissing(page(() => undefined)));
});

describe("the page of gateways", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-gateways.yaml"), "utf8"));
  const page = (result: (scenario: Scenario) => Result | undefined) => gatewaySection(sweepOf(cells(document, result)));

  it("compares gateways, honest and lying, with peers that each speak for themselves", () => {
    const speaks = ({ task }: Scenario) => JSON.stringify(task).includes("gateways");
    const { table } = page((scenario) => {
      const [mean, bytesAcrossPerPeer] = speaks(scenario) ? [0.94, 1000 + scenario.seed] : [0.95, 8000];
      return { mean, worst: 0.8, series: [point(10, mean, 0.8, { bytesAcrossPerPeer })] };
    });
    assert.deepEqual(
      table.rows.map((row) => row.slice(0, 3)),
      [
        ["dirichlet:0.5", "none", "each peer"],
        ["dirichlet:0.5", "none", "a gateway"],
        ["dirichlet:0.5", "false-release", "a gateway"],
        ["dirichlet:0.5", "sign-flip", "each peer"],
        ["dirichlet:0.5", "sign-flip", "a gateway"],
        ["iid", "none", "each peer"],
        ["iid", "none", "a gateway"],
      ],
    );
    assert.match(table.rows[2]?.[4] ?? "", /^1\.0/, "held against the network without liars");
    assert.equal(table.rows[1]?.[6], "8.0 ± 0.0", "8000 / 1001 to 8000 / 1005: times less, seed by seed");
    assert.doesNotMatch(JSON.stringify(table), /undefined|…/);
  });

  it("says what is missing before there are runs", () => assertMissing(page(() => undefined)));
});

describe("the page of budgets", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-budget.yaml"), "utf8"));
  const page = (result: (scenario: Scenario) => Result | undefined) =>
    budgetSection(sweepOf(cells(document, result)), "A day");

  it("names budget, codec and attack of each row, and draws a line for each of the latter", () => {
    const { table, figures } = page(() => ({ mean: 0.95, worst: 0.9 }));
    assert.equal(table.rows.length, 12);
    assert.deepEqual(table.rows[0]?.slice(0, 4), ["10 kB a day", "int8", "none", "95.0 ± 0.0 / 90.0 ± 0.0"]);
    assert.deepEqual(table.rows.at(-1)?.slice(0, 3), ["10 MB a day", "int8", "sign-flip"]);
    assert.equal(figures.length, 1);
    assert.doesNotMatch(JSON.stringify(table), /NaN|undefined|…/);
  });

  it("says what is missing before there are runs", () => assertMissing(page(() => undefined)));
});

describe("the table of models of a merge", () => {
  it("has a row for each place and liars, and a column for each number of models with its quorum", () => {
    const document = {
      scenario: { name: "made-up", data: { set: "digits" } },
      grids: [
        {
          attack: [null, { kind: "sign-flip", share: 0.2 }],
          "task.aggregation": [
            { inboxSize: 7, quorum: 3 },
            { inboxSize: 3, quorum: 2 },
          ],
        },
      ],
      seeds: [1],
    };
    const result = ({ attack }: Scenario): Result | undefined => (attack ? undefined : { mean: 0.9, worst: 0.8 });
    const { head, rows } = inboxSection(sweepOf(cells(document, result)), "Models").table;
    assert.deepEqual(head, ["data, attack", "k 7, quorum 3", "k 3, quorum 2"]);
    assert.deepEqual(rows, [
      ["iid, none", "90.0 / 80.0", "90.0 / 80.0"],
      ["iid, sign-flip 20 %", "… 1", "… 1"],
    ]);
  });
});

describe("the page of slow devices", () => {
  const document = parse(readFileSync(join(SCENARIOS, "measure-slow-devices.yaml"), "utf8"));
  const page = (result: (scenario: Scenario) => Result | undefined) =>
    slowDevicesSection(sweepOf(cells(document, result)));

  it("names devices, attack and steps of each row, and draws those without liars", () => {
    const { table, figures } = page(() => ({ mean: 0.95, worst: 0.9 }));
    assert.equal(table.rows.length, 8);
    assert.deepEqual(table.rows[0]?.slice(0, 4), ["alike, none", "all", "95.0 ± 0.0 / 90.0 ± 0.0", ""]);
    assert.deepEqual(table.rows[5]?.slice(0, 2), ["9 of 30 slower by 20, sign-flip", "adaptive"]);
    assert.deepEqual(table.rows[7]?.slice(0, 2), ["1 of 30 slower by 1000, none", "adaptive"]);
    assert.equal(figures.length, 1);
    assert.doesNotMatch(JSON.stringify(table), /NaN|undefined|…/);
  });

  it("says what is missing before there are runs", () => assertMissing(page(() => undefined)));
});

describe("the page of personal models", () => {
  const page = (name: string, result: ResultOf) => sectionOf(shipped("personal"), name, result);
  const result = ({ seed, task, algorithm, data }: Scenario): Result => {
    const gain = task.personal === undefined ? 0 : 0.1;
    const worst = (algorithm.kind === "local" ? 0.3 : 0.5) + gain + 0.01 * seed;
    return { mean: 0.8 + gain, worst, tuned: 0.7, ...(data.scarce && { first: 0.4 + gain }) };
  };

  it("has a row for each way, with differences that are paired by seed, and what liars and few rows leave", () => {
    const { table } = page("personal-signs", result);
    assert.deepEqual(
      table.rows.map(([way]) => way),
      [
        "alone",
        "common model",
        "common model, then `hearsay personalise`",
        "`fedper`",
        "`fedrep`",
        "`ditto`",
        "`units`",
      ],
    );
    const [, , , fedper] = table.rows;
    assert.deepEqual(fedper?.slice(2), [
      "10.0 ± 0.0 / 10.0 ± 0.0",
      "10.0 ± 0.0 / 30.0 ± 0.0",
      ...Array<string>(3).fill("90.0 ± 0.0 / 63.0 ± 2.0"),
      "50.0 ± 0.0",
    ]);
    assert.ok(table.rows.every((row) => row.length === table.head.length));
  });

  it("has the error of a regression", () => {
    const { table, caption } = page("personal-motes", result);
    assert.match(caption, /^Share of the variance/);
    assert.deepEqual(table.head.slice(-2), ["error, mean / worst site", "less error than alone"]);
    assert.ok(table.rows.every((row) => row.length === table.head.length));
    assert.ok(!page("personal-motes-few", result).table.head.includes("sites with 50 rows"));
  });

  it("has of sites that come late what they reach some trainings after they came", () => {
    const at = (index: number, seconds: number, rmse: number) => ({
      ...{ index, seconds, cycles: 1, bytesOut: 0, accuracy: 0.5, loss: 1 },
      metrics: { rmse },
    });
    const { table, caption } = page("personal-late-motes", ({ algorithm, seed }) => ({
      ...{ mean: 0.5, worst: 0.4 },
      curves: [at(0, 22, algorithm.kind === "local" ? 3 : 2), at(0, 24, 1.5), at(1, 22, 99), at(0, 40, seed)],
    }));
    assert.match(
      caption,
      /^Root of the mean squared error.* of 1 of 4 sites, which have 50 rows each and join half-way/,
    );
    assert.deepEqual(table.rows[0], ["alone", "3.00 ± 0.00", "1.50 ± 0.00", "–", "3.00 ± 1.96", ""]);
    assert.deepEqual(
      table.rows.map(([way]) => way),
      ["alone", "common model", ...["fedper", "ditto", "calibration", "units"].map((way) => `\`${way}\``)],
    );
    assert.deepEqual([table.rows[1]?.[1], table.rows[1]?.at(-1)], ["2.00 ± 0.00", "0.00 ± 0.00"]);
  });

  it("is whole, and says what is missing before there are runs", () => {
    for (const name of shipped("personal").keys()) {
      assert.doesNotMatch(JSON.stringify(page(name, result)), /NaN|undefined|…/);
      assertMissing(page(name, () => undefined));
    }
  });
});

describe("the page of ways of training on skewed data", () => {
  const page = (name: string, result: ResultOf) => sectionOf(shipped("skew"), name, result);
  const result = ({ seed }: Scenario) => (seed === 1 ? { mean: 0.95, worst: 0.8 } : { mean: 0.9, worst: 0.85 });

  const withLess = (scenario: Scenario) => {
    const { mean, worst } = result(scenario);
    const isWritten = (scenario.task.training as { absentClasses?: number } | undefined)?.absentClasses !== undefined;
    return isWritten ? { mean, worst } : { mean: mean - 0.01, worst: worst + 0.02 };
  };

  it("has the ways down where they are more than the places, and of each how much more it has than the task as written, paired by seed", () => {
    const { table, caption } = page("skew-attacks", withLess);
    assert.deepEqual(table.head.slice(0, 3), ["", "Dirichlet 0.1, silent 20 %", "Dirichlet 0.1, sign-flip 20 %"]);
    assert.match(caption, /paired by seed.*graph: degree 8/);
    assert.deepEqual(table.rows[0]?.slice(0, 2), ["as written", "91.0 ± 2.8 / 84.0 ± 2.8"]);
    assert.deepEqual(table.rows[1]?.slice(0, 2), ["no absentClasses", "90.0 (-1.0 ± 0.0) / 86.0 (2.0 ± 0.0)"]);
    const ways = table.rows.map(([way]) => way);
    for (const way of ["no peak, no maxGradientNorm", "no mix", "rule mean", "none of the seven options"])
      assert.ok(ways.includes(way), way);
    assert.ok(table.rows.every((row) => row.length === table.head.length));
  });

  it("has the places down where they are more, with the undefended mean and none of the options beside the task as written", () => {
    for (const name of ["skew-mnist", "skew-signs"] as const) {
      const { table, notes } = page(name, withLess);
      assert.deepEqual(table.head, ["data, attack", "as written", "rule mean", "none of the seven options"]);
      const places = table.rows.map(([place]) => place);
      assert.ok(places.includes("iid") && places.includes("Dirichlet 0.1, mimic noise 0.5 20 %"));
      const none = "90.0 (-1.0 ± 0.0) / 86.0 (2.0 ± 0.0)";
      assert.deepEqual(table.rows[0], ["iid", "91.0 ± 2.8 / 84.0 ± 2.8", "91.0 (0.0 ± 0.0) / 84.0 (0.0 ± 0.0)", none]);
      assert.ok(notes?.startsWith("Bytes that a peer sends in a whole run of iid: as written "));
    }
  });

  it("says beside every attack what the same liars take by silence", () => {
    for (const name of ["skew-attacks", "skew-mnist", "skew-signs"] as const) {
      const { table } = page(name, result);
      const names = [...table.head, ...table.rows.map(([first]) => first)];
      assert.ok(names.includes("Dirichlet 0.1, silent 20 %"), name);
    }
  });

  it("scores FedAvg and the rest by both kinds of models, each kind in a row of its own", () => {
    const { table, caption } = page("skew", (scenario) => ({ ...result(scenario), models: [0.8, 0.7] }));
    assert.deepEqual(
      table.rows.slice(0, 2).map((row) => row.slice(0, 2)),
      [
        ["as written; newest models", "80.0 ± 0.0 / 80.0 ± 0.0"],
        ["as written; running means", "70.0 ± 0.0 / 70.0 ± 0.0"],
      ],
    );
    const ways = table.rows.map(([way]) => way);
    assert.ok(ways.includes("fedavg; newest models") && ways.includes("fedavg; running means"));
    assert.match(caption, /by the newest models and by running means/);
  });

  it("is whole, and says what is missing before there are runs", () => {
    for (const name of shipped("skew").keys()) {
      assert.doesNotMatch(JSON.stringify(page(name, result).table), /NaN|undefined|…/);
      assert.match(JSON.stringify(page(name, () => undefined).table), /…/);
    }
  });
});

describe("the chapter of measurements", () => {
  it("is whole: every sweep has its part, every figure its file", () => {
    const { texts, figures } = chapter(() => ({ mean: 0.95, worst: 0.9 }));
    assert.deepEqual([...texts.keys()], [...shipped("measurements").keys()]);
    const text = [...texts.values()].join("\n");
    assert.doesNotMatch(text, /NaN|undefined|…/);
    const named = [...text.matchAll(/\]\(plots\/(.*?)\)/g)].map(([, name]) => name);
    assert.deepEqual(named.sort(), [...figures.keys()].sort());
    assert.ok(figures.size >= 15);
    for (const [name, svg] of figures) {
      assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/, name);
      assert.doesNotMatch(svg, /NaN|undefined|var\(/, name);
    }
    for (const [name, part] of texts) assert.ok(part.includes("sim/scenarios/made-up.yaml"), name);
    assert.match(text, /### From 10 to 3,000 peers\n[^#]*\| 3,000 \| 1 \|/);
  });

  it("leaves out the parts that no run is there of, and says what is missing of others", () => {
    const { texts, figures } = chapter(({ name, seed }) =>
      name === "measure-alpha" && seed === 1 ? { mean: 0.9, worst: 0.8 } : undefined,
    );
    assert.equal(figures.size, 0);
    assert.deepEqual([...texts.keys()], ["alpha"]);
    assert.match(texts.get("alpha") ?? "", /\| … 4 \|.*runs not there yet|runs not there yet[\s\S]*\| … 4 \|/);
    assert.doesNotMatch([...texts.values()].join(), /NaN|undefined/);
  });

  it("scores all algorithms by both kinds of models, on each graph", () => {
    const text = chapter(() => ({ mean: 0.95, worst: 0.9, models: [0.8, 0.7] })).texts.get("baselines") ?? "";
    for (const place of ["iid, degree 8", "iid, complete", "Dirichlet 0.1, degree 8", "Dirichlet 0.1, complete"])
      assert.ok(text.includes(`### Against other algorithms, ${place}`), place);
    assert.match(text, /\| d-psgd \| 80\.0 ± 0\.0 \/ 80\.0 ± 0\.0 \| 70\.0 ± 0\.0 \/ 70\.0 ± 0\.0 \|/);
  });

  it("scores both sides of a bottleneck, slow devices and lost messages by both kinds, and says of tables with one kind which it is", () => {
    const { texts } = chapter(() => ({ mean: 0.95, worst: 0.9, models: [0.8, 0.7] }));
    assert.match(
      texts.get("dumbbell") ?? "",
      /\| iid \| 1 bridge \| running means \| 70\.0 ± 0\.0 \/ 70\.0 ± 0\.0 \(0\.10 ± 0\.00\)/,
    );
    for (const name of ["loss", "stragglers"] as const) {
      const text = texts.get(name) ?? "";
      assert.match(text, /scored by the newest models and by running means/);
      assert.match(text, /by the models that each predicts with \(hearsay: running means, others: the newest\)/);
      assert.match(text, /\| d-psgd \| 80\.0 ± 0\.0 \/ 80\.0 ± 0\.0 \| [^|]+ \| 70\.0 ± 0\.0 \/ 70\.0 ± 0\.0 \|/);
    }
    assert.match(texts.get("alpha") ?? "", /each predicts with \(hearsay: running means; local: the newest\)/);
    assert.match(texts.get("scale") ?? "", /scored by running means of models/);
    assert.doesNotMatch(texts.get("outage") ?? "", /scored/);
  });
});
