/**
 * What learning together is worth where the world changes: `python3 test/bench/drift-data.py | node test/bench/drift.ts`. The very peers that ship follow them in the simulator, a training a
 * day, each row predicted before it is learned from.
 *
 * The change is that of the days around New Year, when working days are none, at all stations at once: it comes, stays for twelve days and goes. Told are the error of
 * usual days, that of the days of the change, and after how many days of it the error is within 10 % of the usual one.
 */
import { readFileSync } from "node:fs";
import { nodeCrypto } from "../../node/crypto.ts";
import { mean } from "../../protocol/base/figures.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { runExperiment } from "../../sim/run/experiment.ts";
import { parseScenario } from "../../sim/run/scenario.ts";

const WIDTH = 13;
const [CHANGE_BEGINS, CHANGE_DAYS] = ["12-22", 12];
/** Days before anything is counted. */
const WARM_DAYS = 200;
const WINDOWS = process.argv[2]?.split(",") ?? ["last:7", "last:28"];

const TASK = {
  name: "riders",
  input: { shape: [WIDTH] },
  output: { kind: "regression", targets: ["y"], mean: -0.08, std: 0.45 },
  model: { kind: "softmax" },
  training: { learningRate: 0.05, steps: 20, batch: 32 },
  aggregation: { rule: "guarded-median", quorum: 3 },
};

const [header = "", ...lines] = readFileSync(0, "utf8").trim().split("\n");
const columns = header.split(",");
const table = lines.map((line) => line.split(","));
const days = [...new Set(table.map(([day]) => day as string))];
const data: Dataset = {
  inputs: Float64Array.from(table.flatMap((row) => row.slice(3).map(Number))),
  targets: Float64Array.from(table, (row) => Number(row[2])),
  owners: table.map((row) => row[1] as string),
  length: table.length,
};
if (columns.length !== 3 + WIDTH) throw new Error(`${columns.length} columns`);

/** The error of each day, mean over the stations. */
async function errorsOf(algorithm: string, stream: object): Promise<number[]> {
  const scenario = parseScenario({
    ...{ name: "drift", data: { set: "memory" }, partition: "owner", algorithm },
    ...{ peers: new Set(data.owners).size, cycles: days.length, metrics: { points: days.length, peers: 1, rows: 20 } },
    ...{ devices: { speedSigma: 0 }, stream: { drift: "none", ...stream } },
  });
  const { series } = await runExperiment(scenario, {
    crypto: nodeCrypto,
    identityFromSeed: () => {
      throw new Error("no signatures are asked for");
    },
    loadData: async () => ({ train: data, holdout: data, task: TASK }),
  });
  return series.slice(1).map(({ prequential }) => prequential?.mean ?? Number.NaN);
}

/** Days since the change began, of those at which it is on. */
function dayOfChange(day: string): number | undefined {
  const year = Number(day.slice(0, 4)) - (day.slice(5, 7) === "01" ? 1 : 0);
  const since = (Date.parse(day) - Date.parse(`${year}-${CHANGE_BEGINS}`)) / 86_400_000;
  return since >= 0 && since < CHANGE_DAYS ? since : undefined;
}

function told(errors: readonly number[]): string[] {
  const counted = errors
    .map((error, i) => ({ error, since: dayOfChange(days[i] as string), i }))
    .filter(({ i, error }) => i >= WARM_DAYS && !Number.isNaN(error));
  const usual = mean(counted.filter(({ since }) => since === undefined).map(({ error }) => error));
  const changed = Array.from({ length: CHANGE_DAYS }, (_, day) =>
    mean(counted.filter(({ since }) => since === day).map(({ error }) => error)),
  );
  const back = changed.findIndex(
    (_, day) => day > 0 && day <= CHANGE_DAYS - 3 && changed.slice(day, day + 3).every((error) => error <= 1.1 * usual),
  );
  return [
    usual.toFixed(4),
    mean(changed).toFixed(4),
    changed.map((error) => error.toFixed(2)).join(" "),
    back < 0 ? "not in these days" : `${back} days`,
  ];
}

process.stdout.write(
  "| peers | window | error, usual days | error, 22 December to 2 January | day by day | back |\n|---|---|---|---|---|---|\n",
);
for (const window of WINDOWS)
  for (const [name, algorithm, frozen] of [
    ["together", "hearsay", {}],
    ["alone", "local", {}],
    ["frozen", "local", { frozenFrom: 0.125 }],
  ] as const) {
    const row = [name, window, ...told(await errorsOf(algorithm, { window, ...frozen }))];
    process.stdout.write(`| ${row.join(" | ")} |\n`);
  }
