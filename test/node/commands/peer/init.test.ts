/** `hearsay init --data`: what it tells, what it writes, and that the command it prints works when it is pasted into a shell. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { shellWord } from "../../../../node/shell.ts";
import { parseTaskYaml } from "../../../../node/task-yaml.ts";
import type { Task } from "../../../../protocol/base/task.ts";
import { parseTask } from "../../../../protocol/task/manifest.ts";
import { bundledCli } from "../../../support/bundled-cli.ts";

const CLI = await bundledCli();

describe("hearsay init --data", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "hearsay-init-"));
    writeFileSync(join(folder, "hearsay"), `#!/bin/sh\nexec ${shellWord(process.execPath)} ${shellWord(CLI)} "$@"\n`);
    chmodSync(join(folder, "hearsay"), 0o755);
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A command line as somebody would paste it. */
  function shell(command: string, status = 0): string {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, NO_COLOR: "1" };
    const run = spawnSync("sh", ["-c", command], { cwd: folder, encoding: "utf8", env });
    assert.equal(run.status, status, `${command}\n${run.stdout}${run.stderr}`);
    assert.doesNotMatch(run.stderr, /\n {4}at /, "a stack trace");
    return run.stdout + run.stderr;
  }

  function init(name: string, text: string | Uint8Array, options: string): { told: string; task: Task; up: string } {
    writeFileSync(join(folder, name), text);
    const told = shell(`hearsay init --force --data ${shellWord(name)} ${options}`);
    const task = parseTask(parseTaskYaml(readFileSync(join(folder, "task.yaml"), "utf8")));
    return { told, task, up: /^ {2}(hearsay up .*)$/m.exec(told)?.[1] ?? "" };
  }

  it("tells encoding, delimiter, columns used and left out with the reason, classes with counts, missing and suspected values", () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      [
        `t${i}`,
        i % 8 === 0 ? "-9999" : `${20 + (i % 5)},5`,
        i % 10 === 0 ? "" : `${i}`,
        i,
        i % 2 ? "Süß" : "Böse",
        `w${i % 3}`,
      ].join(";"),
    );
    const text = `Zeit;Länge, cm;hum;z;Art;Wer\n${rows.join("\n")}\n`;
    const options = "--label Art --owner Wer --drop Zeit --missing empty";
    const { told, task, up } = init("Messung 1.csv", Buffer.from(text, "latin1"), options);
    for (const part of [
      /Messung 1\.csv: 40 rows, WINDOWS-1252, separated by semicolons, decimal comma/,
      /features +3: "Länge, cm", hum, z/,
      /left out +Zeit \(--drop\), Wer \(the owner\)/,
      /classes +2 in Art: Böse 20, Süß 20/,
      /missing +hum 4; the mean stands in/,
      /owners +w0 14, w1 13, w2 13/,
      /note +column "Länge, cm" is -9999 in 5 row\(s\).*--missing -9999/,
      /note +column "z" counts the rows: a row number\? Leave it out: --drop z/,
      /│ "Länge, cm" +│ feature │ -9999 /,
    ]) {
      assert.match(told, part);
    }
    assert.deepEqual(task.input.features, ["Länge, cm", "hum", "z"]);
    assert.deepEqual(task.input.missing, ["empty", ""]);
    assert.deepEqual(task.output, {
      kind: "classification",
      classes: ["Böse", "Süß"],
      column: "Art",
      shares: [0.5, 0.5],
    });
    assert.deepEqual(
      [task.name, up],
      ["messung-1", "hearsay up --task task.yaml --data 'Messung 1.csv' --label Art --owner Wer"],
    );
  });

  it("takes a name of a task, which is no name of a peer, and says where numbers stand in place of names", () => {
    const name = "a-name-longer-than-that-of-any-peer-may-be";
    const row = (i: number) => `${i % 7}.5,${i % 5},${i % 2 ? "x" : "y"}\n`;
    const text = Array.from({ length: 30 }, (_, i) => row(i)).join("");
    const { task, told } = init("no-header.csv", text, `--label y --name ${name}`);
    assert.equal(task.name, name);
    assert.match(told, /note .*names of all features are numbers; if the first line holds values, write one/);
    const counted = init("counted.csv", `400,402,label\n${text}`, "");
    assert.doesNotMatch(counted.told, /names of all features/);
  });

  it("prints a command that works when pasted, whatever file and columns are called; eval and predict read the same", () => {
    const odd = ["true", "it's", "a: b", "#c", '"x, ""y"""', "null"];
    const classes = ["yes", "null", "1.0", "~"];
    const rows = Array.from({ length: 32 }, (_, i) =>
      [...odd.map((_, k) => `${(i * (k + 3)) % 7}`), classes[i % 4]].join(),
    );
    const text = `${odd.join()},"the label, $HOME"\n${rows.join("\n")}\n`;
    const { task, up } = init("it's data.CSV", text, "--label 'the label, $HOME'");
    assert.deepEqual(task.input.features, ["true", "it's", "a: b", "#c", 'x, "y"', "null"]);
    assert.deepEqual(task.output.kind === "classification" && task.output.classes, ["1.0", "null", "yes", "~"].sort());
    const written = readFileSync(join(folder, "task.yaml"), "utf8");
    assert.match(written, /classes: \[.*"yes".*\]/, "readers of YAML 1.1 take it for true without");
    shell(`${up} --no-mdns --listen /ip4/127.0.0.1/tcp/0 --seconds 1 --min-cycle 10`);
    assert.match(shell(`hearsay eval --json --data "it's data.CSV"`), /"numExamples":32/);
    assert.match(shell(`hearsay predict --data "it's data.CSV"`), /^prediction,probability\n(?:yes|null|1\.0|~),/);
  });

  it("keeps what varies in seconds since 1970 and in degrees of 1e-7, in the task and in what a model learns from it", () => {
    const row = (i: number) => `${1_700_000_000 + i},${(52.52 + 1e-7 * i).toFixed(7)},${1_700_000_000 + 3 * i}`;
    const text = `seconds,degrees,target\n${Array.from({ length: 64 }, (_, i) => row((i * 37) % 64)).join("\n")}\n`;
    const { task, told } = init("large.csv", text, "--template regression --label target");
    const [seconds = 0, degrees = 0] = task.input.mean;
    assert.ok(Math.abs(seconds - 1_700_000_031.5) < 0.01 && Math.abs(degrees - 52.520_003_15) < 1e-9, told);
    assert.ok(Math.abs((task.input.std[1] ?? 0) - 18.47e-7) < 1e-9);
    assert.match(told, /│ seconds │ feature │ 1700000000 │ 1700000031\.5 │ 1700000063 │/);
    shell(
      "hearsay up --state large --task task.yaml --data large.csv --no-mdns --listen /ip4/127.0.0.1/tcp/0 --seconds 3 --min-cycle 0",
    );
    const { rmse } = JSON.parse(shell("hearsay eval --state large --json --data large.csv"));
    assert.ok(rmse < 40, `rmse ${rmse} of a target that spreads 55`); // at float32 the best is 64, half of its step
    const [first = ""] = shell("hearsay predict --state large --data large.csv").split("\n").slice(1);
    assert.ok(Math.abs(Number(first) - 1_700_000_000) < 400 && /^\d{10}(\.\d+)?$/.test(first), first);
  });

  it("writes what new tasks have and old ones have not, each with its reason: few bits, few steps where a device is slow, no class unlearned, no model that knows nothing", () => {
    const { task } = init("new.csv", "a,b,label\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n5,6,x\n", "");
    assert.deepEqual([task.codec, task.training.adaptive, task.training.outerMomentum], ["int8", true, 0.95]);
    const text = readFileSync(join(folder, "task.yaml"), "utf8");
    assert.match(text, /^codec: int8 #.*f32.*int4/m);
    assert.match(text, /^ {2}adaptive: true #.*slower/m);
    assert.deepEqual([task.training.absentClasses, task.aggregation.mostLoss], [4, 0.7]);
    assert.match(text, /^ {2}absentClasses: 4 #.*unlearn/m);
    assert.deepEqual(task.output.kind === "classification" && task.output.shares, [0.6, 0.4], "of the rows");
    assert.match(text, /^ {2}shares: \[0\.6, 0\.4\] #.*not typical/m);
    assert.match(text, /^ {2}mostLoss: 0\.7 #.*nothing/m);
    assert.deepEqual(task.training.schedule, { kind: "cosine", steps: 1000, floor: 0.1, peak: 1.9 });
    assert.match(text, /^ {2}schedule: \{.*\} #.*a tenth/m);
    assert.equal(task.training.learningRate, 0.1, "two classes that overlap part into two crowds with more");
    const { task: more } = init("more.csv", "a,b,label\n1,2,x\n2,3,y\n3,4,z\n4,5,x\n", "");
    assert.equal(more.training.learningRate, 0.3, "the rate that the schedule is for");
    assert.equal(task.training.maxGradientNorm, 1);
    assert.match(text, /^ {2}maxGradientNorm: 1 #.*shortened/m);
    assert.equal(task.training.runningMean, 0.3);
    assert.match(text, /^ {2}runningMean: 0\.3 #.*predictions/m);
    assert.match(text, /^ {2}parameters: \{f: 0\.2, mix: 0\.3\} #.*leaves out/m);
    const { task: few } = init("few.csv", "a,b,label\n1,2,x\n2,3,y\n3,4,x\n4,5,y\n", "--peers 5");
    assert.equal(few.aggregation.parameters.mix, 0.75, "with 0.3 nobody of four would be left out");
    assert.equal(few.training.outerMomentum, 0.7, "a mean of few models takes less of the rounding away");
    assert.equal(few.training.runningMean, undefined);
    assert.deepEqual(
      [few.training.schedule, few.training.maxGradientNorm, few.training.learningRate],
      [{ kind: "cosine", steps: 1000, floor: 0.1 }, undefined, 0.1],
      "not measured with so few",
    );
    const { task: regression } = init(
      "numbers.csv",
      "a,b,y\n1,2,3\n2,3,4\n3,4,6\n4,5,8\n",
      "--template regression --label y",
    );
    const { training, aggregation } = regression;
    const { absentClasses, outerMomentum, schedule, maxGradientNorm } = training;
    assert.equal(absentClasses, undefined);
    assert.equal(outerMomentum, 0.9);
    assert.equal(schedule, undefined, "sites of a regression part with a higher rate at the beginning");
    const { task: three } = init(
      "few-numbers.csv",
      "a,b,y\n1,2,3\n2,3,4\n",
      "--template regression --label y --peers 3",
    );
    assert.equal(three.training.outerMomentum, undefined, "not measured with so few");
    assert.equal(training.steps, 20, "a network of regressions learns twice as much in a cycle, for the same bytes");
    assert.equal(maxGradientNorm, 1, "one row far from all others does not lose a model");
    assert.equal(aggregation.mostLoss, 1, "nor do the liars that a peer hears by chance");
    assert.equal(aggregation.parameters.mix, 0.75);
    assert.deepEqual(
      [parseTask({ ...task, codec: undefined, training: {} })].map(({ codec, training }) => [codec, training.adaptive]),
      [["f32", undefined]],
    );
  });

  it("makes of a series the rows to forecast it from, beside it, and a task for them; gaps are not bridged", () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour)).toISOString();
    const hours = Array.from({ length: 40 }, (_, i) => i).filter((i) => i !== 20);
    const text = `when;load;note\n${hours.map((i) => `${at(i)};${10 + (i % 7)},5;x`).join("\n")}\n`;
    const series = "--label load --lag 1..3 --horizon 2 --time when --step 1h --delimiter ';' --decimal comma";
    const { told, task, up } = init("load.csv", text, series);
    assert.deepEqual(task.input.features, ["load lag 1", "load lag 2", "load lag 3"]);
    assert.ok(task.output.kind === "regression");
    assert.deepEqual(task.output.targets, ["load"]);
    assert.match(told, /32 rows of load.csv, in load.lags.csv; left out: 7 for a gap or the beginning/);
    const [header, first] = readFileSync(join(folder, "load.lags.csv"), "utf8").split("\n");
    assert.equal(header, "when,load lag 1,load lag 2,load lag 3,load");
    assert.equal(first, `${at(4)},12.5,11.5,10.5,14.5`);
    assert.match(up, /--data load.lags.csv/);
    assert.match(
      told,
      /as it grows +hearsay up --task task.yaml --data load.csv --follow --time when --lag 1..3 --horizon 2 --step 1h --delimiter ';' --decimal comma/,
    );
    assert.doesNotMatch(up, /--delimiter|--decimal/, "the rows are a table of their own");
    assert.match(shell("hearsay data check --task task.yaml --data load.lags.csv"), /load lag 3/);

    const init_ = "hearsay init --output other.yaml --data load.csv";
    assert.match(shell(`${init_} ${series}`, 2), /load.lags.csv exists.*--force/);
    assert.match(shell(`${init_} --label load --lag 1..3`, 2), /--time.*--step/);
    assert.match(shell(`${init_} --label load --step 1h`, 2), /give --lag/);
    assert.match(shell(`${init_} --force --template csv ${series}`, 2), /leave it out/);
  });

  it("takes no template of another set for a table, and no array file for one", () => {
    writeFileSync(join(folder, "t.csv"), "a,label\n1,x\n2,y\n");
    assert.match(
      shell("hearsay init --force --template digits --data t.csv", 2),
      /--template digits has data of its own/,
    );
    writeFileSync(join(folder, "x.npy"), "");
    assert.match(shell("hearsay init --force --data x.npy", 1), /no names in array files/);
  });
});
