/**
 * What learning together is worth where the world changes at once and each peer has few rows: `python3 test/bench/lockdown-data.py 63 35 | node test/bench/seldom.ts`. The change is that of `lockdown.ts`,
 * followed for as long as it lasted, or as there are rows.
 * Here a counter gives one hour in `DAYS_BETWEEN` days, as a person does who counts there now and then, or a sensor that saves its battery: which hour is drawn, with five seeds, and half of the
 * counters begin a day later. The very peers that ship follow these in the simulator, two trainings a day, by the calendar; each row is predicted before it is learned from.
 *
 * A counter is forecast in one of two ways: the logarithm itself ("count"), or how far it is from the counter's own mean of the four weeks before the first row ("level"), which each site knows of itself.
 *
 * Told are the error of usual days (the 21st to the 8th day before), and after how many days the error of four days is within 10 % of it: of the peers' own usual error, and of the least that a peer
 * alone had with any of its windows, rates and inputs. 95 % intervals by Student's t over the seeds of all lockdowns. The goal is a quarter of the time of the quickest peer alone: the last line
 * tells four times the days together, less the days of that peer, run by run.
 */
import { readFileSync } from "node:fs";
import { mean } from "../../protocol/base/figures.ts";
import { createRng } from "../../protocol/base/rng.ts";
import type { Dataset } from "../../protocol/learn/data/dataset.ts";
import { estimate } from "../../sim/compare/statistics.ts";
import { predictionsOf } from "./predictions.ts";

const DAY_MS = 86_400_000;
/** Days before the change; of those, the ones that say what is usual; days whose error is taken together. */
const BEFORE = 63;
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
  /** Logarithm of the count; over the counter's own mean of before. */
  readonly count: number;
  readonly level: number;
  readonly hour: number;
  readonly isWeekend: number;
}

