/** The scenarios that ship: each is a sweep whose runs are all well-formed. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { expand } from "./runs.ts";

const FOLDER = join(import.meta.dirname, "../../../sim/scenarios");
const files = globSync("*.yaml", { cwd: FOLDER }).sort();

describe("sim/scenarios", () => {
  it("has the attacks and the measurements", () => {
    for (const name of ["attack-matrix", "attack-cut", "attack-alone", "measure-scale"])
      assert.ok(files.includes(`${name}.yaml`), name);
  });

  for (const file of files) {
    it(`${file} expands to runs that are well-formed`, () => {
      const runs = expand(parse(readFileSync(join(FOLDER, file), "utf8")));
      assert.ok(runs.length > 0);
      for (const { scenario, label } of runs)
        assert.ok(scenario.metrics.points >= 3, `${label} is measured too seldom`);
    });
  }
});
