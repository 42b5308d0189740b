/**
 * What learning together is worth where the world changes at once and each peer has few rows: `python3 test/bench/lockdown-data.py 63 18 | node test/bench/seldom.ts`. The change is that of `lockdown.ts`.
 * Here a counter gives one hour in `DAYS_BETWEEN` days, as a person does who counts there now and then, or a sensor that saves its battery: which hour is drawn, with five seeds, and half of the
 * counters begin a day later. The very peers that ship follow these in the simulator, two trainings a day, by the calendar; each row is predicted before it is learned from.
 *
 * Told are the error of usual days (the 21st to the 8th day before), and after how many days the error of four days is within 10 % of it: of the peers' own usual error, and of the least that a peer
 * alone had with any of its windows, rates and inputs. 95 % intervals by Student's t over the seeds of all lockdowns.
 */
import { readFileSync } from "node:fs";
import { mean } from "../../protocol/base/figures.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { estimate } from "../../sim/compare/statistics.ts";
import { predictionsOf } from "./predictions.ts";

const DAY_MS = 86_400_000;
/** Days before and after the change; of those before, the ones that say what is usual; days whose error is taken together. */
const [BEFORE, AFTER] = [63, 18];
const USUAL = { from: -21, to: -7 };
const TOGETHER_DAYS = 4;
const TRAININGS_A_DAY = 2;
const WAVES = [1, 2, 3];
/** Days from one row of a counter to the next; seeds. */
const [DAYS_BETWEEN = 2, SEEDS = 5] = process.argv.slice(2, 4).map(Number);

interface Reading {
  readonly event: string;
  readonly atMs: number;
  readonly counter: string;
  readonly y: number;
  readonly hour: number;
  readonly isWeekend: number;
}

interface Kind {
  readonly name: string;
  readonly algorithm: "hearsay" | "local";
  readonly rate: number;
  /** Whether the last reading of the counter is among the inputs, with its hour. */
  readonly looksBack: boolean;
  readonly stream: Readonly<Record<string, unknown>>;
}

/** Of one lockdown and one seed. */
interface Run {
  readonly event: string;
  readonly usual: number;
  /** Of so many days together, from each day after the change on. */
  readonly errors: readonly number[];
}

const [, ...lines] = readFileSync(0, "utf8").trim().split("\n");
const table = lines.map((line): Reading => {
  const [event = "", when = "", counter = "", , hour, weekend, y] = line.split(",");
  return { event, counter, atMs: Date.parse(when), y: Number(y), hour: Number(hour), isWeekend: Number(weekend) };
});

/** One hour of each counter in so many days. */
function seldom(event: string, seed: number): Reading[] {
  const rows = table.filter((row) => row.event === event);
  const counters = [...new Set(rows.map(({ counter }) => counter))];
  const firstMs = Date.parse(event) - BEFORE * DAY_MS;
  const days = Map.groupBy(rows, ({ counter, atMs }) => `${counter}/${Math.floor((atMs - firstMs) / DAY_MS)}`);
  const drawn = [...days].flatMap(([key, hours]) => {
    const [counter = "", day] = key.split("/");
    if ((Number(day) + counters.indexOf(counter)) % DAYS_BETWEEN !== 0) return [];
    return [hours[createRng(`seldom/${seed}/${key}`).below(hours.length)] as Reading];
  });
  return drawn.toSorted((a, b) => a.atMs - b.atMs);
}

/** The time of a day as points on circles. */
function circles(hour: number, waves: readonly number[]): number[] {
  return waves.flatMap((wave) => {
    const angle = (2 * Math.PI * wave * hour) / 24;
    return [Math.cos(angle), Math.sin(angle)];
  });
}

/** Of the logarithms of counts, about. */
const [LEVEL, SPREAD] = [4.7, 2];

function dataOf(rows: readonly Reading[], looksBack: boolean): Dataset {
  const last = new Map<string, Reading>();
  const inputs = rows.map((row) => {
    const { hour, isWeekend, counter } = row;
    const past = last.get(counter) ?? row;
    last.set(counter, row);
    const of = [isWeekend, ...circles(hour, WAVES), ...circles(hour, [1]).map((point) => point * isWeekend)];
    const isFirst = past === row;
    const before = [isFirst ? 0 : (past.y - LEVEL) / SPREAD, past.isWeekend, ...circles(past.hour, WAVES)];
    return looksBack ? [...of, ...before] : of;
  });
  return {
    inputs: Float64Array.from(inputs.flat()),
    targets: Float64Array.from(rows, ({ y }) => y),
    owners: rows.map(({ counter }) => counter),
    times: rows.map(({ atMs }) => atMs),
    length: rows.length,
  };
}

