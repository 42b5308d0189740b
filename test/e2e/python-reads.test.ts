/** What Python reads in five lines: the examples of node/clients/python/README.md, each run as it stands there. And the model of the same peer, in every format. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { bundledCli } from "../support/bundled-cli.ts";
import { createLab, type Lab, sourceEnvironment } from "../support/process.ts";
import { pythonWith } from "../support/program.ts";

const CLI = await bundledCli();

const README = readFileSync(fileURLToPath(new URL("../../node/clients/python/README.md", import.meta.url)), "utf8");
const SCENARIO = "name: small\ndata: { set: motes }\npeers: 4\ncycles: 3\n";
const MOST_LINES = 6;
const { python = "python3", skip } = pythonWith(["json"]);

/** The one of README that reads this. */
function example(what: string): string {
  const blocks = [...README.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(([, code = ""]) => code);
  const [found, ...others] = blocks.filter((code) => code.includes(what));
  assert.ok(found !== undefined && others.length === 0, what);
  assert.ok(found.trim().split("\n").length <= MOST_LINES);
  return found;
}

describe("the examples of Python that read", { skip }, () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab("python-reads");
    const shim = await lab.write("hearsay", `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`);
    chmodSync(shim, 0o755);
  });
  after(() => lab?.close());

  function run(code: string): string {
    const environment = sourceEnvironment();
    const env = { ...environment, HEARSAY_STATE: lab.path("anna"), PATH: `${lab.directory}:${environment.PATH}` };
    const { stdout, stderr } = spawnSync(python, ["-c", code], { cwd: lab.directory, env, encoding: "utf8" });
    assert.equal(stderr, "");
    return stdout;
  }

  async function hearsay(...args: string[]): Promise<void> {
    const { code, stderr } = await lab.run(args);
    assert.equal(code, 0, stderr);
  }

  it("read a status and a log, and the model goes into a file of each format", async () => {
    const task = lab.path("task.yaml");
    await hearsay("init", "--output", task);
    const peer = lab.startPeer({ name: "anna", task, args: ["--dataset", "digits", "--share", "1/8"] });
    await peer.waitFor("it has figures", ({ cycle, holdout }) => cycle > 1 && holdout !== null);
    assert.match(run(example("status")), /^\d+ 0 \{'numExamples': \d+/);
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    await hearsay("log", "export", "--state", peer.stateDir, "-o", lab.path("log.jsonl"));
    assert.equal(run(example("log.jsonl")), "[]\n"); // it was alone
    await hearsay("export", "--state", peer.stateDir, "--format", "onnx", "-o", lab.path("model.onnx"));
    await hearsay("export", "--state", peer.stateDir, "--format", "tfjs", "-o", lab.path("model.json"));
    assert.equal(readFileSync(lab.path("model.onnx")).includes("hearsay-model/1"), true);
    const { weightsManifest } = JSON.parse(readFileSync(lab.path("model.json"), "utf8"));
    const [{ paths, weights }] = weightsManifest as [{ paths: string[]; weights: { shape: number[] }[] }];
    const numbers = weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    assert.equal(readFileSync(lab.path(paths[0] as string)).length, 4 * numbers);
    const { stderr, code } = await lab.run(["export", "--state", peer.stateDir, "--format", "pickle"]);
    assert.equal(code, 2);
    assert.match(stderr, /there is no such format; there are\n\s+safetensors/);
  });

  it("read the report of a simulation", async () => {
    await hearsay("sim", "run", await lab.write("small.yaml", SCENARIO), "--out", lab.path("run"));
    assert.match(run(example("summary.json")), /^hearsay \d+ -?[\d.]+\n$/);
  });
});
