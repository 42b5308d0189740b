/** Metrics of other peers and of the links to them: who is here, who is silent, what was refused, what passed and what may still pass. */
import { ERROR_CODES } from "../../protocol/base/errors.ts";
import { PLACE_KINDS } from "../net/address-scope.ts";
import { TURNINGS } from "../net/turned-away.ts";
import { by, type Metric, type Sample } from "./metric.ts";

const OF_THE_BUDGET = "a line of the setting budget";
const DIRECTIONS = ["in", "out"];

export const NETWORK: readonly Metric[] = [
  {
    name: "hearsay_neighbours",
    kind: "gauge",
    help: "connected peers that have answered on this task",
    read: ({ status }) => status.neighbours,
  },
  {
    name: "hearsay_connections",
    kind: "gauge",
    help: "open connections, by where they lead and who dialled",
    labels: { kind: PLACE_KINDS, direction: DIRECTIONS },
    read: ({ connections }) =>
      PLACE_KINDS.flatMap((kind) =>
        DIRECTIONS.map((direction): Sample => {
          const found = connections.filter((one) => one.kind === kind && one.isOutbound === (direction === "out"));
          return { labels: { kind, direction }, value: found.length };
        }),
      ),
  },
  {
    name: "hearsay_known_peers",
    kind: "gauge",
    help: "peers that are configured or delivered a model, in this run or an earlier one, those that are banned excepted",
    read: ({ silence }) => silence.known,
  },
  {
    name: "hearsay_silent_peers",
    kind: "gauge",
    help: "known peers of which no announcement came for a minute and for more own cycles than the task's staleness.cutoff; hearsay status names them",
    read: ({ silence }) => silence.silent,
  },
  {
    name: "hearsay_longest_silence_seconds",
    kind: "gauge",
    help: "of the silent peers, the longest silence; 0 where none is silent",
    read: ({ silence }) => silence.longestSeconds,
  },
  {
    name: "hearsay_network_bytes_total",
    kind: "counter",
    help: "bytes of all connections since the start, without headers of packets",
    labels: { direction: DIRECTIONS },
    read: ({ status: { bytesIn, bytesOut } }) => by("direction", { in: bytesIn, out: bytesOut }),
  },
  {
    name: "hearsay_refused_total",
    kind: "counter",
    help: "announcements, models and greetings that were refused since the start, by error code",
    labels: { code: [...ERROR_CODES, "other"] },
    read: ({ status: { counters } }) => refusals(counters.refused),
  },
  {
    name: "hearsay_connections_turned_away_total",
    kind: "counter",
    help: "connections that came in since the start and of which nothing came: refused at once, no handshake, or no greeting",
    labels: { reason: TURNINGS },
    read: ({ status }) => by("reason", status.turnedAway),
  },
  {
    name: "hearsay_budget_left_bytes",
    kind: "gauge",
    help: "what a budget lets pass now; a quarter of it at most",
    labels: { link: OF_THE_BUDGET },
    read: ({ status }) => status.budget.map(({ kind, leftBytes }) => ({ labels: { link: kind }, value: leftBytes })),
  },
  {
    name: "hearsay_budget_spent_bytes_total",
    kind: "counter",
    help: "what went of a budget since the start, headers of packets included",
    labels: { link: OF_THE_BUDGET },
    read: ({ status }) => status.budget.map(({ kind, spentBytes }) => ({ labels: { link: kind }, value: spentBytes })),
  },
  {
    name: "hearsay_budget_is_dry",
    kind: "gauge",
    help: "1 where nothing passes until more has flowed into a budget, else 0",
    labels: { link: OF_THE_BUDGET },
    read: ({ status }) => status.budget.map(({ kind, isDry }) => ({ labels: { link: kind }, value: Number(isDry) })),
  },
  {
    name: "hearsay_merge_interval_seconds",
    kind: "gauge",
    help: "from merge to merge, as the budget allows; not there without a budget, and where it is too small for a merge",
    read: ({ status }) => status.thrift?.intervalMs && status.thrift.intervalMs / 1000,
  },
];

/** Codes that are none of ours count together: a label has no value that others choose. */
function refusals(refused: Readonly<Record<string, number>>): Sample[] {
  const known = new Set<string>(ERROR_CODES);
  const counts: Record<string, number> = {};
  for (const [code, count] of Object.entries(refused)) {
    const name = known.has(code) ? code : "other";
    counts[name] = (counts[name] ?? 0) + count;
  }
  return by("code", counts);
}