function taskOf(width: number, learningRate: number) {
  return {
    name: "walkers",
    input: { shape: [width] },
    output: { kind: "regression", targets: ["y"], mean: LEVEL, std: SPREAD },
    model: { kind: "softmax" },
    training: { learningRate, steps: 10, batch: 8 },
    aggregation: { rule: "guarded-median", quorum: 3 },
  };
}

async function run({ algorithm, rate, looksBack, stream }: Kind, event: string, seed: number): Promise<Run> {
  const rows = seldom(event, seed);
  const data = dataOf(rows, looksBack);
  const { times = [], owners = [], inputs } = data;
  const days = ((times.at(-1) as number) - (times[0] as number)) / DAY_MS;
  const scenario = {
    ...{ name: "seldom", algorithm, seed, cycles: Math.round(days * TRAININGS_A_DAY) },
    ...{ devices: { speedSigma: 0, cycleSeconds: 10 }, stream: { drift: "none", ...stream } },
  };
  const told = await predictionsOf(scenario, taskOf(inputs.length / data.length, rate), data);
  const squares = new Map<number, number[]>();
  for (const [i, counter] of [...new Set(owners)].entries()) {
    const own = rows.filter((row) => row.counter === counter);
    for (const [k, guess] of (told[i] ?? []).entries()) {
      const { atMs, y } = own[k] as Reading;
      const day = Math.floor((atMs - Date.parse(event)) / DAY_MS);
      squares.set(day, [...(squares.get(day) ?? []), (guess - y) ** 2]);
    }
  }
  const over = (from: number, count: number) =>
    Math.sqrt(mean(Array.from({ length: count }, (_, i) => squares.get(from + i) ?? []).flat()));
  const errors = Array.from({ length: AFTER - TOGETHER_DAYS + 1 }, (_, day) => over(day, TOGETHER_DAYS));
  return { event, usual: over(USUAL.from, USUAL.to - USUAL.from), errors };
}

/** The first day from which on the errors are within 10 % of a level; the number of days that were looked at where none is. */
function backTo(level: number, { errors }: Run): number {
  const first = errors.findIndex((error) => error <= 1.1 * level);
  return first < 0 ? errors.length : first;
}

function interval(values: readonly number[], digits: number): string {
  const { mean: centre, halfWidth = 0 } = estimate(values);
  return `${centre.toFixed(digits)} ± ${halfWidth.toFixed(digits)}`;
}

/** Where some were not back in the days that were looked at, the mean is higher than what is told. */
function daysText(days: readonly number[]): string {
  return `${days.includes(AFTER - TOGETHER_DAYS + 1) ? "over " : ""}${interval(days, 1)}`;
}

function kinds(): Kind[] {
  const alone = [0.01, 0.03].flatMap((rate) =>
    [true, false].flatMap((looksBack) =>
      [2, 28].map((rows) => ({
        ...{ name: `alone, last:${rows}, rate ${rate}${looksBack ? "" : ", own hour only"}`, rate, looksBack },
        ...{ algorithm: "local" as const, stream: { window: `last:${rows}` } },
      })),
    ),
  );
  const usual = { rate: 0.03, looksBack: true, algorithm: "local" } as const;
  return [
    { ...usual, algorithm: "hearsay", name: "together, last:2", stream: { window: "last:2" } },
    ...alone,
    { ...usual, name: "frozen, last:28", stream: { window: "last:28", frozenFrom: BEFORE / (BEFORE + AFTER) } },
  ];
}

const events = [...new Set(table.map(({ event }) => event))];
const found = new Map<string, Run[]>();
for (const kind of kinds()) {
  const runs: Run[] = [];
  for (const event of events) for (let seed = 1; seed <= SEEDS; seed++) runs.push(await run(kind, event, seed));
  found.set(kind.name, runs);
}
const alone = [...found].filter(([name]) => name.startsWith("alone")).map(([, runs]) => runs);
const bars = events.map((event) =>
  Math.min(...alone.map((runs) => mean(runs.filter((one) => one.event === event).map(({ usual }) => usual)))),
);
process.stdout.write(
  `| peers | error, usual days | back to its own after days | back to ${bars.map((bar) => bar.toFixed(2)).join(", ")} after days | of each lockdown |\n|---|---|---|---|---|\n`,
);
for (const [name, runs] of found) {
  const common = runs.map((one) => backTo(bars[events.indexOf(one.event)] as number, one));
  const cells = [
    name,
    interval(
      runs.map(({ usual }) => usual),
      2,
    ),
    daysText(runs.map((one) => backTo(one.usual, one))),
    daysText(common),
    events.map((event) => mean(common.filter((_, i) => runs[i]?.event === event)).toFixed(1)).join(", "),
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
