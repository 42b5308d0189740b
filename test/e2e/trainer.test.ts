/**
 * Three real peers on loopback, whose trainers are processes that have the data: no peer has a data file. One trainer crashes at its first training, another
 * hangs in its first: their peers go on merging, start them again, and learn.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { parse, stringify } from "yaml";
import { shellWord } from "../../node/shell.ts";
import { blobs, blobTask } from "../support/blobs.ts";
import { learningTask } from "../support/learning.ts";
import { createLab, jsonLines, type Lab, type PeerProcess } from "../support/process.ts";
import { type Misdeed, trainerCommand } from "../support/trainer-spec.ts";

const BLOBS = blobTask();
const ARCHITECTURE = "two layers";
const MISDEEDS: readonly (Misdeed | undefined)[] = [undefined, "crash", "hang"];
const GOOD_ACCURACY = 0.9;

describe("three peers with trainers in processes of their own", () => {
  let lab: Lab;
  let peers: PeerProcess[];
  let commands: string[];

  before(async () => {
    lab = await createLab("trainer");
    const task = learningTask(BLOBS.model, { input: { shape: BLOBS.input.shape }, output: BLOBS.output });
    commands = MISDEEDS.map((misdeed, i) => {
      const spec = { task, train: blobs(60, i), holdout: blobs(40, i + 10), architecture: ARCHITECTURE };
      const bad = misdeed && { misdeed, done: lab.path(`done-${i}`) };
      return trainerCommand(lab.path(`spec-${i}.json`), { ...spec, ...bad })
        .map(shellWord)
        .join(" ");
    });
  });
  after(() => lab?.close());

  it("have a task that one of the programs described, without its command", async () => {
    const args = ["init", "--trainer", commands[0] as string, "-o", lab.path("task.yaml"), "--peers", "3", "--json"];
    const { code, stderr } = await lab.run(args);
    assert.equal(code, 0, stderr);
    const text = readFileSync(lab.path("task.yaml"), "utf8");
    const { model, tensors, name } = parse(text);
    assert.deepEqual(
      { model, tensors, name },
      { model: { kind: "external", architecture: ARCHITECTURE }, tensors: BLOBS.tensors, name: "two-layers" },
    );
    assert.ok(!text.includes("process-trainer"));
  });

  it("start without a data file, and learn from one another, whatever their trainers do once", async () => {
    peers = [];
    for (const command of commands) {
      const bootstrap = peers.length === 0 ? [] : [await (peers[0] as PeerProcess).address()];
      const args = ["--trainer", command];
      const task = lab.path("task.yaml");
      await lab.write("config.yaml", stringify({ trainer: { answerSeconds: 4 } }));
      peers.push(
        lab.startPeer({
          name: `peer-${peers.length}`,
          task,
          bootstrap,
          args: [...args, "--config", lab.path("config.yaml")],
        }),
      );
    }
    for (const peer of peers) {
      await peer.waitFor("merges and good figures", ({ counters, holdout, trainingFault }) => {
        return counters.merges >= 5 && (holdout?.accuracy ?? 0) >= GOOD_ACCURACY && trainingFault === undefined;
      });
      assert.equal((await peer.status()).engine, "external/dense");
    }
  });

  it("say in their logs what the trainers did, and that they train again", async () => {
    const told = peers.map((peer) => jsonLines<{ msg: string }>(peer.stderr()).map(({ msg }) => msg));
    const [well, crashed, hung] = told as [string[], string[], string[]];
    assert.ok(!well.some((line) => line.startsWith("no training")));
    assert.ok(crashed.includes("out of memory"), "what it printed");
    const again = "this peer merges what others publish, and asks the trainer again in 1 s";
    assert.ok(
      crashed.includes(`no training: the trainer ended with status 3; it said last: loading / out of memory; ${again}`),
      crashed.join("\n"),
    );
    assert.ok(hung.some((line) => /^no training: the trainer did not answer `fit` within 4 s/.test(line)));
    for (const lines of [crashed, hung]) assert.ok(lines.includes("the trainer trains again"));
  });

  it("have logs in which the trainings are those of an external engine, and which hold", async () => {
    for (const peer of peers) {
      const trainings = (await peer.log()).filter(({ type }) => type === "train");
      assert.ok(trainings.length > 0);
      for (const { body } of trainings) assert.equal(body.engine, "external/dense");
      assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    }
    const { code, stdout } = await lab.run(["log", "verify", "--state", (peers[1] as PeerProcess).stateDir]);
    assert.equal(code, 0, stdout);
  });

  it("evaluate and predict with a program of the site, and no engine", async () => {
    const state = (peers[0] as PeerProcess).stateDir;
    const evaluated = await lab.run(["eval", "--state", state, "--trainer", commands[0] as string, "--json"]);
    assert.ok(JSON.parse(evaluated.stdout).accuracy >= GOOD_ACCURACY, evaluated.stderr);
    const { inputs } = blobs(3, 20);
    const width = BLOBS.input.shape[0] as number;
    const rows = [0, 1, 2].map((i) => [...inputs.slice(i * width, (i + 1) * width)].join(","));
    await lab.write("new.csv", `${Array.from({ length: width }, (_, i) => `x${i}`).join(",")}\n${rows.join("\n")}\n`);
    const args = ["predict", "--state", state, "--data", lab.path("new.csv")];
    const predicted = await lab.run([...args, "--trainer", commands[0] as string]);
    assert.equal(predicted.stdout.trim().split("\n").length, 4, predicted.stderr);
  });
});
