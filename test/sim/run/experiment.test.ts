/** Whole experiments on the blobs: the same bytes whenever they run, and what their scenarios promise. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { mean } from "../../../protocol/base/figures.ts";
import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import type { Report } from "../../../sim/run/report.ts";
import { blobs } from "../../support/blobs.ts";
import { BLOBS, blobModules, blobScenario, type Changes, runBlobs } from "../../support/experiments.ts";

/** Everything that can vary, at once. */
const EVENTFUL: Changes = {
  peers: 12,
  partition: "dirichlet:0.3",
  cycles: 25,
  devices: {
    cycleSeconds: 2,
    speedSigma: 0.6,
    stragglers: { share: 0.2, slowdown: 8 },
    battery: { capacity: 6, chargeRate: 0.7 },
  },
  network: {
    topology: { kind: "random", degree: 5 },
    announcements: "flood",
    latency: { kind: "lognormal", medianMs: 60, sigma: 0.8 },
    bandwidth: { uploadKbps: 200, downloadKbps: 500, sigma: 0.5 },
    loss: { messages: 0.05, packets: 0.05 },
    partitions: [{ from: 0.4, to: 0.6 }],
    nat: { cone: 0.2, portRestricted: 0.3, symmetric: 0.2 },
  },
  churn: { kind: "exponential", meanOnSeconds: 20, meanOffSeconds: 5 },
  attack: { kind: "adaptive", share: 0.2 },
};

const bytesOf = (report: Report) => JSON.stringify(report);
const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

describe("the report of an experiment", () => {
  it("is the same bytes for the same scenario and seed, and others for another seed", async () => {
    const first = await runBlobs();
    assert.equal(bytesOf(await runBlobs()), bytesOf(first));
    const other = await runBlobs({ seed: 2 });
    assert.equal(other.summary.hash, first.summary.hash);
    assert.notDeepEqual(other.series, first.series);
  });

  it("is so with churn, narrow lines, loss, partitions, NAT, batteries, stragglers and liars all at once", async () => {
    const first = await runBlobs(EVENTFUL);
    assert.equal(bytesOf(await runBlobs(EVENTFUL)), bytesOf(first));
    assert.notDeepEqual((await runBlobs({ ...EVENTFUL, seed: 2 })).series, first.series);
    assert.ok(first.summary.merges > 20 && first.summary.updates > first.summary.merges, "something happened");
    const { accuracy } = first.summary.final;
    assert.ok(accuracy.worst > 0.1 && accuracy.mean < 1);
  });

  it("measures a metric where the scenario asks for it, of the models that it reports, and never else", async () => {
    let asked = 0;
    const remove = METRICS.add({
      name: "counted",
      label: "how often it is measured",
      kind: "classification",
      measure: () => ++asked,
      format: String,
    });
    try {
      const careful = { task: { aggregation: { mostLoss: 0.8 } } };
      await runBlobs({ ...careful, metrics: { points: 2, peers: 1 } });
      assert.equal(asked, 0, "nobody asked");
      const { peers } = await runBlobs({ ...careful, metrics: { points: 2, peers: 1, also: ["counted"] } });
      const reported = peers.filter(({ metrics }) => metrics !== undefined).length;
      assert.equal(
        asked,
        3 + reported,
        "of one peer at the start and at two points, and of all that are evaluated at the end",
      );
    } finally {
      remove();
    }
  });

  it("does not depend on what ran before in the same process", async () => {
    const wide = { task: { model: { kind: "mlp", hidden: [9] }, training: { steps: 3, batch: 7 } } };
    const others: Changes[] = [
      EVENTFUL,
      { ...wide, signatures: true },
      { algorithm: "d-psgd" },
      { peers: 15, task: { aggregation: { rule: "median", inboxSize: 3 } } },
    ];
    for (const [i, scenario] of others.entries()) {
      const first = bytesOf(await runBlobs(scenario));
      await runBlobs(others[(i + 1) % others.length]);
      assert.equal(bytesOf(await runBlobs(scenario)), first, `scenario ${i}`);
    }
  });

  it("does not depend on what runs beside it in the same process", async () => {
    const alone = [bytesOf(await runBlobs()), bytesOf(await runBlobs(EVENTFUL))];
    assert.deepEqual((await Promise.all([runBlobs(), runBlobs(EVENTFUL)])).map(bytesOf), alone);
  });

  it("has the points that were asked for, evenly, and a final one of all peers", async () => {
    const { series, summary, peers } = await runBlobs({ metrics: { points: 4, peers: 1, rows: 30 } });
    assert.deepEqual(
      series.map(({ seconds }) => seconds),
      [0, 2.5, 5, 7.5, 10],
    );
    assert.deepEqual(series.at(-1), summary.final);
    assert.equal(series[1]?.accuracy.std, 0, "one peer has no spread");
    const accuracies = peers.map(({ accuracy }) => accuracy as number);
    assert.equal(accuracies.length, 6);
    assert.equal(summary.final.accuracy.worst, Math.min(...accuracies));
    for (const accuracy of accuracies) assert.equal((30 * accuracy) % 1, 0, `${accuracy} is no share of 30 rows`);
  });

  it("has a staleness that varies with the speeds, and is of models that were merged", async () => {
    const { summary, peers } = await runBlobs({ cycles: 30, devices: { speedSigma: 1 } });
    assert.ok(summary.staleness.filter((count) => count > 0).length >= 4, summary.staleness.join());
    const merged = peers.flatMap(({ merges }) => Object.values(merges));
    assert.equal(total(merged), total(summary.staleness));
  });

  it("says, where it is to explain, how far each peer moved the others, and nothing else changes", async () => {
    const changes: Changes = { partition: "dirichlet:0.3", attack: { kind: "sign-flip", share: 0.2 } };
    const plain = await runBlobs(changes);
    const told = await runBlobs({ ...changes, metrics: { ...plain.scenario.metrics, explain: true } });
    assert.deepEqual(told.series, plain.series);
    assert.deepEqual(
      told.peers.map(({ influence: _influence, overlap: _overlap, ...row }) => row),
      plain.peers,
    );
    const influences = (honest: boolean) =>
      told.peers.filter((peer) => peer.honest === honest).map(({ influence = 0 }) => influence);
    assert.ok(mean(influences(true)) > 2 * mean(influences(false)), "liars move it less");
    assert.ok(told.peers.every(({ overlap = 0 }) => overlap > 0 && overlap <= 1));
    assert.ok(plain.peers.every((peer) => !("influence" in peer) && !("overlap" in peer)));
  });
});

