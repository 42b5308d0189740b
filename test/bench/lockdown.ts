/**
 * What learning together is worth where the world changes at once and for weeks: `python3 test/bench/lockdown-data.py | node test/bench/lockdown.ts`. The very peers that ship follow 18 counters of
 * people in the simulator, a training an hour, by the calendar; each hour is predicted before it is learned from.
 *
 * The change is a lockdown, at all counters in one night: a tenth of the people, at other hours. Told are the error of usual days (the 21st to the 8th day before), that of the first days as a share
 * of it, and after how many days it is within 10 % of it for three days in a row.
 */
import { readFileSync } from "node:fs";
import { mean } from "../../protocol/base/figures.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { predictionsOf } from "./predictions.ts";

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
/** Days before and after the change that are followed; of those before, the ones that say what is usual. */
const [BEFORE, AFTER] = [28, 12];
const USUAL = { from: -21, to: -7 };
const SHOWN_DAYS = 8;
/** An input for each hour of the day, and one more where the day is of a weekend. */
const WIDTH = 48;
/** Kinds of peers whose name begins so, and the first days of lockdowns: all where nothing is named. */
const [ONLY = "", ...EVENTS] = process.argv.slice(2);

const TASK = {
  name: "walkers",
  input: { shape: [WIDTH] },
  output: { kind: "regression", targets: ["y"], mean: 0, std: 1.5 },
  model: { kind: "softmax" },
  training: { learningRate: 0.3, steps: 60, batch: 24 },
  aggregation: { rule: "guarded-median", quorum: 3 },
};

interface Row {
  readonly event: string;
  readonly atMs: number;
  readonly counter: string;
  readonly y: number;
  readonly cells: readonly number[];
}

interface Kind {
  readonly name: string;
  readonly algorithm: string;
  readonly stream: Readonly<Record<string, unknown>>;
  readonly isFrozen?: boolean;
}

const [, ...lines] = readFileSync(0, "utf8").trim().split("\n");
const table = lines.map((line): Row => {
  const [event = "", when = "", counter = "", y, hour, weekend] = line.split(",");
  const cells = [Number(hour), ...(weekend === "1" ? [24 + Number(hour)] : [])];
  return { event, atMs: Date.parse(when), counter, y: Number(y), cells };
});

function dataOf(rows: readonly Row[]): Dataset {
  const inputs = new Float64Array(WIDTH * rows.length);
  for (const [i, { cells }] of rows.entries()) for (const cell of cells) inputs[i * WIDTH + cell] = 1;
  return {
    inputs,
    targets: Float64Array.from(rows, ({ y }) => y),
    owners: rows.map(({ counter }) => counter),
    times: rows.map(({ atMs }) => atMs),
    length: rows.length,
  };
}

/** What each peer predicted of its rows, in their order. */
function predictedBy({ algorithm, stream, isFrozen }: Kind, data: Dataset): Promise<number[][]> {
  const { times = [] } = data;
  const hours = ((times.at(-1) as number) - (times[0] as number)) / HOUR_MS;
  const scenario = {
    ...{ name: "lockdown", algorithm, cycles: Math.round(hours), devices: { speedSigma: 0, cycleSeconds: 10 } },
    // a raised rate holds for a day
    stream: { drift: "none", driftSeconds: 240, ...stream, ...(isFrozen && { frozenFrom: BEFORE / (BEFORE + AFTER) }) },
  };
  return predictionsOf(scenario, TASK, data);
}

/** Root of the mean squared error of each day, mean over the counters; by days since the change. */
async function errorsOf(kind: Kind, event: string): Promise<(day: number) => number> {
  const changeMs = Date.parse(event);
  const rows = table.filter(
    (row) => row.event === event && row.atMs >= changeMs - BEFORE * DAY_MS && row.atMs < changeMs + AFTER * DAY_MS,
  );
  const told = await predictedBy(kind, dataOf(rows));
  const squares = new Map<string, number[]>();
  for (const [i, counter] of [...new Set(rows.map((row) => row.counter))].entries()) {
    const own = rows.filter((row) => row.counter === counter);
    for (const [k, guess] of (told[i] ?? []).entries()) {
      const { atMs, y } = own[k] as Row;
      const key = `${Math.floor((atMs - changeMs) / DAY_MS)}/${counter}`;
      squares.set(key, [...(squares.get(key) ?? []), (guess - y) ** 2]);
    }
  }
  const ofDay = new Map<number, number[]>();
  for (const [key, errors] of squares) {
    const day = Number(key.split("/")[0]);
    ofDay.set(day, [...(ofDay.get(day) ?? []), Math.sqrt(mean(errors))]);
  }
  return (day) => mean(ofDay.get(day) ?? [Number.NaN]);
}

async function told(kind: Kind, events: readonly string[]): Promise<string[]> {
  const found = [];
  for (const event of events) found.push(await errorsOf(kind, event));
  const usual = found.map((error) =>
    mean(Array.from({ length: USUAL.to - USUAL.from }, (_, i) => error(USUAL.from + i))),
  );
  const shares = found.map((error, i) => Array.from({ length: AFTER }, (_, day) => error(day) / (usual[i] as number)));
  const back = shares.map((days) => {
    const first = days.findIndex(
      (_, day) => day + 3 <= AFTER && days.slice(day, day + 3).every((share) => share <= 1.1),
    );
    return first < 0 ? `over ${AFTER - 3}` : String(first);
  });
  return [
    mean(usual).toFixed(2),
    Array.from({ length: SHOWN_DAYS }, (_, day) => mean(shares.map((days) => days[day] as number)).toFixed(1)).join(
      " ",
    ),
    back.join(", "),
  ];
}

const week = { window: "last:168" };
const KINDS: readonly Kind[] = [
  ...["last:24", "last:48", "last:168", "last:336"].map((window) => ({
    ...{ name: `alone, ${window}`, algorithm: "local", stream: { window } },
  })),
  { name: "frozen, last:168", algorithm: "local", stream: week, isFrozen: true },
  ...["adwin", "page-hinkley"].flatMap((drift) =>
    ["rate", "window"].map((onDrift) => ({
      ...{ name: `alone, last:168, ${drift}: ${onDrift}`, algorithm: "local", stream: { ...week, drift, onDrift } },
    })),
  ),
  ...["last:24", "last:168"].map((window) => ({
    ...{ name: `together, ${window}`, algorithm: "hearsay", stream: { window } },
  })),
  {
    ...{ name: "together, last:168, page-hinkley: window", algorithm: "hearsay" },
    stream: { ...week, drift: "page-hinkley", onDrift: "window" },
  },
];

process.stdout.write("| peers | error, usual days | first days, of that | back after days |\n|---|---|---|---|\n");
const events = [...new Set(table.map(({ event }) => event))].filter(
  (event) => EVENTS.length === 0 || EVENTS.includes(event),
);
for (const kind of KINDS.filter(({ name }) => name.startsWith(ONLY)))
  process.stdout.write(`| ${[kind.name, ...(await told(kind, events))].join(" | ")} |\n`);
