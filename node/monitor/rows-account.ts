/** Metrics of what a peer answers for: its log, its witnesses, evidence against others, its privacy budget, cohorts. */
import { by, type Metric } from "./metric.ts";

export const ACCOUNT: readonly Metric[] = [
  {
    name: "hearsay_log_entries",
    kind: "gauge",
    help: "entries of the own log",
    read: ({ status }) => status.logSize,
  },
  {
    name: "hearsay_log_generation",
    kind: "gauge",
    help: "how often the own log was begun anew",
    read: ({ status }) => status.generation,
  },
  {
    name: "hearsay_log_cosigned_entries",
    kind: "gauge",
    help: "size of the newest checkpoint of the own log that others cosigned",
    read: ({ status }) => status.accountability && (status.accountability.cosigned?.size ?? 0),
  },
  {
    name: "hearsay_log_cosigners",
    kind: "gauge",
    help: "how many others cosigned it",
    read: ({ status }) => status.accountability && (status.accountability.cosigned?.cosigners ?? 0),
  },
  {
    name: "hearsay_banned_keys",
    kind: "gauge",
    help: "keys against which there is evidence: of a fork, or that they have ended",
    read: ({ status }) => status.accountability?.banned,
  },
  {
    name: "hearsay_evidence_total",
    kind: "counter",
    help: "keys that were banned since the start, by what the evidence proves",
    labels: { proves: ["fork", "end"] },
    read: ({ tallies }) => by("proves", tallies.evidence),
  },
  {
    name: "hearsay_privacy_epsilon",
    kind: "gauge",
    help: "epsilon that was spent",
    read: ({ status }) => status.privacy?.epsilon,
  },
  {
    name: "hearsay_privacy_epsilon_limit",
    kind: "gauge",
    help: "epsilon of the budget",
    read: ({ status }) => status.privacy?.maxEpsilon,
  },
  {
    name: "hearsay_privacy_budget",
    kind: "gauge",
    help: "1 for the state in which the budget is, else 0",
    labels: { state: ["open", "spent", "unknown"] },
    read: ({ status: { privacy } }) =>
      privacy &&
      by(
        "state",
        Object.fromEntries(["open", "spent", "unknown"].map((state) => [state, Number(state === privacy.state)])),
      ),
  },
  {
    name: "hearsay_cohort_sums_total",
    kind: "counter",
    help: "masked sums since the start in which a model of this peer was, by what came of them",
    labels: { result: ["joined", "released", "failed"] },
    read: ({ status: { cohort } }) => cohort && by("result", { ...cohort.sessions }),
  },
  {
    name: "hearsay_place_members",
    kind: "gauge",
    help: "peers at the same place that are heard, this one among them, where the task has gateways",
    read: ({ status: { cluster } }) => cluster?.members,
  },
  {
    name: "hearsay_place_gateway",
    kind: "gauge",
    help: "1 while this peer is the gateway of its place, else 0",
    read: ({ status: { cluster, peerId } }) => cluster && Number(cluster.gateway === peerId),
  },
  {
    name: "hearsay_place_outside_models_total",
    kind: "counter",
    help: "models of other places that were merged since the start, where the task has gateways",
    read: ({ status: { cluster } }) => cluster?.outside.models,
  },
];
