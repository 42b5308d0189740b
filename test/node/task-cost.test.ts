/** What `join` says a task will cost is no less than what it does cost, and not so much that it says nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { identityFromSeed, nodeCrypto } from "../../node/crypto.ts";
import { costOf, DEFAULT_COST_SETTINGS } from "../../node/task-cost.ts";
import type { Parent } from "../../protocol/log/entry/bodies.ts";
import { createEntry, type EntryContent } from "../../protocol/log/entry/entry.ts";
import { blobTask } from "../support/blobs.ts";
import { blobScenario, runBlobs } from "../support/experiments.ts";
import { AS_TRAINED } from "../support/publications.ts";

const MODEL = { model: { kind: "mlp", hidden: [256], activation: "relu" } };
const DAY_SECONDS = 86_400;

test("a simulated peer sends at most the half of what is said of the network, and no less than a tenth", async () => {
  const changes = { task: MODEL, peers: 12, cycles: 30, devices: { speedSigma: 0 } };
  const { cycleSeconds } = blobScenario(changes).devices;
  const { summary } = await runBlobs(changes);
  const cost = costOf(blobTask(MODEL), { ...DEFAULT_COST_SETTINGS, minCycleMs: 1000 * cycleSeconds });
  const perDay = (summary.final.bytesPerPeer * DAY_SECONDS) / summary.final.seconds;
  const ratio = perDay / (cost.networkBytesPerDay / 2);
  assert.ok(ratio <= 1 && ratio >= 0.1, `${ratio} of ${cost.networkBytesPerDay} bytes a day`);
});

test("a cycle adds no more to the log than is said, with as many parents as a merge has", () => {
  const task = blobTask(MODEL);
  const [hash, age] = [new Uint8Array(32).fill(0xff), 2 ** 40];
  const { inboxSize, memory } = task.aggregation;
  const parent: Parent = [hash, hash, age, 65_536, "duplicate"];
  const parents = Array.from({ length: Math.max(inboxSize, memory) }, () => parent);
  const place = { logId: hash, seq: 2 ** 40, prev: hash, tsMs: 2 ** 41 };
  const entries: EntryContent[] = [
    {
      ...place,
      type: "train",
      body: { in: hash, out: hash, steps: 100_000, age, engine: "tensorflow native 4.22.0", privacy: null },
    },
    { ...place, type: "publish", body: { model: hash, age, bytes: 2 ** 29, codec: "f32", ...AS_TRAINED } },
    { ...place, type: "aggregate", body: { own: hash, base: hash, out: hash, rule: "guarded-median", age, parents } },
  ];
  const identity = identityFromSeed(hash);
  const bytes = entries.reduce((sum, entry) => sum + createEntry(entry, identity, nodeCrypto).signed.length, 0);
  const said = costOf(task).logBytesPerDay / DAY_SECONDS; // a cycle a second
  assert.ok(bytes <= said && bytes >= said / 3, `${bytes} of ${said} bytes a cycle`);
});

test("every part grows with the model, and the day with the pace", () => {
  const [small, large] = [costOf(blobTask()), costOf(blobTask(MODEL))];
  for (const name of ["modelBytes", "memoryBytes", "networkBytesPerDay", "diskBytesPerDay"] as const)
    assert.ok(large[name] > small[name], name);
  const slow = costOf(blobTask(MODEL), { ...DEFAULT_COST_SETTINGS, minCycleMs: 2000 });
  assert.equal(slow.networkBytesPerDay, large.networkBytesPerDay / 2);
  assert.equal(slow.logBytesPerDay, large.logBytesPerDay / 2);
  assert.equal(slow.memoryBytes, large.memoryBytes);
});

test("fewer bits make the day cheaper, and audits keep a vector more", () => {
  const [f32, int8, int4] = ["f32", "int8", "int4"].map((codec) => costOf(blobTask({ ...MODEL, codec })));
  assert.ok(f32 && int8 && int4);
  assert.ok(int8.modelBytes < f32.modelBytes / 3.9 && int4.modelBytes < f32.modelBytes / 7);
  assert.ok(int4.networkBytesPerDay < int8.networkBytesPerDay && int8.networkBytesPerDay < f32.networkBytesPerDay);
  assert.equal(int8.memoryBytes, f32.memoryBytes);
});

test("the engine is that which auto takes", () => {
  assert.equal(costOf(blobTask()).engine, "dense");
  const cnn = blobTask({ input: { shape: [8, 8, 1] }, model: { kind: "cnn", filters: [2] } });
  assert.equal(costOf(cnn).engine, "tensorflow");
  assert.ok(costOf(cnn).memoryBytes > costOf(blobTask()).memoryBytes);
});
