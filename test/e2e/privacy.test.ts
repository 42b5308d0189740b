/** A private task from its file to the end of its budget, on the command line; and what a second verifier says of its log. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeSafetensors } from "../../protocol/codec/safetensors.ts";
import { blobTask } from "../support/blobs.ts";
import { createLab, type Finished, type Lab } from "../support/process.ts";

const SCRIPT = fileURLToPath(new URL("../verify_log.py", import.meta.url));
const noPython = spawnSync("python3", ["--version"]).status === 0 ? false : "python3 is not installed";

describe("a task with a privacy budget", () => {
  let lab: Lab;
  let task: string;
  before(async () => {
    lab = await createLab("privacy");
    task = lab.path("task.yaml");
  });
  after(() => lab?.close());

  async function ends(args: readonly string[]): Promise<Finished> {
    const finished = await lab.run(args);
    assert.equal(finished.code, 0, `${args.join(" ")}\n${finished.stdout}${finished.stderr}`);
    return finished;
  }

  const state = () => ["--state", lab.path("state")];
  const up = () => {
    const quick = ["--min-cycle", "1", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns"];
    const data = ["--dataset", "digits", "--share", "1/8"];
    return ends(["up", ...state(), "--task", task, ...data, ...quick, "--until-spent", "--seconds", "80"]);
  };

  it("is written by init --private, with the budget that was given", async () => {
    const { stdout } = await ends(["init", "--private", "--epsilon", "2", "--output", task]);
    assert.match(stdout, /privacy +dp-sgd, epsilon 2 at delta 1\.00e-5 for 20 epochs/);
    assert.match(await readFile(task, "utf8"), /privacy:\n {2}mechanism: dp-sgd .*\n {2}clipNorm: 1 /);
  });

  it("is learned until the budget is spent, which ends up with status 0 where that was the goal, and again at once", async () => {
    assert.match((await up()).stderr, /the budget is spent: it trains and publishes no more/);
    assert.match((await up()).stderr, /the budget is spent/);
  });

  it("leaves what was spent in why and in the log, where an audit accounts for it again", async () => {
    const spent = /dp-sgd: epsilon (1\.\d+) of 2, delta 1\.00e-5, (\d+) steps/;
    const own = spent.exec((await ends(["why", ...state()])).stdout);
    const { stdout } = await ends(["log", "audit", ...state()]);
    const claimed = new RegExp(`claimed: ${spent.source}, accounting repeated`).exec(stdout);
    assert.ok(own !== null && claimed !== null, stdout);
    assert.ok(Number(own[1]) > 1.5 && Number(own[2]) >= Number(claimed[2]) && Number(claimed[2]) > 50);
  });

  it("stands in an exported model: mechanism, epsilon, delta and noisy steps", async () => {
    const file = lab.path("model.safetensors");
    const { stdout } = await ends(["export", ...state(), "--output", file]);
    const [, epsilon = "", steps = ""] =
      /; dp-sgd: epsilon (1\.\d+) of 2, delta 1\.00e-5, (\d+) steps/.exec(stdout) ?? [];
    const { mechanism, maxEpsilon, delta, ...counted } = decodeSafetensors(await readFile(file)).metadata;
    assert.deepEqual([mechanism, maxEpsilon, delta], ["dp-sgd", "2", "0.00001"]);
    assert.equal(counted.noisySteps, steps);
    assert.ok(Math.abs(Number(counted.epsilon) - Number(epsilon)) < 0.01, `${counted.epsilon}, told as ${epsilon}`);
  });

  it("has a log that the verifier in Python takes", { skip: noPython }, async () => {
    await ends(["log", "export", ...state(), "--output", lab.path("log.jsonl")]);
    const { status, stdout, stderr } = spawnSync("python3", [SCRIPT, lab.path("log.jsonl")], { encoding: "utf8" });
    assert.equal(status, 0, stdout + stderr);
  });

  it("knows no other goal: without a budget there is nothing to wait for", async () => {
    const plain = await lab.writeTask("plain", { ...blobTask() });
    const args = ["up", "--state", lab.path("other"), "--task", plain, "--dataset", "digits", "--until-spent"];
    const { code, stderr } = await lab.run(args);
    assert.equal(code, 2);
    assert.match(stderr, /--until-spent: the task has no privacy budget/);
  });
});
