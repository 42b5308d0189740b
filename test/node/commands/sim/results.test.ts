/** What a run and a sweep leave for other programs: tidy tables, which pandas reads, and models. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { runPath } from "../../../../node/commands/sim/files.ts";
import { writeTables } from "../../../../node/commands/sim/tables.ts";
import { loadNamedSet } from "../../../../node/data/sets.ts";
import { readModel } from "../../../../node/disk/model-file.ts";
import { writeOutput } from "../../../../node/disk/whole-file.ts";
import { simulate } from "../../../../node/simulator.ts";
import { createDenseTrainer } from "../../../../protocol/learn/dense/dense.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { estimate } from "../../../../sim/compare/statistics.ts";
import { TOP } from "../../../support/docs.ts";
import { createLab, jsonLines, type Lab } from "../../../support/process.ts";
import { pythonWith } from "../../../support/program.ts";

const SCENARIO = {
  name: "tiny",
  data: { set: "digits", rows: 200 },
  task: { model: { kind: "softmax" }, aggregation: { inboxSize: 3, quorum: 2 } },
  peers: 4,
  cycles: 3,
  metrics: { points: 2, curves: true, also: ["macroF1"] },
};

const { python = "python3", skip } = pythonWith(["pandas"]);

let lab: Lab;
let sweep: string;

async function sim(...args: string[]): Promise<string> {
  const finished = await lab.run(["sim", ...args]);
  assert.equal(finished.code, 0, `${finished.stdout}${finished.stderr}`);
  return finished.stdout;
}

before(async () => {
  lab = await createLab("results");
  sweep = lab.path("sweep");
  await lab.write("tiny.yaml", stringify(SCENARIO));
  for (const partition of ["iid", "shards:2"])
    for (const seed of [1, 2, 3]) {
      const report = await simulate({ ...SCENARIO, partition }, { seed });
      await writeOutput(runPath(sweep, report.summary), JSON.stringify(report), "--out");
    }
  await writeTables(sweep);
});
after(() => lab?.close());

function tableIn(path: string): Record<string, string>[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\r\n");
  const names = header.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((field, i) => [names[i] as string, field])));
}

describe("the tables of a sweep", () => {
  it("hold a row for each measurement, and for each of each peer, marked with what varies and the seed", () => {
    const series = tableIn(join(sweep, "series.csv"));
    assert.equal(series.length, 2 * 3 * 3);
    assert.deepEqual(Object.keys(series[0] ?? {}).slice(0, 4), ["partition", "seed", "hash", "seconds"]);
    for (const { accuracyMean, macroF1Worst } of series) assert.ok(Number(accuracyMean) >= Number(macroF1Worst));
    const curves = tableIn(join(sweep, "curves.csv"));
    assert.equal(curves.length, 4 * series.length);
    const of = (rows: readonly Record<string, string>[]) =>
      rows.filter(({ seconds, seed }) => seconds === "3" && seed === "2");
    const means = of(series).map(({ partition, accuracyMean }) => {
      const own = of(curves).filter((row) => row.partition === partition);
      return own.reduce((sum, { accuracy }) => sum + Number(accuracy) / own.length, 0) - Number(accuracyMean);
    });
    for (const difference of means) assert.ok(Math.abs(difference) < 1e-12, "the curves have the mean of the series");
  });

  it("are read by ten lines of Python, which give the intervals of sim compare", { skip }, () => {
    const script = join(TOP, "sim/examples/results.py");
    const lines = readFileSync(script, "utf8")
      .split("\n")
      .filter((line) => /^[^"\s]/.test(line));
    assert.ok(lines.length <= 10, `${lines.length} lines`);
    const { stdout, stderr } = spawnSync(python, [script, sweep], { encoding: "utf8" });
    assert.equal(stderr, "");
    const [header, ...rows] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    assert.deepEqual(header, ["partition", "seconds", "mean", "sem", "count", "halfWidth"]);
    assert.equal(rows.length, 2 * 3);
    const ends = tableIn(join(sweep, "results.csv")).filter(({ partition }) => partition === "iid");
    const { mean, halfWidth = Number.NaN } = estimate(ends.map(({ accuracyMean }) => Number(accuracyMean)));
    const last = rows.find(([partition, seconds]) => partition === "iid" && Number(seconds) === 3) ?? [];
    assert.ok(Math.abs(Number(last[2]) - mean) < 1e-4, `${last[2]}, ${mean}`);
    assert.ok(Math.abs(Number(last[5]) / halfWidth - 1) < 0.01, `${last[5]}, ${halfWidth}`);
  });
});

describe("sim run --models", () => {
  it("leaves the model of every peer, which has the accuracy that the report says", async () => {
    const out = lab.path("run");
    await sim("run", lab.path("tiny.yaml"), "--out", out, "--models");
    assert.deepEqual(
      readdirSync(join(out, "models")),
      [0, 1, 2, 3].map((index) => `peer-000${index}.safetensors`),
    );
    const { holdout, task: source } = await loadNamedSet("digits");
    const { tensors: _, ...draft } = source as Record<string, unknown>;
    const task = parseTask({ ...draft, ...SCENARIO.task });
    const trainer = createDenseTrainer({ task, train: holdout, holdout });
    for (const { index, accuracy } of jsonLines(readFileSync(join(out, "peers.jsonl"), "utf8"))) {
      const { params } = await readModel(join(out, `models/peer-000${index}.safetensors`), task);
      assert.equal((await trainer.evaluate(params, "holdout")).accuracy, accuracy);
    }
    assert.equal(tableIn(join(out, "peers.csv")).length, 4);
  });

  it("without a directory is told where to write them", async () => {
    const { code, stderr } = await lab.run(["sim", "run", lab.path("tiny.yaml"), "--no-out", "--models"]);
    assert.equal(code, 2);
    assert.match(stderr, /--models: there is no directory to write them to; give one with --out/);
  });
});