interface Kind {
  readonly name: string;
  readonly algorithm: "hearsay" | "local";
  readonly rate: number;
  readonly target: "count" | "level";
  /** What of the model stays with each counter (protocol/learn/personal/). */
  readonly personal?: string;
  /** Whether the last reading of the counter is among the inputs, with its hour. */
  readonly looksBack: boolean;
  readonly stream: Readonly<Record<string, unknown>>;
  readonly isFrozen?: boolean;
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
  const [event = "", when = "", counter = "", level, hour, weekend, count] = line.split(",");
  const figures = { count: Number(count), level: Number(level), hour: Number(hour), isWeekend: Number(weekend) };
  return { event, counter, atMs: Date.parse(when), ...figures };
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

/** Of the targets, about. */
const LEVEL = { count: 4.7, level: 0 };
const SPREAD = 2;

function dataOf(rows: readonly Reading[], { target, looksBack }: Kind): Dataset {
  const last = new Map<string, Reading>();
  const inputs = rows.map((row) => {
    const { hour, isWeekend, counter } = row;
    const past = last.get(counter) ?? row;
    last.set(counter, row);
    const of = [isWeekend, ...circles(hour, WAVES), ...circles(hour, [1]).map((point) => point * isWeekend)];
    const isFirst = past === row;
    const before = [
      isFirst ? 0 : (past[target] - LEVEL[target]) / SPREAD,
      past.isWeekend,
      ...circles(past.hour, WAVES),
    ];
    return looksBack ? [...of, ...before] : of;
  });
  return {
    inputs: Float64Array.from(inputs.flat()),
    targets: Float64Array.from(rows, (row) => row[target]),
    owners: rows.map(({ counter }) => counter),
    times: rows.map(({ atMs }) => atMs),
    length: rows.length,
  };
}

function taskOf(width: number, { rate, target, personal }: Kind) {
  return {
    name: "walkers",
    input: { shape: [width] },
    output: { kind: "regression", targets: ["y"], mean: LEVEL[target], std: SPREAD },
    model: { kind: "softmax" },
    training: { learningRate: rate, steps: 10, batch: 8 },
    aggregation: { rule: "guarded-median", quorum: 3 },
    ...(personal !== undefined && { personal: { method: personal } }),
  };
}

async function run(kind: Kind, event: string, seed: number): Promise<Run> {
  const { algorithm, target, stream, isFrozen } = kind;
  const rows = seldom(event, seed);
  const data = dataOf(rows, kind);
  const { times = [], owners = [], inputs } = data;
  const [changeMs, fromMs, toMs] = [Date.parse(event), times[0] as number, times.at(-1) as number];
  const days = (toMs - fromMs) / DAY_MS;
  const frozen = isFrozen === true ? { frozenFrom: (changeMs - fromMs) / (toMs - fromMs) } : {};
  const scenario = {
    ...{ name: "seldom", algorithm, seed, cycles: Math.round(days * TRAININGS_A_DAY) },
    ...{ devices: { speedSigma: 0, cycleSeconds: 10 }, stream: { drift: "none", ...stream, ...frozen } },
  };
  const told = await predictionsOf(scenario, taskOf(inputs.length / data.length, kind), data);
  const squares = new Map<number, number[]>();
  for (const [i, counter] of [...new Set(owners)].entries()) {
    const own = rows.filter((row) => row.counter === counter);
    for (const [k, guess] of (told[i] ?? []).entries()) {
      const { atMs, [target]: y } = own[k] as Reading;
      const day = Math.floor((atMs - changeMs) / DAY_MS);
      squares.set(day, [...(squares.get(day) ?? []), (guess - y) ** 2]);
    }
  }
  const over = (from: number, count: number) =>
    Math.sqrt(mean(Array.from({ length: count }, (_, i) => squares.get(from + i) ?? []).flat()));
  const after = Math.max(
    ...table.filter((row) => row.event === event).map(({ atMs }) => 1 + Math.floor((atMs - changeMs) / DAY_MS)),
  );
  const errors = Array.from({ length: after - TOGETHER_DAYS + 1 }, (_, day) => over(day, TOGETHER_DAYS));
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

/** Days of each run; where some were not back in the days that were looked at, the mean is higher than what is told. */
function daysText(runs: readonly Run[], days: readonly number[]): string {
  const isOver = runs.some(({ errors }, i) => days[i] === errors.length);
  return `${isOver ? "over " : ""}${interval(days, 1)}`;
}

/** What differs from one kind to another, beside who learns. */
type Choice = Pick<Kind, "rate" | "target" | "looksBack" | "personal"> & { readonly rows: number };

/** Every peer alone, and together with fewer choices: a run of those takes ten times as long. */
function kinds(): Kind[] {
  const rates = [0.01, 0.03];
  const byCount = rates.flatMap((rate) =>
    [true, false].flatMap((looksBack) => [2, 28].map((rows): Choice => ({ rate, looksBack, rows, target: "count" }))),
  );
  const byLevel = [{}, { personal: "offset" }].flatMap((personal) =>
    rates.flatMap((rate) =>
      [2, 4, 28].map((rows): Choice => ({ rate, looksBack: false, rows, target: "level", ...personal })),
    ),
  );
  const alone = [...byCount, ...byLevel];
  const together = alone.filter(
    ({ target, rows, looksBack, rate }) => rows === 2 && rate === 0.03 && looksBack === (target === "count"),
  );
  const frozen = alone.filter(
    ({ rate, rows, looksBack, personal }) => rate === 0.03 && rows === 28 && !looksBack && personal === undefined,
  );
  return [
    ...together.map((one) => ({ ...one, who: "together", algorithm: "hearsay" as const })),
    ...alone.map((one) => ({ ...one, who: "alone", algorithm: "local" as const })),
    ...frozen.map((one) => ({ ...one, who: "frozen", algorithm: "local" as const, isFrozen: true })),
  ].map((one) => ({ ...one, name: nameOf(one), stream: { window: `last:${one.rows}` } }));
}

function nameOf({ who, target, rows, rate, looksBack, personal }: Choice & { readonly who: string }): string {
  const further = `${looksBack ? ", last reading" : ""}${personal === undefined ? "" : `, ${personal}`}`;
  return `${who}, ${target}, last:${rows}, rate ${rate}${further}`;
}

/** Of each kind, its runs in the order of lockdowns and seeds. */
async function follow(events: readonly string[]): Promise<Map<string, Run[]>> {
  const found = new Map<string, Run[]>();
  for (const kind of kinds()) {
    const runs: Run[] = [];
    for (const event of events) for (let seed = 1; seed <= SEEDS; seed++) runs.push(await run(kind, event, seed));
    found.set(kind.name, runs);
    process.stderr.write(`${kind.name}\n`);
  }
  return found;
}

const events = [...new Set(table.map(({ event }) => event))];
const found = await follow(events);
const alone = [...found].filter(([name]) => name.startsWith("alone")).map(([, runs]) => runs);
const bars = events.map((event) =>
  Math.min(...alone.map((runs) => mean(runs.filter((one) => one.event === event).map(({ usual }) => usual)))),
);
const toOwn = (runs: readonly Run[]) => runs.map((one) => backTo(one.usual, one));
const toBest = (runs: readonly Run[]) => runs.map((one) => backTo(bars[events.indexOf(one.event)] as number, one));

const levels = bars.map((bar) => bar.toFixed(2)).join(", ");
process.stdout.write(
  `| peers | error, usual days | back to its own after days | back to ${levels} after days | of each lockdown |\n|---|---|---|---|---|\n`,
);
for (const [name, runs] of found) {
  const [usual, days] = [runs.map((one) => one.usual), toBest(runs)];
  const each = events.map((event) => mean(days.filter((_, i) => runs[i]?.event === event)).toFixed(1)).join(", ");
  const cells = [name, interval(usual, 2), daysText(runs, toOwn(runs)), daysText(runs, days), each];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}

/** Below nothing, with its interval, where a quarter of the time is enough. */
for (const [to, level] of [
  [toOwn, "its own level"],
  [toBest, "the best level of a peer alone"],
] as const) {
  const quickest = (who: string) =>
    [...found]
      .filter(([name]) => name.startsWith(who))
      .map(([name, runs]) => ({ name, days: to(runs) }))
      .reduce((best, one) => (mean(one.days) < mean(best.days) ? one : best));
  const [one, other] = [quickest("together"), quickest("alone")];
  const differences = one.days.map((days, i) => 4 * days - (other.days[i] as number));
  process.stdout.write(
    `\nTo ${level}: ${one.name} ${(mean(one.days) / mean(other.days)).toFixed(2)} of the time of ${other.name}; four times its days less those of the other: ${interval(differences, 1)}\n`,
  );
}
