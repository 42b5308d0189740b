/** Real peers of tasks with personal models: sites learn what no common model can, what they publish is the shared part, and what stays answers predictions and survives a move of the state directory. */
import assert from "node:assert/strict";
import { readFile, rename } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import type { StatusReport } from "../../node/api/api.ts";
import { nodeCrypto } from "../../node/crypto.ts";
import { readModel } from "../../node/disk/model-file.ts";
import { createRng } from "../../protocol/base/rng.ts";
import { sharedTask } from "../../protocol/base/shared-tensors.ts";
import { numParams } from "../../protocol/base/task.ts";
import { codecOf } from "../../protocol/codec/registry.ts";
import { initialParams } from "../../protocol/learn/tensors.ts";
import { parseTask } from "../../protocol/task/manifest.ts";
import { distance } from "../support/learning.ts";
import { createLab, type Lab, type PeerProcess } from "../support/process.ts";

const COMMON = {
  input: { shape: [2], features: ["x", "y"] },
  model: { kind: "mlp", hidden: [8], activation: "tanh" },
  aggregation: { rule: "mean", inboxSize: 1, quorum: 1 },
};
/** The sites call the two classes by each other's name. */
const NAMES = {
  ...COMMON,
  name: "names",
  output: { kind: "classification", classes: ["no", "yes"] },
  training: { learningRate: 0.1, steps: 10, batch: 16 },
  codec: "int8",
  personal: { method: "fedper" },
};
/** The sensors of the sites differ by a scale and an offset. */
const SENSORS = {
  ...COMMON,
  name: "sensors",
  output: { kind: "regression", targets: ["level"], std: [2] },
  training: { learningRate: 0.05, steps: 10, batch: 16 },
  personal: { method: "calibration" },
};

function csv(last: string, of: (x: number, y: number) => string | number, seed: string, length = 240): string {
  const rng = createRng(seed);
  const any = Array.from({ length }, () => [2 * rng.uniform() - 1, 2 * rng.uniform() - 1] as const);
  const rows = any.filter(([x, y]) => Math.abs(x + y) > 0.15); // no class by a hair
  return `x,y,${last}\n${rows.map(([x, y]) => `${x},${y},${of(x, y)}\n`).join("")}`;
}
const named = (yes: string, no: string) => (x: number, y: number) => (x + y > 0 ? yes : no);
const read = (scale: number, offset: number) => (x: number, y: number) => scale * (x - y) + offset;

describe("real peers with personal models", () => {
  let lab: Lab;
  before(async () => {
    lab = await createLab("personal");
  });
  after(() => lab?.close());

  /** Two peers of a task, each with a table of its own. */
  async function pair(task: string, name: string, tables: readonly string[]): Promise<[PeerProcess, PeerProcess]> {
    const peer = async (i: number, bootstrap: readonly string[]) => {
      const args = ["--data", await lab.write(`${name}${i}.csv`, tables[i] ?? ""), "--engine", "dense", "--no-page"];
      return lab.startPeer({ name: `${name}${i}`, task, minCycleMs: 100, bootstrap, args });
    };
    const first = await peer(0, []);
    return [first, await peer(1, [await first.address()])];
  }

  /** Of `hearsay eval` on a table, by the model file of a state directory. */
  async function judged(state: string, table: string): Promise<Readonly<Record<string, number>>> {
    const { code, stdout, stderr } = await lab.run(["eval", "--state", state, "--data", table, "--json"]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  }

  it("learn with heads of their own what no common model can, and publish the rest alone", async () => {
    const path = await lab.writeTask("names.yaml", NAMES);
    const task = parseTask(NAMES);
    const [anna, ben] = await pair(path, "names", [
      csv("label", named("yes", "no"), "a"),
      csv("label", named("no", "yes"), "b"),
    ]);
    const knows = ({ counters, holdout }: StatusReport) => counters.merges >= 5 && (holdout?.accuracy ?? 0) > 0.93;
    for (const peer of [anna, ben]) {
      const { personal } = await peer.waitFor("merges, and knows its classes", knows);
      assert.deepEqual(personal, { method: "fedper", numParams: 8 * 2 + 2 });
      const { maxBytes } = codecOf(task, nodeCrypto.sha256(new Uint8Array()));
      for (const { type, body } of await peer.log()) {
        if (type !== "publish") continue;
        assert.equal(body.bytes, maxBytes);
        assert.ok(maxBytes - numParams(sharedTask(task)) < 300);
      }
    }
    for (const peer of [anna, ben]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    const answers = await lab.run(["predict", "--state", anna.stateDir, "--data", lab.path("names1.csv")]);
    assert.equal(answers.code, 0, answers.stderr);
    assert.match(answers.stderr, /answered by the model of this site \(fedper\)/);
    const calls = answers.stdout.trim().split("\n").slice(1);
    const rows = (await readFile(lab.path("names1.csv"), "utf8")).trim().split("\n").slice(1);
    const alike = calls.filter((call, i) => call.split(",")[0] === rows[i]?.split(",")[2]).length;
    assert.ok(calls.length === rows.length && alike < rows.length / 10, "by the names of the site, not of the other");
    assert.ok(((await judged(anna.stateDir, lab.path("names0.csv"))).accuracy ?? 0) > 0.93);
    assert.ok(((await judged(anna.stateDir, lab.path("names1.csv"))).accuracy ?? 1) < 0.07, "the head is the site's");
  });

  it("go on with their head in a state directory that was moved", async () => {
    const task = parseTask(NAMES);
    const headOf = async (state: string) => {
      const { params } = await readModel(lab.path(`${state}/model.safetensors`), task);
      return params.subarray(numParams(sharedTask(task)));
    };
    const before = await headOf("names0");
    await rename(lab.path("names0"), lab.path("moved"));
    const args = ["--data", lab.path("names0.csv"), "--engine", "dense", "--no-page"];
    const peer = lab.startPeer({ name: "moved", minCycleMs: 60_000, args });
    const { cycle } = await peer.waitFor("its first cycle", ({ holdout }) => holdout !== undefined);
    assert.ok(cycle > 5, "it is no new peer");
    assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    const fresh = initialParams(task.tensors, task.seed).subarray(numParams(sharedTask(task)));
    const moved = distance(await headOf("moved"), before);
    assert.ok(moved < distance(fresh, before) / 4, `${moved} of ${distance(fresh, before)}`);
  });

  it("fit a common model to sensors that differ, by two numbers that stay", async () => {
    const [anna, ben] = await pair(await lab.writeTask("sensors.yaml", SENSORS), "sensors", [
      csv("level", read(1, 0), "a"),
      csv("level", read(2, 3), "b"),
    ]);
    for (const peer of [anna, ben]) {
      const { personal } = await peer.waitFor(
        "merges, and knows its sensor",
        ({ counters, holdout }) => counters.merges >= 5 && (holdout?.rmse ?? 9) < 0.35,
      );
      assert.deepEqual(personal, { method: "calibration", numParams: 2 });
    }
    for (const peer of [anna, ben]) assert.deepEqual(await peer.stop(), { code: 0, signal: null });
    assert.ok(((await judged(ben.stateDir, lab.path("sensors1.csv"))).rmse ?? 9) < 0.35);
    assert.ok(((await judged(ben.stateDir, lab.path("sensors0.csv"))).rmse ?? 0) > 1, "they are the site's");
  });
});
