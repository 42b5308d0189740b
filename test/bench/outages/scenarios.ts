/** The bad days of bench:outages, and what is measured of each. */
import type { Task } from "../../../protocol/base/task.ts";
import { median, sleep } from "../statistics.ts";
import type { Machine, Network } from "./network.ts";
import type { Seen } from "./orders.ts";
import { type Records, type Spread, secondsToAgree, secondsToMerge, spreadNow } from "./record.ts";

/** What goes wrong: `break`, then `mend` after `seconds`. */
interface Scenario {
  readonly about: string;
  readonly seconds: number;
  break(network: Network): void | Promise<void>;
  mend(network: Network): void;
  /** Peers on one side; the others are on the other. */
  readonly side: (peers: number) => readonly number[];
  /** Whether the peers of that side run meanwhile. */
  readonly runs: boolean;
}

/** Not the bootstrap peer, which is the first. */
const ONE = 2;
const firstHalf = (peers: number) => Array.from({ length: Math.ceil(peers / 2) }, (_, i) => i);
const one = () => [ONE];
const victim = ({ machines }: Network) => machines[ONE] as Machine;

function partition(seconds: number): Scenario {
  return {
    about: `halves cut off from each other for ${seconds} s`,
    seconds,
    break: (network) => network.cut(),
    mend: (network) => network.heal(),
    side: firstHalf,
    runs: true,
  };
}

function kill(seconds: number): Scenario {
  return {
    about: `one killed, and started again after ${seconds} s`,
    seconds,
    break: (network) => victim(network).end("SIGKILL"),
    mend: (network) => victim(network).start(),
    side: one,
    runs: false,
  };
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "partition-60": partition(60),
  "partition-280": partition(280),
  cable: {
    about: "one cable pulled for 60 s",
    seconds: 60,
    break: (network) => victim(network).unplug(),
    mend: (network) => victim(network).plug(),
    side: one,
    runs: true,
  },
  address: {
    about: "one gets another address",
    seconds: 0,
    break: () => {},
    mend: (network) => victim(network).readdress(),
    side: one,
    runs: true,
  },
  "kill-5": kill(5),
  "kill-60": kill(60),
};

/** What happened when; figures are made of it when the peers have ended and their logs can be read. */
export interface Happened {
  readonly name: string;
  readonly scenario: Scenario;
  readonly fromMs: number;
  readonly brokenMs: number;
  readonly mendedMs: number;
  readonly untilMs: number;
}

const WATCH_BEFORE_MS = 20_000;
const WATCH_AFTER_MS = 60_000;
/** Of halves. */
const WATCH_LONG_AFTER_MS = 100_000;
/** Of these, the last, in which models agree again if they ever do. */
const AT_REST_MS = 20_000;
const SAMPLE_EVERY_MS = 1_000;

/** Samples of the spread until the returned function is called. */
export function watchSpread({ machines }: Network, task: Task, into: Spread[]): () => void {
  const files = machines.map(({ modelFile }) => modelFile);
  const timer = setInterval(() => {
    spreadNow(files, task).then(
      (sample) => void into.push(sample),
      () => {}, // somebody has no model yet
    );
  }, SAMPLE_EVERY_MS);
  return () => clearInterval(timer);
}

/** Lets one scenario happen, with some time before and after it. */
export async function happen(network: Network, name: string): Promise<Happened> {
  const scenario = SCENARIOS[name] as Scenario;
  const { length } = network.machines;
  const fromMs = Date.now();
  await sleep(WATCH_BEFORE_MS);
  const brokenMs = Date.now();
  await scenario.break(network);
  await sleep(1000 * scenario.seconds);
  const mendedMs = Date.now();
  scenario.mend(network);
  await sleep(length > 2 * scenario.side(length).length ? WATCH_AFTER_MS : WATCH_LONG_AFTER_MS);
  return { name, scenario, fromMs, brokenMs, mendedMs, untilMs: Date.now() };
}