describe("signatures", () => {
  it("that are really made change who is who, and nothing about how much is trained and merged", async () => {
    const [without, with_] = [await runBlobs(), await runBlobs({ signatures: true })];
    const figures = ({ summary, series, peers }: Report) => ({
      counts: [summary.updates, summary.merges, summary.staleness],
      series: series.map(({ cycles }) => cycles),
      peers: peers.map(({ rows, cycles }) => [rows, cycles]),
    });
    assert.deepEqual(figures(with_), figures(without));
    const sent = ({ summary }: Report) => summary.final.bytesPerPeer;
    assert.ok(sent(with_) > sent(without), "each model is proved");
    assert.deepEqual([without.summary.signatures, with_.summary.signatures], [false, true]);
    // Other keys are other names, and these seed the trainings: the models differ, but not in quality.
    assert.notDeepEqual(with_.series, without.series);
    const apart = with_.summary.final.accuracy.mean - without.summary.final.accuracy.mean;
    assert.ok(Math.abs(apart) < 0.05, `${apart}`);
  });

  it("are checked where the scenario has them, and not where it does not", async () => {
    let checked = 0;
    const { crypto } = blobModules();
    const counting = {
      ...crypto,
      verify(...given: Parameters<typeof crypto.verify>) {
        checked++;
        return crypto.verify(...given);
      },
    };
    await runBlobs({}, { crypto: counting });
    assert.equal(checked, 0);
    await runBlobs({ signatures: true }, { crypto: counting });
    assert.ok(checked > 50, `${checked}`);
    const nobody = await runBlobs({ signatures: true }, { crypto: { ...crypto, verify: () => false } });
    assert.equal(nobody.summary.merges, 0, "no announcement holds");
  });
});

