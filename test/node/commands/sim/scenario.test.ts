/** Scenario files, and what the command line changes in them. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import {
  loadScenario,
  override,
  parseGridFlags,
  parseSeeds,
  readDocument,
} from "../../../../node/commands/sim/scenario.ts";
import { inlineFiles } from "../../../../node/commands/sim/traces.ts";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
import { combinations } from "../../../../sim/compare/sweep.ts";
import { valueAt } from "../../../../sim/compare/sweep-paths.ts";
import { scenarioHash } from "../../../../sim/run/scenario.ts";

const isConfig = (error: unknown) => isHearsayError(error, "ERR_CONFIG");

describe("the command line of a sweep", () => {
  it("reads seeds as ranges and lists, each once", () => {
    assert.deepEqual(parseSeeds("1..5"), [1, 2, 3, 4, 5]);
    assert.deepEqual(parseSeeds("7, 1..3,2"), [7, 1, 2, 3]);
    for (const text of ["", "5..1", "1...3", "-1", "x", "4294967296", "0..999999999"])
      assert.throws(() => parseSeeds(text), isConfig);
  });

  it("reads values of a grid as YAML, separated by commas", () => {
    assert.deepEqual(parseGridFlags(["a.b=1,x,0.5", "c=dirichlet:0.1,{kind: alie, z: 2},null", "d=[8, 8],[4]"]), {
      "a.b": [1, "x", 0.5],
      c: ["dirichlet:0.1", { kind: "alie", z: 2 }, null],
      d: [[8, 8], [4]],
    });
    for (const text of ["a", "=1", "a=", "a={b"]) assert.throws(() => parseGridFlags([text]), isConfig);
  });

  it("sets values in order, --peers last", async () => {
    const found = await override(
      { name: "x", attack: { kind: "alie" } },
      { peers: "9", set: ["attack=null", "a.b=[1]", "peers=3"] },
    );
    assert.deepEqual(found, { name: "x", a: { b: [1] }, peers: 9 });
  });
});

describe("a scenario file", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "hearsay-scenario-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("takes --set and grids below a task of a file as changes of what that file says, null included", async () => {
    const aggregation = "rule: guarded-median, parameters: { f: 0.1, mix: 0.3 }, mostLoss: 0.8";
    const input = "input: { shape: [2] }, output: { kind: classification, classes: [a, b] }";
    const model = "model: { kind: mlp, hidden: [4] }, training: { steps: 7, absentClasses: 4 }";
    await writeFile(join(folder, "told.yaml"), `{ name: t, ${input}, ${model}, aggregation: { ${aggregation} } }\n`);
    const path = join(folder, "t.yaml");
    await writeFile(path, "name: t\ndata: { set: digits }\ntask: { file: told.yaml, codec: f32 }\n");
    const taskOf = async (...set: string[]) =>
      (await loadScenario(path, { set })).task as Record<string, Record<string, unknown>>;
    const changed = await taskOf("task.aggregation.parameters.mix=0", "task.model.hidden=[5]", "task.training.steps=8");
    assert.deepEqual(changed.aggregation?.parameters, { f: 0.1, mix: 0 }, "f is the file's");
    assert.deepEqual(changed.model, { kind: "mlp", hidden: [5] });
    assert.deepEqual(changed.training, { steps: 8, absentClasses: 4 });
    const without = await taskOf("task.training.absentClasses=null", "task.aggregation.parameters.f=null");
    assert.deepEqual(without.training, { steps: 7 });
    assert.deepEqual(without.aggregation?.parameters, { mix: 0.3 });
    assert.deepEqual([(await taskOf("task.codec=null")).codec, (await taskOf()).codec], [undefined, "f32"]);
    const later = await taskOf("task.aggregation.parameters.mix=0", "task.aggregation={rule: mean, parameters: null}");
    assert.deepEqual(later.aggregation, { rule: "mean", mostLoss: 0.8 }, "the later value is the one that counts");

    const grid = parseGridFlags(["task.training.absentClasses=4,null", "task.aggregation.parameters.mix=0,0.75"]);
    const sources = combinations({ scenario: await readDocument(path), grids: [] }, grid);
    const tasks = await Promise.all(sources.map(async ({ source }) => (await inlineFiles(source, folder)).task));
    assert.deepEqual(
      tasks.map((task) => [valueAt(task, "training.absentClasses"), valueAt(task, "aggregation.parameters")]),
      [4, undefined].flatMap((absent) => [0, 0.75].map((mix) => [absent, { f: 0.1, mix }])),
    );
  });

  it("has a hash that covers the contents of its traces, and not their names", async () => {
    const sessions = "peer,on,off\n0,0,5\n";
    await writeFile(join(folder, "a.csv"), sessions);
    await writeFile(join(folder, "b.csv.gz"), gzipSync(sessions));
    await writeFile(join(folder, "c.csv"), "on,off,peer\n0,6,0\n");
    const path = join(folder, "s.yaml");
    await writeFile(path, "name: s\ndata: { set: digits }\nchurn: { kind: trace, sessions: { file: a.csv } }\n");
    const hashes = await Promise.all(
      ["a.csv", "b.csv.gz", "c.csv"].map(async (file) => {
        const scenario = await loadScenario(path, { set: [`churn.sessions.file=${file}`] });
        return scenarioHash(scenario, nodeCrypto);
      }),
    );
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[0], hashes[2]);
  });

  it("may name the file of its task, with other parts beside it; its hash covers what the task says, and not its name", async () => {
    const task = "name: own\nmodel: { kind: softmax }\ntraining: { steps: 5, batch: 8 }\n";
    await writeFile(join(folder, "task.yaml"), task);
    const parts = "codec: f32, training: { steps: 7 }";
    const path = join(folder, "t.yaml");
    await writeFile(path, `name: t\ndata: { set: digits }\ntask: { file: task.yaml, ${parts} }\n`);
    const named = await loadScenario(path, {});
    assert.deepEqual(named.task, {
      ...{ name: "own", model: { kind: "softmax" }, training: { steps: 7, batch: 8 }, codec: "f32" },
    });
    const whole = "{ name: own, model: { kind: softmax }, training: { steps: 7, batch: 8 }, codec: f32 }";
    const written = await loadScenario(path, { set: [`task=${whole}`] });
    assert.equal(scenarioHash(named, nodeCrypto), scenarioHash(written, nodeCrypto));
    await writeFile(
      path,
      "name: t\ndata: { set: digits }\ntask: { file: task.yaml, training: { steps: null }, model: null }\n",
    );
    assert.deepEqual((await loadScenario(path, {})).task, { name: "own", training: { batch: 8 } }, "null takes out");
    const refused = (file: string, code: string, message: RegExp) =>
      assert.rejects(loadScenario(path, { set: [`task.file=${file}`] }), { code, message });
    await refused("gone.yaml", "ERR_TASK", /there is no .*gone\.yaml: write one with hearsay init/);
    await refused("[1]", "ERR_CONFIG", /task\.file: name a task file/);
    await writeFile(join(folder, "list.yaml"), "- 1\n");
    await refused("list.yaml", "ERR_TASK", /list\.yaml is no task/);
  });

  it("may name a matrix of latencies; one that is no matrix is refused with its lines", async () => {
    await writeFile(join(folder, "ms.csv"), "1,20\n20,1.5\n");
    await writeFile(join(folder, "bad.csv"), "here,there\n1,2\n3,\n");
    const latency = (file: unknown) => ({ network: { latency: { kind: "matrix", ms: { file } } } });
    const found = await inlineFiles(latency("ms.csv"), folder);
    assert.deepEqual(found.network, {
      latency: {
        kind: "matrix",
        ms: [
          [1, 20],
          [20, 1.5],
        ],
      },
    });
    await assert.rejects(inlineFiles(latency("bad.csv"), folder), (error: Error) => {
      assert.match(error.message, /line 1: "here".*\n.*line 3: ""/);
      return isHearsayError(error, "ERR_DATA");
    });
    await assert.rejects(inlineFiles(latency("gone.csv"), folder), /gone\.csv/);
    await assert.rejects(inlineFiles(latency(3), folder), /network\.latency\.ms\.file/);
  });

  it("that is no YAML map is refused", async () => {
    const path = join(folder, "list.yaml");
    for (const text of ["- a", "a: [", "just text", ""]) {
      await writeFile(path, text);
      await assert.rejects(loadScenario(path, { set: [] }), isConfig);
    }
  });
});