/** Seconds; null: not in the time that was watched. */
export interface Outcome {
  readonly name: string;
  readonly about: string;
  /** From the break until all count the neighbours that they have, for good. */
  readonly noticed: number | null;
  /** From the mend until the first has merged a model published since by the other side, and until each of the smaller side has, and until one of the others has. */
  readonly firstMerge: number | null;
  readonly sideMerged: number | null;
  readonly othersMerged: number | null;
  /** From the mend until all count all others again, for good. */
  readonly counted: number | null;
  /** From the mend until models lie no further apart than 1.2 times as far as before the break, for good. */
  readonly agreed: number | null;
  /** The same, than they would at that time without the break (record.ts), which learning makes ever less. */
  readonly agreedAsAtRest: number | null;
  /** Of the whole time, the median of the peers: fewer than the pace allows where the machine has no time for them. */
  readonly cyclesPerSecond: number;
  readonly spread: { readonly before: number; readonly most: number; readonly after: number };
}

const AGREE = 1.2;

export function outcomeOf(
  happened: Happened,
  { machines }: Network,
  records: Records,
  spreads: readonly Spread[],
): Outcome {
  const { name, scenario, fromMs, brokenMs, mendedMs, untilMs } = happened;
  const all = machines.map((_, i) => i);
  const side = scenario.side(all.length);
  const others = all.filter((i) => !side.includes(i));
  const merged = (into: readonly number[], of: readonly number[]) =>
    into.map((i) => secondsToMerge(records, i, of, mendedMs, untilMs) ?? Number.POSITIVE_INFINITY);
  const [ofSide, ofOthers] = [merged(side, others), merged(others, side)];

  const cutOff = (i: number) => (side.includes(i) ? (scenario.runs ? side.length : 0) : others.length) - 1;
  const noticed = untilTrue(
    machines,
    (i) => (scenario.runs || !side.includes(i) ? cutOff(i) : undefined),
    brokenMs,
    mendedMs,
  );
  const counted = untilTrue(machines, () => all.length - 1, mendedMs, untilMs);

  const within = (from: number, to: number) =>
    spreads.filter(({ atMs }) => atMs >= from && atMs < to).map(({ spread }) => spread);
  const undisturbed = {
    ...{ beforeMs: (fromMs + brokenMs) / 2, before: median(within(fromMs, brokenMs)) },
    ...{ afterMs: untilMs - AT_REST_MS / 2, after: median(within(untilMs - AT_REST_MS, untilMs)) },
  };
  const watched = spreads.filter(({ atMs }) => atMs < untilMs);
  const agreed = (after: number) => secondsToAgree(watched, { ...undisturbed, after }, AGREE, mendedMs);
  return {
    name,
    about: scenario.about,
    noticed: scenario.seconds === 0 ? null : finite(noticed),
    firstMerge: finite(Math.min(...ofSide, ...ofOthers)),
    sideMerged: finite(Math.max(...ofSide)),
    othersMerged: finite(Math.max(...ofOthers)),
    counted: finite(counted),
    agreed: finite(agreed(undisturbed.before) ?? Number.POSITIVE_INFINITY),
    agreedAsAtRest: finite(agreed(undisturbed.after) ?? Number.POSITIVE_INFINITY),
    cyclesPerSecond: digits(
      median(machines.map(({ seen }) => paceOf(seen.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs)))),
    ),
    spread: {
      before: digits(undisturbed.before),
      most: digits(Math.max(...within(brokenMs, untilMs))),
      after: digits(undisturbed.after),
    },
  };
}

/** Seconds until the last count that was wrong; infinite where the last of all was. */
function untilTrue(
  machines: readonly Machine[],
  expected: (i: number) => number | undefined,
  fromMs: number,
  toMs: number,
): number {
  const lastWrong = machines.map(({ seen }, i) => {
    const count = expected(i);
    if (count === undefined) return fromMs;
    const here = seen.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const wrong = here.findLast(({ neighbours }: Seen) => neighbours !== count);
    return wrong === undefined ? fromMs : wrong === here.at(-1) ? Number.POSITIVE_INFINITY : wrong.atMs;
  });
  return (Math.max(...lastWrong) - fromMs) / 1000;
}

function paceOf(seen: readonly Seen[]): number {
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || first === last) return Number.NaN;
  return (1000 * (last.cycle - first.cycle)) / (last.atMs - first.atMs);
}

function finite(seconds: number): number | null {
  return Number.isFinite(seconds) ? Math.round(10 * seconds) / 10 : null;
}

function digits(value: number): number {
  return Number(value.toPrecision(3));
}