describe("devices", () => {
  it("that are stragglers train that much less often than the others", async () => {
    const { peers } = await runBlobs({
      cycles: 40,
      devices: { speedSigma: 0, stragglers: { share: 0.5, slowdown: 8 } },
    });
    const [slow, fast] = [peers.filter(({ cycles }) => cycles <= 5), peers.filter(({ cycles }) => cycles >= 38)];
    assert.deepEqual([slow.length, fast.length], [3, 3], peers.map(({ cycles }) => cycles).join());
  });

  it("on a battery train no more often than it was full and has charged since", async () => {
    const [capacity, chargeRate, cycles] = [4, 0.25, 40];
    const { peers } = await runBlobs({ cycles, devices: { speedSigma: 0, battery: { capacity, chargeRate } } });
    for (const peer of peers)
      assert.ok(
        peer.cycles <= capacity + chargeRate * cycles && peer.cycles >= chargeRate * cycles - capacity,
        `${peer.cycles}`,
      );
  });

  it("that come and go train less, and every training is counted once", async () => {
    const churn = { kind: "exponential", meanOnSeconds: 6, meanOffSeconds: 4 };
    const given = { cycles: 40, devices: { speedSigma: 0 } };
    const [steady, churned] = [await runBlobs(given), await runBlobs({ ...given, churn })];
    const cycles = churned.peers.map((peer) => peer.cycles);
    assert.ok(mean(cycles) < 0.75 * steady.summary.final.cycles, cycles.join());
    assert.ok(mean(cycles) > 8, cycles.join());
    // A cycle that was trained, but not ended before the device went off, is trained again.
    const { updates } = churned.summary;
    assert.ok(updates >= total(cycles) && updates <= total(cycles) + 6 * 5, `${updates} for ${total(cycles)} cycles`);
    const [start, end] = [churned.series[0], churned.summary.final];
    assert.ok(end.accuracy.mean > (start?.accuracy.mean ?? 1) + 0.3);
  });
});

describe("data", () => {
  it("are dealt once each, or more than once where each peer is to have so many", async () => {
    const rows = async (data: Changes, peers = 6) =>
      (await runBlobs({ cycles: 1, peers, data: { set: "blobs", ...data } })).peers.map((peer) => peer.rows);
    assert.equal(total(await rows({})), 400);
    assert.equal(total(await rows({ rows: 90 })), 90);
    const many = await rows({ rowsPerPeer: 200 });
    assert.ok(many.every((count) => count >= 200) && total(many) === 3 * 400, many.join());
    assert.ok((await rows({ rows: 90, rowsPerPeer: 3 }, 50)).every((count) => count >= 3));
  });

  it("that are too few for the peers are refused, with rowsPerPeer as the remedy", async () => {
    await assert.rejects(runBlobs({ peers: 300 }), {
      code: "ERR_DATA",
      message: /too few for 300 peers.*data\.rowsPerPeer/,
    });
    const message = "the data names no owners: give an owner column, or partition it by iid";
    await assert.rejects(runBlobs({ partition: "owner" }), { code: "ERR_DATA", message }); // which no further copies mend
  });
});

describe("a scenario that does not fit", () => {
  const cnn = {
    input: { shape: [2, 3, 1] },
    model: { kind: "cnn", filters: [2], kernelSize: 2 },
  };
  const classes = (...names: string[]) => ({ output: { kind: "classification", classes: names } });

  for (const [what, code, changes] of [
    ["other inputs than the data has", "ERR_DATA", { task: { input: { shape: [5] } } }],
    ["fewer classes than the data has", "ERR_DATA", { task: classes("a", "b") }],
    ["a backdoor to a class that is none", "ERR_CONFIG", { attack: { kind: "backdoor", target: 7 } }],
    ["an unknown rule", "ERR_TASK", { task: { aggregation: { rule: "medium" } } }],
    ["a field that tasks do not have", "ERR_TASK", { task: { speed: 3 } }],
    ["an owner partition of data without owners", "ERR_DATA", { partition: "owner" }],
    ["a trace of more peers than there are", "ERR_CONFIG", { churn: { kind: "trace", sessions: [[0, 1, 6]] } }],
    ["a model for which only other engines have code", "ERR_ENGINE", { task: cnn }],
  ] as const)
    it(`is refused with a code: ${what}`, async () => {
      await assert.rejects(runBlobs(changes), (error) => {
        assert.ok(error instanceof HearsayError, String(error));
        assert.equal(error.code, code, error.message);
        return true;
      });
    });

  it("has the groups of its task merged with those of the data, and everything else replaced", async () => {
    // Half of the steps: the batch of the data set's task is kept. Another model: its tensors go.
    const tensors = [["w", [6, 3]]];
    const given = { train: blobs(400, 1), holdout: blobs(300, 2), task: { ...BLOBS, tensors } };
    const changes = { task: { model: { kind: "mlp", hidden: [4] }, training: { steps: 1 } } };
    const { summary } = await runBlobs(changes, { loadData: async () => given });
    assert.ok(summary.updates > 0);
    const whole = { task: { model: { kind: "mlp", hidden: [4] }, training: { steps: 1, batch: 16 } } };
    const expected = await runBlobs(whole);
    assert.deepEqual(summary.final, expected.summary.final);
  });
});

