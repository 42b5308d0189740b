import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseDocument } from "yaml";
import { fillFromData } from "../../../node/commands/peer/init-data.ts";
import { featureOutliers, outlierWarnings } from "../../../node/data/outliers.ts";
import { TEMPLATES } from "../../../node/data/templates.ts";

describe("targets and features that lie absurdly far from all others", () => {
  const levels = Array.from({ length: 100 }, (_, i) => 1 + i / 100);

  it("are told with the column, the value, where the others lie, and what to do", () => {
    assert.deepEqual(outlierWarnings(Float64Array.from([...levels, 1e9]), ["level"]), [
      'target "level" is 1000000000 in one row, while half of all rows lie between 1.25 and 1.75: mean and scale of the task are made of it; mend or delete such rows, then call init again',
    ]);
  });

  it("are told of each column by itself, the farthest of several, below as above; a column that is mostly one value has no scale", () => {
    const rows = [...levels.map((level) => [level, 2 * level, 5]), [1, -2e6, -2e6], [2, 1e6, 1e6]];
    const [told, ...more] = outlierWarnings(Float64Array.from(rows.flat()), ["level", "other", "same"]);
    assert.match(
      told ?? "",
      /^target "other" is -2000000 in the farthest of 2 rows, while half of all rows lie between [\d.]+ and [\d.]+: /,
    );
    assert.deepEqual(more, []);
  });

  it("are not those of a long tail", () => {
    assert.deepEqual(outlierWarnings(Float64Array.from([...levels, 400, -300]), ["level"]), []);
    assert.deepEqual(outlierWarnings(Float64Array.from([]), ["level"]), []);
  });

  it("are told of features too, the first three and how many more; a row without a reading has none", () => {
    const rows = [...levels.map((level) => [level, level, NaN, level, level]), [1e9, 1e8, NaN, 1e7, 1e6]];
    const names = ["a", "b", "none", "c", "d"];
    const told = featureOutliers(Float32Array.from(rows.flat()), names);
    assert.match(
      told[0] ?? "",
      /^feature "a" is 1000000000 in one row, while half of all rows lie between 1\.25 and 1\.75: .*\(--missing 1000000000\)/,
    );
    assert.deepEqual(
      told.slice(1).map((text) => text.slice(0, 13)),
      ['feature "b" i', 'feature "c" i', "so are 1 feat"],
    );
    assert.equal(featureOutliers(Float32Array.from(rows.flat()), names, ["a", "b", "c", "d"]).length, 0);
    assert.match(featureOutliers(Float32Array.from([...levels, -1e9]), ["a"])[0] as string, /--missing -1000000000\)/);
  });

  it("are among what init tells of a table", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hearsay-outliers-"));
    try {
      const path = join(folder, "levels.csv");
      writeFileSync(path, `x,level\n${levels.map((level, i) => `${i % 7},${level}\n`).join("")}3,1e9\n`);
      const { warnings } = await fillFromData(parseDocument(TEMPLATES.regression.yaml), { path, label: "level" });
      assert.match(warnings.join("\n"), /^target "level" is 1000000000 in one row, /m);
      writeFileSync(path, `x,level\n${levels.map((level, i) => `${i % 7},${level}\n`).join("")}3e8,1\n`);
      const feature = await fillFromData(parseDocument(TEMPLATES.regression.yaml), { path, label: "level" });
      assert.match(feature.warnings.join("\n"), /^feature "x" is 300000000 in one row, /m);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
