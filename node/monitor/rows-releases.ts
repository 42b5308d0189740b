/** Metrics of releases: which one answers, what orders and gates say. Told where the task has release keys only. */
import type { ReleaseStatus } from "../../protocol/peer/release/status.ts";
import { OBSTACLES } from "../../protocol/release/obstacles.ts";
import { by, type Metric, type Sample } from "./metric.ts";

const REASONS = Object.keys(OBSTACLES);
const SHOWN_OF_ID = 16;

export const RELEASES: readonly Metric[] = [
  {
    name: "hearsay_release_info",
    kind: "gauge",
    help: "1; its labels say which release answers here; not there while none does",
    labels: {
      release: "its name, which a release key of the task gave it",
      id: "first 16 digits of its id",
    },
    read: ({ status: { release } }) => (release?.serving ? [infoOf(release.serving)] : undefined),
  },
  {
    name: "hearsay_release_age_steps",
    kind: "gauge",
    help: "age of the model that answers here: training steps that are in it",
    read: ({ status: { release } }) => release?.releases.find(({ id }) => id === release.serving?.id)?.age,
  },
  {
    name: "hearsay_release_order",
    kind: "gauge",
    help: "serial of the order that holds, which grows with each rollout and rollback; 0 before the first",
    read: ({ status: { release } }) => release && (release.order?.serial ?? 0),
  },
  {
    name: "hearsay_release_proposals",
    kind: "gauge",
    help: "orders that too few release keys have signed so far",
    read: ({ status: { release } }) => release?.proposals.length,
  },
  {
    name: "hearsay_release_obstacle",
    kind: "gauge",
    help: "1 for what keeps the release of the order from answering here, else 0",
    labels: { reason: REASONS },
    read: ({ status: { release } }) =>
      release && by("reason", Object.fromEntries(REASONS.map((one) => [one, Number(one === release.obstacle)]))),
  },
  {
    name: "hearsay_release_gates",
    kind: "gauge",
    help: "gates on all known releases, by what they say on the own hold-out; open: not looked at yet, or there is none",
    labels: { mine: ["passed", "failed", "open"] },
    read: ({ status: { release } }) => release && by("mine", gatesOf(release)),
  },
  {
    name: "hearsay_release_votes",
    kind: "gauge",
    help: "votes of peers that are known here, on the gates of the release of the order",
    labels: { vote: ["yes", "no"] },
    read: ({ status: { release } }) => release && by("vote", votesOf(release)),
  },
  {
    name: "hearsay_release_changes_total",
    kind: "counter",
    help: "how often another release came to answer here since the start; back: one that had before, or none",
    labels: { to: ["new", "back"] },
    read: ({ status, tallies }) => status.release && by("to", tallies.served),
  },
  {
    name: "hearsay_release_last_rollback_timestamp_seconds",
    kind: "gauge",
    help: "when this peer last went back since the start, by the clock of its machine",
    read: ({ tallies: { backAtMs } }) => backAtMs && backAtMs / 1000,
  },
];

function infoOf({ id, name }: { readonly id: string; readonly name: string }): Sample {
  return { labels: { release: name, id: id.slice(0, SHOWN_OF_ID) }, value: 1 };
}

function gatesOf({ releases }: ReleaseStatus): Readonly<Record<"passed" | "failed" | "open", number>> {
  const count = { passed: 0, failed: 0, open: 0 };
  for (const { mine } of releases.flatMap(({ gates }) => gates))
    count[mine === null ? "open" : mine ? "passed" : "failed"]++;
  return count;
}

function votesOf({ order, releases }: ReleaseStatus): Readonly<Record<"yes" | "no", number>> {
  const gates = releases.find(({ id }) => id === order?.target)?.gates ?? [];
  const sum = (vote: "yes" | "no") => gates.reduce((all, gate) => all + gate[vote], 0);
  return { yes: sum("yes"), no: sum("no") };
}
