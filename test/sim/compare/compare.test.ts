/** Comparisons of runs, against figures made by hand and tables of Student's t. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Compared, compareGroups, groupRuns, METRICS } from "../../../sim/compare/compare.ts";
import { type Estimate, estimate, studentQuantile } from "../../../sim/compare/statistics.ts";
import { report } from "../run/reports.ts";

const ACCURACY = METRICS.find(({ name }) => name === "accuracy");

function near(found: number | undefined, wanted: number, within = 1e-4): void {
  assert.ok(found !== undefined && Math.abs(found - wanted) <= within, `${found} is not ${wanted}`);
}

function accuracyOf(compared: Compared | undefined, of: "metrics" | "differences"): Estimate | undefined {
  return ACCURACY && compared?.[of].get(ACCURACY);
}

describe("the 95 % interval", () => {
  it("has the quantiles of the printed tables (NIST/SEMATECH handbook, 1.3.6.7.2)", () => {
    const table = {
      1: 12.706,
      2: 4.303,
      5: 2.571,
      10: 2.228,
      11: 2.201,
      15: 2.131,
      20: 2.086,
      29: 2.045,
      60: 2,
      100: 1.984,
    };
    for (const [freedom, quantile] of Object.entries(table)) near(studentQuantile(Number(freedom)), quantile, 5.1e-4);
    near(studentQuantile(1e6), 1.96, 1e-3);
    for (const wrong of [0, -1, 1.5, Number.NaN]) assert.throws(() => studentQuantile(wrong), RangeError);
  });

  it("is t s / sqrt(n): 1, 2, 3 give 2 +- 2.4841", () => {
    const { mean, halfWidth, count } = estimate([1, 2, 3]);
    assert.deepEqual([mean, count], [2, 3]);
    near(halfWidth, 4.30265 / Math.sqrt(3)); // s = 1
    near(estimate([0.9, 0.8, 0.85, 0.87, 0.83]).halfWidth, (2.77645 * 0.0380789) / Math.sqrt(5));
  });

  it("is none for one value, and there is no mean of none", () => {
    assert.deepEqual(estimate([7]), { mean: 7, count: 1 });
    assert.throws(() => estimate([]), RangeError);
  });
});

describe("a comparison", () => {
  const before = [0.5, 0.6, 0.7].map((accuracy, i) => report({ peers: 3 }, i + 1, accuracy));
  const after = [0.52, 0.61, 0.73].map((accuracy, i) => report({ peers: 4 }, i + 1, accuracy));
  const compare = (...sources: (readonly (typeof before)[number][])[]) =>
    compareGroups(groupRuns(sources.map((reports, i) => ({ name: `place${i}`, reports }))));

  it("calls what regressions are measured by R², and makes no percents of it", () => {
    const task = { output: { kind: "regression", targets: ["y"] } };
    const [first] = compare([report({ peers: 3, task }, 1, -0.2)], [report({ peers: 4, task }, 1, 0.7)]);
    const [named] = [...(first?.metrics.keys() ?? [])];
    assert.deepEqual([named?.name, named?.unit], ["R²", "number"]);
    const [motes] = compare([report({ data: { set: "motes" } }, 1, 0.9)], after);
    assert.ok(
      [...(motes?.metrics.keys() ?? [])].some(({ name }) => name === "accuracy"),
      "events of motes are classes",
    );
    const [mixed] = compare([report({ peers: 3, task }, 1, -0.2)], after);
    assert.ok(
      [...(mixed?.metrics.keys() ?? [])].some(({ name }) => name === "accuracy"),
      "where some are accuracies",
    );
  });

  it("leaves out what was not finite, and counts it as nothing: models that a lie drove out of all bounds have null in their report", () => {
    const blown = structuredClone(before);
    Object.assign((blown[0] as (typeof before)[number]).summary.final, { disagreement: null });
    const [first, second] = compare(blown, after);
    const disagreement = METRICS.find(({ name }) => name === "disagreement") as (typeof METRICS)[number];
    assert.deepEqual(
      [first, second].map((one) => one?.metrics.get(disagreement)?.count),
      [2, 3],
    );
    near(first?.metrics.get(disagreement)?.mean, 0.1);
    assert.equal(second?.differences.get(disagreement)?.count, 2);
  });

  it("pairs by seed: a small difference shows through a large spread", () => {
    const [first, second] = compare(before, after);
    near(accuracyOf(first, "metrics")?.mean, 0.6);
    near(accuracyOf(first, "metrics")?.halfWidth, (4.30265 * 0.1) / Math.sqrt(3));
    assert.equal(accuracyOf(first, "differences"), undefined);
    const difference = accuracyOf(second, "differences");
    near(difference?.mean, 0.02); // 0.02, 0.01, 0.03: s = 0.01
    near(difference?.halfWidth, (4.30265 * 0.01) / Math.sqrt(3));
  });

  it("uses the seeds that both have, whatever their order", () => {
    const [, second] = compare(before, [after[2], after[0]] as typeof after);
    assert.equal(accuracyOf(second, "differences")?.count, 2);
    near(accuracyOf(second, "differences")?.mean, 0.025);
    const [, apart] = compare(before.slice(0, 1), after.slice(1));
    assert.equal(accuracyOf(apart, "differences"), undefined);
    const [, single] = compare(before.slice(0, 1), after);
    assert.deepEqual(
      [accuracyOf(single, "differences")?.count, accuracyOf(single, "differences")?.halfWidth],
      [1, undefined],
    );
  });

  it("joins the runs of a scenario from several places, and says what differs from others", () => {
    const groups = groupRuns([
      { name: "a", reports: before.slice(0, 2) },
      { name: "b", reports: [...before.slice(1), ...after] },
    ]);
    assert.deepEqual(
      groups.map(({ label, reports }) => [label, reports.map(({ summary }) => summary.seed)]),
      [
        ["peers=3", [1, 2, 3]],
        ["peers=4", [1, 2, 3]],
      ],
    );
    assert.deepEqual([...(groups[1]?.differs ?? [])], [["peers", 4]]);
  });

  it("keeps places apart whose runs of one scenario and seed differ: two versions of the code", () => {
    const [one, two] = [report({ peers: 3 }, 1, 0.5), report({ peers: 3 }, 1, 0.75)];
    const groups = groupRuns([
      { name: "old", reports: [one] },
      { name: "new", reports: [two] },
    ]);
    assert.deepEqual(
      groups.map(({ label }) => label),
      ["made-up (old)", "made-up (new)"],
    );
    near(accuracyOf(compareGroups(groups)[1], "differences")?.mean, 0.25);
  });

  it("counts the runs that reached the target, and leaves out what no run has", () => {
    const reached = { seconds: 4, cycles: 3, bytesPerPeer: 10 };
    const [only] = compare([report({}, 1, 0.5, { reached }), report({}, 2, 0.5)]);
    const names = [...(only?.metrics.keys() ?? [])].map(({ name }) => name);
    assert.ok(names.includes("seconds to target") && !names.includes("attack success"));
    const found = [...(only?.metrics ?? [])].find(([{ name }]) => name === "seconds to target")?.[1];
    assert.deepEqual(found, { mean: 4, count: 1 });
  });
});
