/** The table of a recipe, and that each folder of sim/recipes is whole. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse, parseDocument } from "yaml";
import { writeTrainingOptions } from "../../../node/commands/peer/new-tasks.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { recipeSection } from "../../../sim/paper/recipe.ts";
import type { PeerRow } from "../../../sim/run/report.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { pythonWith } from "../../support/program.ts";
import { cells, type Result, sweepOf } from "./runs.ts";

const RECIPES = join(import.meta.dirname, "../../../sim/recipes");
const NAMES = readdirSync(RECIPES, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

/** Which have other options than `hearsay init` writes; the page says why. */
const OF_BEFORE: ReadonlySet<string> = new Set(["predictive-maintenance", "vehicles"]);

/** Which have other steps than `hearsay init` writes, and else what it does; the page says why. */
const OTHER_STEPS: ReadonlySet<string> = new Set(["air-quality", "traffic"]);

/** Which have no momentum between merges, where `hearsay init` writes some; the page says why. */
const NO_MOMENTUM: ReadonlySet<string> = new Set(["air-quality", "traffic"]);

const DOCUMENT = {
  scenario: { name: "made-up", data: { set: "digits" }, partition: "owner", peers: 2 },
  grids: [{ algorithm: ["local", "hearsay", "centralised"] }, { "task.personal": [{ method: "fedper" }] }],
  seeds: [1, 2, 3],
};

function rowOf(index: number, accuracy: number): PeerRow {
  return {
    index,
    honest: true,
    site: `station-${index}`,
    accuracy,
    cycles: 1,
    bytesOut: 0,
    rows: 1,
    merges: {},
    meanWeight: 0,
  };
}

/** The first site has `accuracy`, the second nine tenths of it. */
function section(accuracyOf: (scenario: Scenario) => number) {
  const result = (scenario: Scenario): Result => {
    const accuracy = accuracyOf(scenario) + scenario.seed / 1000;
    return { mean: 0.95 * accuracy, worst: 0.9 * accuracy, peers: [rowOf(0, accuracy), rowOf(1, 0.9 * accuracy)] };
  };
  return recipeSection(sweepOf(cells(DOCUMENT, result)), "made up");
}

describe("the table of a recipe", () => {
  const { table, notes } = section(({ algorithm, task }) => {
    if (task.personal) return 0.9;
    return { local: 0.8, hearsay: 0.7, centralised: 0.85 }[algorithm.kind as "local"] ?? 0;
  });

  it("has a row for each site, by the name of its owner, and each way beside alone", () => {
    assert.deepEqual(table.head, [
      "site",
      "alone",
      "network",
      "network, fedper",
      "pooled",
      "network, over alone",
      "network, fedper, over alone",
    ]);
    assert.deepEqual(
      table.rows.map(([name]) => name),
      ["station-0", "station-1", "mean", "**worst**"],
    );
    assert.deepEqual(
      table.rows[0]?.slice(1).map((cell) => cell.replace(/ ±.*/, "")),
      ["80.2", "70.2", "90.2", "85.2", "-10.0", "10.0"],
    );
  });

  it("says of each way whether the worst site is better off than alone", () => {
    assert.match(notes ?? "", /^The network is worse than alone: -9\.0 ± 0\.0 at the worst site/);
    assert.match(notes ?? "", /The network, fedper beats alone: 9\.0 ± 0\.0 at the worst site/);
    const noisy = section(({ algorithm, seed }) =>
      algorithm.kind === "hearsay" ? ([0, 0.7, 0.8, 0.9][seed] ?? 0) : 0.8,
    );
    assert.match(noisy.notes ?? "", /The network and alone cannot be told apart by these seeds/);
  });

  it("says what is missing before there are runs", () => {
    const empty = recipeSection(sweepOf(cells(DOCUMENT, () => undefined)), "made up");
    assert.match(JSON.stringify(empty.table), /… 3/);
    assert.equal(empty.notes?.trim(), "");
  });
});

describe("each recipe", () => {
  const page = readFileSync(join(RECIPES, "README.md"), "utf8");

  for (const name of NAMES) {
    it(`${name} has a task that a network takes, a script that says where the data come from, and its place in the page`, () => {
      parseTask(parse(readFileSync(join(RECIPES, name, "task.yaml"), "utf8")));
      const { scenario, grids } = parse(readFileSync(join(RECIPES, name, "recipe.yaml"), "utf8"));
      assert.equal(scenario.name, name);
      assert.equal(scenario.task.file, "task.yaml");
      assert.deepEqual(grids[0].algorithm, ["local", "hearsay", "centralised"]);
      const script = readFileSync(join(RECIPES, name, "data.py"), "utf8");
      assert.match(script, new RegExp(`python sim/recipes/${name}/data\\.py > data\\.csv`));
      assert.ok(page.includes(`<!-- ${name}:begin -->`) && page.includes(`[${name}](${name}/)`));
      assert.ok(existsSync(join(RECIPES, name, "data.py")));
    });
  }

  for (const name of NAMES) {
    const isOfBefore = OF_BEFORE.has(name);
    it(`${name} has ${isOfBefore ? "other training options than hearsay init writes, and the page says why" : "the training options that hearsay init writes"}`, () => {
      const text = readFileSync(join(RECIPES, name, "task.yaml"), "utf8");
      const anew = parseDocument(text);
      writeTrainingOptions(anew);
      anew.setIn(["training", "learningRate"], parse(text).training.learningRate); // each recipe names its own
      if (NO_MOMENTUM.has(name)) {
        assert.ok(anew.deleteIn(["training", "outerMomentum"]), "init writes some");
        assert.match(page, new RegExp(`\\[${name}\\]\\(${name}/\\)[^\n|]*no momentum`));
      }
      if (OTHER_STEPS.has(name)) {
        assert.notEqual(anew.getIn(["training", "steps"]), parse(text).training.steps);
        anew.setIn(["training", "steps"], parse(text).training.steps);
        assert.match(page, new RegExp(`\\[${name}\\]\\(${name}/\\)[^\n|]*10 steps`));
      }
      if (!isOfBefore) return assert.deepEqual(parse(text), anew.toJS());
      assert.notDeepEqual(parse(text), anew.toJS());
      assert.match(page, new RegExp(`\\[${name}\\]\\(${name}/\\)[^\n|]*keeps the options of before, since`));
    });
  }

  const { python, skip } = pythonWith(["csv"]);
  it("of maintenance makes the same rows each time, of bearings that run and of some that fail", { skip }, () => {
    const make = () =>
      execFileSync(python ?? "python3", [join(RECIPES, "predictive-maintenance/data.py")], { encoding: "utf8" });
    const rows = make().trimEnd().split("\n");
    assert.equal(make().trimEnd().split("\n").length, rows.length);
    assert.equal(new Set(rows.slice(1).map((row) => row.split(",")[0])).size, 12);
    const failing = rows.filter((row) => row.endsWith(",fails")).length;
    assert.ok(failing > 0.1 * rows.length && failing < 0.5 * rows.length, `${failing} of ${rows.length}`);
  });
});
