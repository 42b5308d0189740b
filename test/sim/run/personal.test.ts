/** Experiments with personal models: the same options of the task as in a real network, each site measured on rows of its own. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nodeSecrecy } from "../../../node/secrecy.ts";
import { skewedBlobs } from "../../support/crowd.ts";
import { blobModules, type Changes, runBlobs } from "../../support/experiments.ts";

const MLP = { model: { kind: "mlp", hidden: [8] } };
const own: Changes = { partition: "dirichlet:0.3", metrics: { points: 1, holdout: "own" } };

describe("an experiment with personal models", () => {
  for (const method of ["fedper", "fedrep", "ditto"])
    it(`runs with ${method}, to the same bytes, for peers and for baselines`, async () => {
      const changes = { ...own, task: { ...MLP, personal: { method } } };
      const first = await runBlobs(changes);
      assert.deepEqual(await runBlobs(changes), first);
      assert.ok(first.summary.merges > 10 && first.summary.final.accuracy.mean > 0.7);
      for (const algorithm of ["fedavg", "local", "gossip"]) {
        const { summary } = await runBlobs({ ...changes, algorithm });
        assert.ok(summary.final.accuracy.mean > 0.6, `${algorithm} ${summary.final.accuracy.mean}`);
      }
    });

  it("sends fewer bytes where more stays", async () => {
    const bytes: number[] = [];
    for (const tensors of [undefined, ["dense1/*"], ["dense0/*"]]) {
      const personal = tensors && { personal: { method: "fedper", tensors } };
      bytes.push((await runBlobs({ ...own, task: { ...MLP, ...personal } })).summary.final.bytesPerPeer);
    }
    assert.deepEqual(
      bytes,
      bytes.toSorted((a, b) => b - a),
    );
    assert.equal(new Set(bytes).size, 3);
  });

  it("holds against liars, who lie about what is shared", async () => {
    for (const kind of ["sign-flip", "alie", "inside-the-ball", "mimic"]) {
      const attack = { kind, share: 0.2 };
      const { summary } = await runBlobs({
        ...own,
        peers: 10,
        attack,
        task: { ...MLP, personal: { method: "fedper" } },
      });
      assert.ok(summary.final.accuracy.mean > 0.6, `${kind}: ${summary.final.accuracy.mean}`);
    }
  });

  it("goes on with what stays after a device was off", async () => {
    const churn = { kind: "exponential", meanOnSeconds: 4, meanOffSeconds: 1 };
    const changes = { ...own, churn, cycles: 20, task: { ...MLP, personal: { method: "fedper" } } };
    const first = await runBlobs(changes);
    assert.deepEqual(await runBlobs(changes), first);
    assert.ok(first.summary.final.accuracy.mean > 0.6);
  });

  it("hides what is shared as the task asks, by noise or in cohorts", async () => {
    const secret = { secrecy: nodeSecrecy };
    const noise = { mechanism: "dp-sgd", clipNorm: 1, noiseMultiplier: 1, maxEpsilon: 100 };
    for (const [privacy, method] of [
      [noise, "fedper"],
      [noise, "ditto"],
      [{ ...noise, mechanism: "gaussian-update" }, "fedper"],
      [{ cohort: { size: 3 } }, "fedrep"],
    ] as const) {
      const task = { ...MLP, personal: { method }, privacy, aggregation: { quorum: 1, parameters: { f: 0 } } };
      const { summary } = await runBlobs({ ...own, cycles: 15, task }, secret);
      assert.ok(summary.merges > 3 && summary.final.accuracy.mean > 0.4, `${method} ${JSON.stringify(summary.final)}`);
    }
  });

  it("refuses running means of what is shared", async () => {
    const metrics = { points: 1, bothModels: true };
    await assert.rejects(runBlobs({ metrics, task: { ...MLP, personal: { method: "fedper" } } }), /metrics.bothModels/);
  });
});

describe("peers that are fine-tuned at the end", () => {
  it("are measured once more, and are no worse on skewed rows than before", async () => {
    const { summary } = await runBlobs({ ...own, metrics: { points: 1, holdout: "own", fineTune: 50 } });
    assert.ok(summary.fineTuned !== undefined && summary.fineTuned.accuracy.mean >= summary.final.accuracy.mean - 0.02);
    assert.equal((await runBlobs(own)).summary.fineTuned, undefined);
  });
});

describe("sites that have just begun to measure", () => {
  it("keep as few rows as the scenario says, and others all of theirs", async () => {
    const loaded = { train: skewedBlobs(120, 1), holdout: skewedBlobs(60, 2), task: {} };
    const base = (await blobModules().loadData({} as never, {})).task;
    const modules = { loadData: async () => ({ ...loaded, task: base }) };
    const { peers } = await runBlobs({ data: { set: "blobs", scarce: { peers: 2, rows: 5 } } }, modules);
    assert.deepEqual(
      peers.map(({ rows }) => rows),
      [5, 5, 20, 20, 20, 20],
    );
  });
});
