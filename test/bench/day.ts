/**
 * What a budget of a day buys on real sockets. Peers of one network, each in a process of its own, learn digits under `--budget`, and every process counts the bytes of
 * all its sockets ten times a second. If one ever has more than its bucket, the benchmark fails.
 *
 * A day is too long to wait for. So **the bytes of a day are spent in a minute** where that is possible (1 and 20 MB): the budget is `1MB/minute`, and merges are as many as the
 * bytes pay for. What takes its own time does not scale: training, pings, handshakes, and what the plan does where merges are rarer than two an hour (protocol/traffic/README.md).
 * 1 GB cannot be spent in a minute. There a minute of the real pace is measured, after the first ones, and multiplied; the accuracy is that after this minute.
 * That is measured of a bound of 1 GB, and of the default, which plans with 1 GB and enforces nothing: there is no bucket, and headers of packets are not counted.
 *
 * `HEARSAY_BENCH_DAY_SECONDS=5` tries it: a window of 5 s, and no more than that before it. Its figures say nothing.
 */
import { once } from "node:events";
import { join } from "node:path";
import { loadNamedSet } from "../../node/data/sets.ts";
import { linkBudgets } from "../../node/settings/budget.ts";
import { DEFAULTS } from "../../node/settings/table.ts";
import { rateOf } from "../../protocol/traffic/bucket.ts";
import { killMetered, type Metered, overspent, startMetered } from "../support/metered.ts";
import { EVALUATE, type Sample } from "../support/process-metered.ts";
import type { Benchmark, Row } from "./benchmark.ts";
import { figure, sleep, sum } from "./statistics.ts";

const PEERS = 4;
const DAY_S = 86_400;
const TRIED_S = Number(process.env.HEARSAY_BENCH_DAY_SECONDS ?? 0);
const WINDOW_S = TRIED_S || 60;

interface Day {
  readonly what: string;
  readonly budget: string;
  readonly minCycleMs: number;
  /** How many of its windows are a day. */
  readonly times: number;
  /** Left out before the window, s: a peer is quick while its bucket is full, for some minutes (protocol/traffic/thrift.ts). */
  readonly warmUpS: number;
}

const SPENT_IN_A_MINUTE: readonly Day[] = [
  { what: "1 MB a day, spent in a minute", budget: "1MB/minute", minCycleMs: 100, times: 1, warmUpS: 0 },
  { what: "20 MB a day, spent in a minute", budget: "20MB/minute", minCycleMs: 100, times: 1, warmUpS: 0 },
];
const REAL_PACE: readonly Day[] = [
  ["1 GB a day, a minute of it", "1GB/day"],
  [`${DEFAULTS.budget}, the default, a minute of it`, String(DEFAULTS.budget)],
].map(([what = "", budget = ""]) => ({
  ...{ what, budget, minCycleMs: DEFAULTS.minCycleMs },
  ...{ times: DAY_S / WINDOW_S, warmUpS: TRIED_S || 240 },
}));

export const benchmark: Benchmark = {
  title: `what a day's budget of bytes buys on real sockets (${PEERS} processes, digits, Dirichlet 0.5, int8)`,
  async run(scratch) {
    const beside = Promise.all(REAL_PACE.map((day, i) => rowOf(day, join(scratch, `real-pace-${i}`)))); // a cycle a second costs little
    beside.catch(() => {}); // waited for below
    const rows: Row[] = [];
    for (const day of SPENT_IN_A_MINUTE) rows.push(await rowOf(day, join(scratch, day.budget.replace("/", "-"))));
    rows.push(...(await beside));
    const held =
      "at every look, ten in a second, each process had moved less than its bucket held, by Node's counters of its sockets";
    return {
      rows,
      notes: [
        held,
        "megabytesADay: in and out, without headers of packets; ofBudgetMegabytes: with them, where a bound counts them",
      ],
    };
  },
};

/** @throws Error where a bucket did not hold. */
async function rowOf({ what, budget, minCycleMs, times, warmUpS }: Day, scratch: string): Promise<Row> {
  const peers = await startAll(scratch, budget, minCycleMs);
  try {
    await sleep(1000 * warmUpS);
    const before = warmUpS === 0 ? undefined : peers.map(({ samples }) => samples.at(-1) as Sample);
    await sleep(1000 * WINDOW_S);
    const after = await Promise.all(peers.map(evaluated));
    const isBound = refuseOverspent(what, budget, peers);
    const total = (of: (sample: Sample) => number) => sum(after.map(of)) - sum((before ?? []).map(of));
    const accuracies = after.map(({ accuracy = 0 }) => 100 * accuracy);
    return {
      what,
      accuracyPercent: figure(sum(accuracies) / PEERS),
      worstPercent: figure(Math.min(...accuracies)),
      megabytesADay: figure((times * total(({ socketBytes }) => socketBytes)) / PEERS / 1e6),
      ...(isBound && { ofBudgetMegabytes: figure((times * total(({ spentBytes }) => spentBytes)) / PEERS / 1e6) }),
      merges: Math.round(total(({ merges }) => merges) / PEERS),
    };
  } finally {
    await Promise.all(peers.map(killMetered));
  }
}

/** False where the budget is planned with and no bound. @throws Error where a bucket did not hold. */
function refuseOverspent(what: string, budget: string, peers: readonly Metered[]): boolean {
  const [{ limit, isPlanned } = { limit: undefined }] = linkBudgets(budget);
  if (limit === undefined || isPlanned) return false;
  for (const { samples, startedMs } of peers) {
    const fault = overspent(samples, rateOf(limit), { sinceMs: startedMs });
    if (fault !== undefined) throw new Error(`${what}: the bucket did not hold: ${fault}`);
  }
  return true;
}

async function startAll(scratch: string, budget: string, minCycleMs: number): Promise<Metered[]> {
  const { task } = await loadNamedSet("digits");
  const source = { ...task, codec: "int8", aggregation: { inboxSize: PEERS - 1, quorum: 2 } };
  const peers: Metered[] = [];
  for (let i = 0; i < PEERS; i++) {
    const bootstrap = peers.slice(0, 1).flatMap(({ samples }) => samples[0]?.addresses.slice(0, 1) ?? []);
    const data = {
      ...DEFAULTS.data,
      dataset: "digits",
      partition: "dirichlet:0.5",
      share: `${i + 1}/${PEERS}`,
    } as const;
    const stateDir = join(scratch, String(i));
    peers.push(await startMetered({ stateDir, task: source, data, bootstrap, budget, minCycleMs }));
  }
  return peers;
}

async function evaluated({ child, samples }: Metered): Promise<Sample> {
  child.send(EVALUATE);
  for (;;) {
    const found = samples.find(({ accuracy }) => accuracy !== undefined);
    if (found !== undefined) return found;
    await once(child, "message");
  }
}
