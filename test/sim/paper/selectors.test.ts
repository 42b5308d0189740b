/** The tables of whom peers ask first, of made-up runs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policySections, rareSections } from "../../../sim/paper/measure-selectors.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { cells, point, type Result, sweepOf } from "./runs.ts";

const POLICIES = {
  scenario: { name: "made-up", data: { set: "digits" }, metrics: { fairness: true } },
  grids: [
    {
      algorithm: [{ kind: "hearsay" }, { kind: "hearsay", select: "link", floor: 0.5 }, { kind: "local" }],
      attack: [null, { kind: "flatterer", share: 0.2 }],
    },
  ],
  seeds: [1, 2],
};
const RARE = {
  scenario: { name: "made-up", data: { set: "digits" }, metrics: { fairness: true } },
  grids: [{ "task.aggregation": [{}, { parameters: { mix: 0 } }], partition: ["dirichlet:0.1"] }],
  seeds: [1],
};

describe("the tables of whom peers ask first", () => {
  it("have a row for each attack and a column for each policy, with accuracy, honest models, Jain's index and rare data", () => {
    const result = ({ attack, seed }: Scenario): Result | undefined =>
      attack !== undefined && seed === 2
        ? undefined
        : { mean: 0.9, worst: 0.8, fairness: { jain: 0.75, honestShare: 0.5 } };
    const sections = policySections(sweepOf(cells(POLICIES, result)), "Policies");
    assert.deepEqual(
      sections.map(({ title }) => title),
      ["accuracy", "honest models in merges", "Jain's index", "what rare data move"].map((what) => `Policies: ${what}`),
    );
    const [accuracy, honest, jain, rare] = sections.map(({ table }) => table);
    assert.deepEqual(accuracy?.head, ["attack", "random", "link, floor 0.5", "alone"]);
    assert.deepEqual(accuracy?.rows[0], ["none", ...Array(3).fill("90.0 ± 0.0 / 80.0 ± 0.0")]);
    assert.deepEqual(accuracy?.rows[1], ["flatterer, 20 %", "… 1", "… 1", "… 1"]);
    assert.equal(honest?.rows[0]?.[1], "50.0 ± 0.0");
    assert.equal(jain?.rows[0]?.[1], "75.0 ± 0.0");
    assert.equal(rare?.rows[0]?.[1], "–", "labels that are no classes");
  });

  it("have a row for each place and a column for each rule, where rare data are what it is about", () => {
    const metrics = { worstClass: { mean: 0.4, worst: 0.1, std: 0 } };
    const series = [point(10, 0.9, 0.8, { metrics })];
    const result = (): Result => ({ mean: 0.9, worst: 0.8, series, fairness: { jain: 1, honestShare: 1, rare: 0.25 } });
    const sections = rareSections(sweepOf(cells(RARE, result)), "Rare data");
    const [rare, recall] = sections.slice(-2).map(({ table }) => table);
    assert.deepEqual(recall?.rows, [["Dirichlet 0.1, none", "40.0 / 10.0", "40.0 / 10.0"]]);
    assert.deepEqual(rare?.head, ["data, attack", "guarded-median", "guarded-median mix 0"]);
    assert.deepEqual(rare?.rows, [["Dirichlet 0.1, none", "25.0", "25.0"]]);
  });
});
