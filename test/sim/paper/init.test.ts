/** The measurement of the task that `hearsay init` writes: that it is that task, and its table. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { parse, parseDocument } from "yaml";
import { writeTrainingOptions } from "../../../node/commands/peer/new-tasks.ts";
import { parseTaskYaml } from "../../../node/task-yaml.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { initSection } from "../../../sim/paper/measure-init.ts";
import { taskOf } from "../../../sim/run/dealing.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { cells, expand, point, type Result, sweepOf } from "./runs.ts";

const TOP = join(import.meta.dirname, "../../..");
const DOCUMENT = parse(readFileSync(join(TOP, "sim/scenarios/measure-init.yaml"), "utf8"));

/** The task of a set that ships, as somebody gets it who gives no other options. */
function written(template: string): string {
  const folder = mkdtempSync(join(tmpdir(), "hearsay-measured-init-"));
  try {
    const file = join(folder, "task.yaml");
    execFileSync(process.execPath, [join(TOP, "node/cli.ts"), "init", "--template", template, "-o", file]);
    return readFileSync(file, "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TASKS = readdirSync(join(TOP, "sim/scenarios/tasks")).map((file) => file.replace(/\.yaml$/, ""));

describe("the tasks of the sweeps", () => {
  for (const name of ["digits", "mnist"])
    it(`${name} is what hearsay init writes, letter by letter`, () => {
      const file = join(TOP, `sim/scenarios/tasks/${name}.yaml`);
      assert.equal(
        readFileSync(file, "utf8"),
        written(name),
        `node node/cli.ts init --template ${name} --force -o ${file}`,
      );
    });

  for (const name of TASKS)
    it(`${name} has the training options that hearsay init writes`, () => {
      const text = readFileSync(join(TOP, `sim/scenarios/tasks/${name}.yaml`), "utf8");
      const anew = parseDocument(text);
      writeTrainingOptions(anew);
      assert.deepEqual(parse(text), anew.toJS());
    });
});

describe("measure-init.yaml", () => {
  it("runs the task that hearsay init writes on iid data, with skew of two kinds, and with slow devices with and without liars", () => {
    const init = parseTask(parseTaskYaml(written("digits")));
    const tasks = expand(DOCUMENT).map(({ scenario }) => taskOf(scenario, {}));
    assert.equal(tasks.filter((task) => isDeepStrictEqual(task, init)).length, 25);
    assert.deepEqual(tasks[0], init, "the first cell");
  });
});

describe("the table of what hearsay init writes", () => {
  const table = (result: (scenario: Scenario) => Result | undefined) =>
    initSection(sweepOf(cells(DOCUMENT, result)), "title").table;

  it("says in which time and for how many bytes each codec reaches 90 %, and what it has more than f32 where both were run", () => {
    const { head, rows } = table(({ task }) => {
      const mean = task.codec === "f32" ? 0.95 : 0.93;
      return { mean, worst: 0.8, models: [0.7, 0.9], series: [point(0, 0.1), point(10, 0.9), point(20, mean, 0.8)] };
    });
    assert.equal(rows.length, 19);
    const at = (place: string, task: string) => {
      const row = rows.find((one) => one[0] === place && one[1] === task) ?? [];
      return Object.fromEntries(head.map((name, i) => [name, row[i]]));
    };
    const int8 = at("Dirichlet 0.1", "as written");
    assert.equal(int8["at the end"], "93.0 ± 0.0 / 80.0 ± 0.0");
    assert.equal(int8["newest models"], "70.0 ± 0.0 / 70.0 ± 0.0");
    assert.equal(int8["more than f32"], "-2.0 ± 0.0 / 0.0 ± 0.0");
    assert.equal(int8["seconds to 90 %"], "10 ± 0");
    assert.equal(int8["bytes to 90 %"], "10 kB ± 0 B");
    assert.equal(int8["bytes in all"], "20 kB ± 0 B");
    assert.equal(at("Dirichlet 0.1", "codec f32")["more than f32"], "");
    assert.equal(at("iid", "outerMomentum 0.5, codec int4")["more than f32"], "");
    assert.equal(at("iid", "steps 10, codec int4")["seconds to 90 %"], "10 ± 0");
    assert.equal(at("iid", "inboxSize 4, codec int4")["seconds to 90 %"], "10 ± 0");
    assert.equal(at("iid", "no adaptive")["seconds to 90 %"], "10 ± 0");
    const slow = at("Dirichlet 0.5, 9 of 30 slower by 20, sign-flip 10 %", "as written");
    assert.equal(slow["at the end"], "93.0 ± 0.0 / 80.0 ± 0.0");
  });

  it("says how many runs are missing, also of those it compares with", () => {
    const { rows } = table(({ seed, task }) =>
      seed === 1 || task.codec !== "f32" ? { mean: 0.9, worst: 0.8 } : undefined,
    );
    const row = (task: string) => rows.find(([place, one]) => place === "two labels" && one === task) ?? [];
    assert.deepEqual(row("codec f32").slice(2, 4), ["… 4", "… 4"]);
    assert.equal(row("as written")[4], "… / …");
  });
});
