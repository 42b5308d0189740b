/** The attack tables: what they mark, what they leave open, and that their figures are those of the runs. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attackCut, attackReport } from "../../../sim/paper/attack-report.ts";
import { judgeCells } from "../../../sim/paper/attack-targets.ts";
import { type Cell, scoreOf } from "../../../sim/paper/cells.ts";
import { attackName } from "../../../sim/paper/names.ts";
import type { Scenario } from "../../../sim/seams/scenario-type.ts";
import { cells, expand, type Result, sweepOf } from "./runs.ts";

const PARTITIONS = ["iid", "dirichlet:0.5", "dirichlet:0.1", "shards:2"];
const BASE = { name: "made-up", data: { set: "digits" }, peers: 30, cycles: 40, task: { training: { steps: 20 } } };
const GOOD: Result = { mean: 0.95, worst: 0.9 };
const ALONE: Result = { mean: 0.5, worst: 0.1 };

const alone = cells(
  { scenario: { ...BASE, algorithm: "local" }, grids: [{ partition: PARTITIONS }], seeds: [1, 2, 3] },
  () => ALONE,
);

function matrix(
  attacks: readonly object[],
  result: (scenario: Scenario) => Result | undefined,
  shares = [0.2],
): Cell[] {
  const inboxes = [8, 15];
  const grids = [
    { partition: PARTITIONS, "task.aggregation.inboxSize": inboxes },
    { attack: attacks, "attack.share": shares, partition: PARTITIONS, "task.aggregation.inboxSize": inboxes },
  ];
  return cells({ scenario: BASE, grids, seeds: [1, 2, 3] }, result);
}

/** Letters of the targets that the one attack misses at k = 8, by partition. */
function missed(attack: object, figures: Result, share = 0.2): string[] {
  const judged = judgeCells(
    matrix([attack], ({ attack: lying }) => (lying ? figures : GOOD), [share]),
    alone,
  );
  return PARTITIONS.map((partition) => {
    const cell = judged.find((one) => one.partition === partition && one.share > 0 && one.inbox === 8);
    return (cell?.misses ?? []).map(({ target }) => target.letter).join("");
  });
}

function report(own: readonly Cell[]): string {
  const none = sweepOf([]);
  return attackReport({ matrix: sweepOf(own), rules: none, mnist: none, many: none, alone: sweepOf(alone) });
}

describe("the targets under attack", () => {
  it("are missed by more than 2 points of the mean, or 6 of the worst peer, where the data are hardly skewed", () => {
    assert.deepEqual(missed({ kind: "ipm" }, { mean: 0.93, worst: 0.84 }), ["", "", "", ""]);
    assert.deepEqual(missed({ kind: "ipm" }, { mean: 0.929, worst: 0.84 }), ["a", "a", "", ""]);
    assert.deepEqual(missed({ kind: "ipm" }, { mean: 0.93, worst: 0.839 }), ["b", "b", "", ""]);
  });

  it("are 78 % and 65 % where the data are skewed, but for the attack that adapts", () => {
    assert.deepEqual(missed({ kind: "ipm" }, { mean: 0.77, worst: 0.64 }), ["ab", "ab", "cd", "cd"]);
    assert.deepEqual(missed({ kind: "adaptive" }, { mean: 0.77, worst: 0.64 }), ["ab", "ab", "", ""]);
  });

  it("do not hold for three in ten liars, nor for a backdoor, Sybils and an eclipse on data that are hardly skewed", () => {
    const poor = { mean: 0.77, worst: 0.64 };
    assert.deepEqual(missed({ kind: "ipm" }, poor, 0.3), ["", "", "", ""]);
    for (const kind of ["backdoor", "sybil", "eclipse"]) assert.deepEqual(missed({ kind }, poor), ["", "", "cd", "cd"]);
  });

  it("are missed by every cell that is below what a peer reaches alone, whatever the attack and the share", () => {
    assert.deepEqual(missed({ kind: "adaptive" }, { mean: 0.49, worst: 0.4 }, 0.3), ["e", "e", "e", "e"]);
  });

  it("are not judged while runs of the cell, of its reference, or alone are missing", () => {
    const own = matrix([{ kind: "ipm" }], ({ attack, partition, seed }) => {
      if (partition === "iid" && attack === undefined && seed === 2) return undefined;
      return partition === "shards:2" && attack !== undefined && seed === 3 ? undefined : GOOD;
    });
    const judged = (lonely: readonly Cell[]) =>
      judgeCells(own, lonely)
        .filter(({ share, inbox, misses }) => share > 0 && inbox === 15 && misses !== undefined)
        .map(({ partition }) => partition);
    assert.deepEqual(judged(alone), ["dirichlet:0.5", "dirichlet:0.1"]);
    assert.deepEqual(judged([]), []);
  });
});

