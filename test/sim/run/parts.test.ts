/** One run by several threads: here the parts run side by side in one thread, which changes nothing of what they tell each other. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runExperiment, runPart } from "../../../sim/run/experiment.ts";
import { LinkCut, oneThreadReason, type RunParts } from "../../../sim/run/parts.ts";
import { blobModules, blobScenario, type Changes } from "../../support/experiments.ts";

const SMALL: Changes = {
  peers: 15,
  cycles: 8,
  partition: "dirichlet:0.3",
  network: { topology: { kind: "random", degree: 5 } },
};

const SCENARIOS: Readonly<Record<string, Changes>> = {
  "messages of one speed, devices that are all alike, so that much happens at one time": {
    ...SMALL,
    devices: { speedSigma: 0 },
  },
  "announcements that are relayed, latency and loss by chance": {
    ...SMALL,
    network: {
      topology: { kind: "random", degree: 5 },
      announcements: "flood",
      latency: { kind: "lognormal", medianMs: 60, sigma: 0.8 },
      loss: { messages: 0.05, packets: 0.05 },
    },
  },
  "peers that go and come back, a partition, signatures": {
    ...SMALL,
    signatures: true,
    network: { topology: { kind: "random", degree: 5 }, partitions: [{ from: 0.4, to: 0.6 }] },
    churn: { kind: "exponential", meanOnSeconds: 8, meanOffSeconds: 2 },
    devices: { battery: { capacity: 6, chargeRate: 0.7 } },
  },
  "places that are far from each other, both kinds of models scored": {
    ...SMALL,
    network: {
      latency: {
        kind: "matrix",
        ms: [
          [5, 90],
          [70, 9],
        ],
      },
    },
    metrics: { bothModels: true },
  },
};

describe("a run by several threads", () => {
  for (const [name, changes] of Object.entries(SCENARIOS))
    it(`gives the bytes of one thread: ${name}`, async () => {
      const scenario = blobScenario(changes);
      assert.equal(oneThreadReason(scenario), undefined);
      const whole = await runExperiment(scenario, blobModules());
      assert.ok(whole.summary.merges > 15, `${whole.summary.merges} merges`);
      for (const count of [2, 3, 4])
        assert.equal(JSON.stringify(await inParts(changes, count)), JSON.stringify(whole), `${count} parts`);
    });

  it("is refused, with the reason, where peers of two threads would share more than letters", () => {
    const reasonOf = (changes: Changes) => oneThreadReason(blobScenario(changes)) ?? "";
    assert.match(reasonOf({ attack: { kind: "sign-flip", share: 0.2 } }), /liars/);
    assert.match(reasonOf({ algorithm: "fedavg" }), /fedavg/);
    assert.match(reasonOf({ network: { bandwidth: { uploadKbps: 100, downloadKbps: 100 } } }), /line/);
    assert.match(reasonOf({ network: { topology: { kind: "membership" } } }), /connections/);
    assert.match(reasonOf({ network: { latency: { kind: "constant", ms: 0 } } }), /latency/);
    assert.match(reasonOf({ metrics: { explain: true } }), /influence/);
  });

  it("ends at all parts where a peer cuts a link by itself", async () => {
    const cutting = (parts: RunParts): RunParts => ({
      ...parts,
      swap: async (values) =>
        (await parts.swap(values)).map((value) => (isNews(value) ? { ...value, isCut: true } : value)),
    });
    const outcomes = await Promise.allSettled(
      table(2).map((parts) => runPart(blobScenario(SMALL), blobModules(), cutting(parts))),
    );
    for (const outcome of outcomes) assert.ok(outcome.status === "rejected" && outcome.reason instanceof LinkCut);
  });
});

function isNews<T>(value: T): value is T & object {
  return typeof value === "object" && value !== null && "isCut" in value;
}

/** Asks all parts for the report: part 0 has it, and no other. */
async function inParts(changes: Changes, count: number) {
  const reports = await Promise.all(table(count).map((parts) => runPart(blobScenario(changes), blobModules(), parts)));
  assert.deepEqual(
    reports.map((report) => report === undefined),
    reports.map((_, part) => part > 0),
  );
  return reports[0];
}

/** Parts that swap over a table; what is laid there is copied, as between threads. */
function table(count: number): RunParts[] {
  const laid: unknown[][] = [];
  let turned: (() => void)[] = [];
  return Array.from({ length: count }, (_, part) => ({
    part,
    parts: count,
    async swap<T>(values: readonly T[]): Promise<readonly T[]> {
      laid[part] = structuredClone([...values]);
      if (laid.filter((row) => row !== undefined).length < count)
        await new Promise<void>((resolve) => void turned.push(resolve));
      else {
        const round = [...laid];
        laid.length = 0;
        const waiting = turned;
        turned = [];
        rounds.push(round);
        for (const resolve of waiting) resolve();
      }
      const round = rounds.at(-1) as unknown[][];
      return round.map((row) => row[part] as T);
    },
  }));
}

const rounds: unknown[][][] = [];
