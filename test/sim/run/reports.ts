/** Reports as an experiment would give them, for tests of what is made of reports. */
import { nodeCrypto } from "../../../node/crypto.ts";
import type { Point, Report } from "../../../sim/run/report.ts";
import { type Scenario, scenarioHash } from "../../../sim/run/scenario.ts";

/** The scenario is not checked: any settings do. */
export function report(
  settings: Readonly<Record<string, unknown>>,
  seed: number,
  accuracy: number,
  extra: Partial<Report["summary"]> = {},
): Report {
  const scenario = { name: "made-up", data: { set: "digits" }, task: {}, ...settings, seed } as unknown as Scenario;
  const final: Point = {
    seconds: 10,
    cycles: 9,
    bytesPerPeer: 1000 * seed,
    accuracy: { mean: accuracy, worst: accuracy / 2, std: 0 },
    loss: 1,
    disagreement: 0.1,
  };
  const hash = scenarioHash(scenario, nodeCrypto);
  const counts = { liars: 0, honest: 3, updates: 1, merges: 1, staleness: [1] };
  const summary = {
    name: "made-up",
    hash,
    seed,
    algorithm: "hearsay",
    attack: "none",
    signatures: false,
    final,
    ...counts,
    ...extra,
  };
  return { scenario, summary, series: [final], peers: [] };
}
