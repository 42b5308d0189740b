/** Reports as runs would write them, made up: curves that rise, peers that differ, liars that are clipped. */
import { createRng } from "../../../protocol/base/rng.ts";
import type { PeerRow, Point, Report } from "../../../sim/run/report.ts";
import type { Scenario } from "../../../sim/run/scenario.ts";

export interface Sample {
  readonly peers?: number;
  readonly liars?: number;
  readonly points?: number;
  readonly seed?: number;
  readonly set?: string;
  readonly name?: string;
  readonly about?: string;
  /** Final accuracy. */
  readonly best?: number;
  readonly backdoor?: boolean;
  readonly signatures?: boolean;
}

export function sampleReport(sample: Sample = {}): Report {
  const {
    peers = 30,
    liars = 6,
    points = 20,
    seed = 1,
    set = "digits",
    name = "sample",
    about = "",
    best = 0.93,
  } = sample;
  const rng = createRng(seed);
  const regression = set === "load.csv";
  // Whole enough for a page; the schema grows without it.
  const scenario = {
    version: 1,
    name,
    about,
    data: { set, rows: 0, rowsPerPeer: 0 },
    partition: "dirichlet:0.5",
    task: { aggregation: { rule: "guarded-median" }, ...(regression && { output: { kind: "regression" } }) },
    peers,
    algorithm: { kind: "hearsay" },
    cycles: 60,
    devices: { cycleSeconds: 1, speedSigma: 0.6, stragglers: { share: 0, slowdown: 20 } },
    network: {
      topology: { kind: "random", degree: 32 },
      announcements: "neighbours",
      latency: { kind: "constant", ms: 20 },
      loss: { messages: 0, packets: 0 },
      partitions: [],
      nat: { cone: 0, symmetric: 0 },
    },
    churn: { kind: "encounters", contacts: [[0, 10, 0, 1]] },
    ...(liars > 0 && { attack: { kind: "sign-flip", share: liars / peers } }),
    signatures: sample.signatures ?? false,
    logs: "heads",
    metrics: { points, peers: 100, rows: 0, target: 0.8 },
    seed,
  } as unknown as Scenario;
  const series = Array.from({ length: points + 1 }, (_, i): Point => {
    const t = i / points;
    const start = regression ? -3 : 0.1;
    const mean = best - (best - start) * Math.exp(-6 * t) + 0.004 * rng.normal();
    const std = 0.01 + 0.05 * Math.exp(-4 * t);
    return {
      seconds: 60 * t,
      cycles: 51.3 * t,
      bytesPerPeer: 8.4e6 * t,
      accuracy: { mean, worst: Math.max(regression ? -9 : 0, mean - 2.4 * std - 0.02 * rng.uniform()), std },
      loss: 0.25 + 2.05 * Math.exp(-5 * t),
      disagreement: i === 0 ? 0 : 0.02 + 0.9 * Math.exp(-7 * t),
      ...(sample.backdoor && { attackSuccess: 0.08 + 0.5 * t }),
    };
  });
  const final = series.at(-1) as Point;
  const rows = Array.from({ length: peers }, (_, index) => {
    // Spread over the indices, as a draw would spread them.
    const honest = Math.floor(((index + 1) * liars) / peers) === Math.floor((index * liars) / peers);
    return peerRow(index, honest, final.accuracy.mean, () => rng.uniform());
  });
  return {
    scenario,
    summary: {
      name,
      hash: "4f".repeat(32),
      seed,
      algorithm: "hearsay (guarded-median)",
      attack: liars > 0 ? "sign-flip" : "none",
      liars,
      honest: peers - liars,
      signatures: sample.signatures ?? false,
      final,
      ...(!regression && { reached: { seconds: 21.4, cycles: 18.2, bytesPerPeer: 2_996_000 } }),
      updates: 1231,
      merges: 9642,
      staleness: Array.from({ length: 16 }, (_, i) => Math.round(3000 * Math.exp(-0.4 * i))),
    },
    series,
    peers: rows,
  };
}

function peerRow(index: number, honest: boolean, mean: number, uniform: () => number): PeerRow {
  const cycles = Math.round(30 + 40 * uniform());
  const merged = cycles * 6;
  const share = honest ? 0.1 + 0.2 * uniform() : 0.75 + 0.2 * uniform();
  const clipped = Math.round(merged * share);
  const removed = Math.round((merged - clipped) * (honest ? 0.05 : 0.5) * uniform());
  return {
    index,
    honest,
    ...(honest && { accuracy: mean + 0.05 * (uniform() - 0.6) }),
    cycles,
    bytesOut: Math.round(6e6 + 5e6 * uniform()),
    rows: Math.round(20 + 60 * uniform()),
    merges: {
      used: merged - clipped - removed,
      clipped,
      removed,
      duplicate: index % 7,
      invalid: honest ? 0 : index % 5,
    },
    meanWeight: honest ? 0.1 + 0.08 * uniform() : 0.01 + 0.03 * uniform(),
  };
}
