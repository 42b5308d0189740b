/** Scenario files, and what the command line changes in them. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { loadScenario, override, parseGridFlags, parseSeeds } from "../../../../node/commands/sim/scenario.ts";
import { inlineFiles } from "../../../../node/commands/sim/traces.ts";
import { nodeCrypto } from "../../../../node/crypto.ts";
import { isHearsayError } from "../../../../protocol/base/errors.ts";
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