describe("a cell", () => {
  it("is the mean over seeds of the mean, and the worst peer of all seeds", () => {
    const [cell] = cells({ scenario: BASE, seeds: [1, 2, 3] }, ({ seed }) => ({ mean: seed / 10, worst: seed / 20 }));
    const score = scoreOf(cell as Cell);
    assert.ok(Math.abs((score?.mean ?? 0) - 0.2) < 1e-12);
    assert.equal(score?.worst, 0.05);
  });
});

describe("the attack report", () => {
  const attacks = [{ kind: "alie", z: 1.5, noise: 0.5 }, { kind: "backdoor" }];

  it("shows mean / worst in bold with footnotes where a target is missed, and a backdoor's success beside it", () => {
    const text = report(
      matrix(attacks, ({ attack }) => {
        if (attack === undefined) return GOOD;
        return attack.kind === "backdoor" ? { ...GOOD, success: 0.42 } : { mean: 0.71, worst: 0.6 };
      }),
    );
    assert.match(text, /\| alie z=1\.5, noise 0\.5 \| \*\*71 \/ 60\*\*<sup>ab<\/sup> \|/);
    assert.match(text, /\| backdoor \| 95 \/ 90 \(42\) \|/);
    assert.match(text, /\| \*alone, no network\* \| 50 \/ 10 \|/);
    assert.match(text, /8 of 16 attack cells miss a target:/);
    assert.match(text, / {2}- iid: alie z=1\.5, noise 0\.5 \(f 0\.2, k 8\): 71\.0 for 93\.0; alie .* \(f 0\.2, k 15\)/);
    assert.match(text, /\| iid \| 0\.2 \| 95 \/ 90 \| 83 \| 71: alie z=1\.5, noise 0\.5, k 8 \|/);
    assert.match(text, /digits, 3 seeds, n = 30, d = 2,410, 40 cycles; `hearsay sim sweep/);
    assert.doesNotMatch(text, /NaN|undefined/);
  });

  it("counts what is missing in place of a figure", () => {
    const text = report(
      matrix(attacks, ({ attack, seed }) => (attack?.kind === "alie" && seed > 1 ? undefined : GOOD)),
    );
    assert.match(text, /\| alie z=1\.5, noise 0\.5 \| … 2 \| … 2 \|/);
    assert.match(text, /\*\*16 of 72 runs not there yet\*\*/);
    assert.match(text, /All 8 attack cells reach their targets, 8 cells not judged yet\./);
    assert.doesNotMatch(text, /NaN|undefined/);
  });

  it("puts the default rule of the matrix beside the other rules", () => {
    const attack = [null, { kind: "ipm" }];
    const grids = [{ attack, partition: PARTITIONS, "task.aggregation": [{ rule: "krum", inboxSize: 15 }] }];
    const rules = cells({ scenario: { ...BASE, name: "rules" }, grids, seeds: [1, 2, 3] }, ({ attack: lying }) =>
      lying ? { mean: 0.3, worst: 0.2 } : GOOD,
    );
    const none = sweepOf([]);
    const own = sweepOf(matrix([{ kind: "ipm" }, { kind: "foe" }], () => GOOD));
    const text = attackReport({ matrix: own, rules: sweepOf(rules), mnist: none, many: none, alone: sweepOf(alone) });
    const part = text.slice(text.indexOf("### Other rules"), text.indexOf("### The default rule, 200"));
    assert.match(part, /\| attack \| guarded-median \| krum \|/);
    assert.match(part, /\| ipm \| 95 \/ 90 \| \*\*30 \/ 20\*\*<sup>abe<\/sup> \|/);
    assert.match(part, /\| krum \| 30 \/ 30 \/ 20 \|/);
    assert.doesNotMatch(part, /foe/);
  });

  it("of the cut has partitions for columns", () => {
    const grids = [{ attack: [null, { kind: "ipm" }], partition: PARTITIONS }];
    const cut = cells({ scenario: BASE, grids, seeds: [1] }, () => GOOD);
    const { table, notes } = attackCut(sweepOf(cut), alone);
    assert.deepEqual(table.head, ["attack", "iid", "Dirichlet 0.5", "Dirichlet 0.1", "two labels"]);
    assert.deepEqual(table.rows.at(-1), ["ipm", "95 / 90", "95 / 90", "95 / 90", "95 / 90"]);
    assert.match(notes, /All 4 attack cells/);
  });
});

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