describe("liars", () => {
  it("are as many as their share, are not measured, and have their models counted by what became of them", async () => {
    const { summary, peers } = await runBlobs({ peers: 10, attack: { kind: "sign-flip", share: 0.3 } });
    assert.deepEqual([summary.liars, summary.honest, summary.attack], [3, 7, "sign-flip"]);
    const liars = peers.filter(({ honest }) => !honest);
    assert.equal(liars.length, 3);
    assert.ok(liars.every(({ accuracy }) => accuracy === undefined));
    assert.ok(liars.every(({ merges }) => total(Object.values(merges)) > 0));
  });

  it("hurt a plain mean and not the default rule: the attack is real, and the defence, too", async () => {
    const attack = { kind: "sign-flip", share: 0.2 };
    const final = async (rule: string, more: Changes) =>
      (await runBlobs({ peers: 10, cycles: 20, task: { aggregation: { rule } }, ...more })).summary.final.accuracy.mean;
    const [clean, mean_, guarded] = [
      await final("mean", {}),
      await final("mean", { attack }),
      await final("guarded-median", { attack }),
    ];
    assert.ok(clean - mean_ > 0.15, `${clean} without, ${mean_} with liars`);
    assert.ok(clean - guarded < 0.05, `${clean} without, ${guarded} with liars`);
  });

  it("of a Sybil attack are further peers of the report, on the data of their device", async () => {
    const { summary, peers } = await runBlobs({ peers: 5, attack: { kind: "sybil", share: 0.2, identities: 4 } });
    assert.deepEqual([peers.length, summary.liars, summary.honest], [8, 4, 4]);
    const liars = peers.filter(({ honest }) => !honest);
    assert.equal(new Set(liars.map(({ rows }) => rows)).size, 1);
    assert.ok(liars.every(({ cycles }) => cycles > 0));
  });

  it("with a target have their success measured at every point, others have not", async () => {
    const [backdoor, flip] = [
      await runBlobs({ attack: { kind: "backdoor", pixels: 2, share: 0.3 } }),
      await runBlobs({ attack: { kind: "sign-flip", share: 0.3 } }),
    ];
    for (const { attackSuccess } of backdoor.series)
      assert.ok(attackSuccess !== undefined && attackSuccess >= 0 && attackSuccess <= 1);
    assert.ok(backdoor.series.some(({ attackSuccess }) => attackSuccess !== backdoor.series[0]?.attackSuccess));
    assert.ok(flip.series.every((point) => !("attackSuccess" in point)));
  });

  it("change nothing about the devices and the data of the others", async () => {
    const given = { peers: 10, cycles: 15 };
    const [clean, attacked] = [
      await runBlobs(given),
      await runBlobs({ ...given, attack: { kind: "alie", share: 0.2 } }),
    ];
    const honest = attacked.peers.filter((peer) => peer.honest).map(({ index, rows, cycles }) => [index, rows, cycles]);
    const same = honest
      .map(([index]) => clean.peers[index as number])
      .map((peer) => [peer?.index, peer?.rows, peer?.cycles]);
    assert.deepEqual(honest, same);
  });
});

describe("a run", () => {
  it("that is stopped ends with the reason of the signal, at once or in the middle", async () => {
    const reason = new Error("enough");
    await assert.rejects(runBlobs({}, { signal: AbortSignal.abort(reason) }), (error) => error === reason);
    const stop = new AbortController();
    const shares: number[] = [];
    const onProgress = (share: number) => {
      shares.push(share);
      if (share >= 0.3) stop.abort(reason);
    };
    await assert.rejects(runBlobs({}, { signal: stop.signal, onProgress }), (error) => error === reason);
    assert.ok((shares.at(-1) ?? 1) < 0.35, `${shares.at(-1)}`);
  });

  it("tells how far it is, up to all of it", async () => {
    const shares: number[] = [];
    await runBlobs({}, { onProgress: (share) => shares.push(share) });
    assert.deepEqual(
      shares,
      shares.toSorted((a, b) => a - b),
    );
    assert.ok(shares.length >= 50);
    assert.equal(shares.at(-1), 1);
  });

  it("with a complete scenario is that of the scenario as people wrote it", async () => {
    const complete = JSON.parse(JSON.stringify(blobScenario(EVENTFUL))) as Changes;
    assert.deepEqual((await runBlobs(complete)).summary, (await runBlobs(EVENTFUL)).summary);
  });
});
