/** What leaves this machine, to whom, and under which protection: a statement for people who did not write the task, from the task and the settings that hold. */
import { counted } from "../../protocol/base/counted.ts";
import { formatBytes } from "../../protocol/base/figures.ts";
import { sharedTask } from "../../protocol/base/shared-tensors.ts";
import { releasesOf, type Task } from "../../protocol/base/task.ts";
import { byteLimitText } from "../../protocol/traffic/byte-limit.ts";
import { linkBudgets } from "../settings/budget.ts";
import type { Config } from "../settings/table.ts";
import { costOf } from "../task-cost.ts";
import type { LoadedPolicy } from "./load-policy.ts";
import { budgetUnder } from "./traffic.ts";

export interface Flow {
  readonly what: string;
  readonly to: string;
  readonly when: string;
  readonly protection: string;
}

export interface DataFlow {
  /** What stays here, whatever others ask for. */
  readonly never: readonly string[];
  readonly flows: readonly Flow[];
  /** Bytes in and out of all links, in words. */
  readonly budget: string;
}

/** Whoever knows the task id and one address may take part: there is no list of members. */
const NETWORK = "every peer of the task, which is whoever has its invite";
const SIGNED = "signed by this peer's key; on the wire encrypted (Noise) for the neighbour";

export function dataFlowOf(task: Task, config: Config, policies: readonly LoadedPolicy[]): DataFlow {
  return {
    never: [
      "examples: the rows of the data, their labels and owners, and what of them is held out",
      "the private key, its passphrase, and backups of the key",
      "predictions: hearsay predict answers on this machine",
      "paths, settings and this policy",
    ],
    flows: [
      modelFlow(task, config),
      ...cohortFlow(task),
      announcementFlow(task),
      ...logFlows(task, config),
      manifestFlow(task),
      ...statementFlows(task, config),
      ...networkFlows(config),
    ],
    budget: budgetText(config, policies),
  };
}

function modelFlow(task: Task, { minCycleMs }: Config): Flow {
  const { modelBytes } = costOf(task);
  const leaving = sharedTask(task).tensors.length;
  const stays = task.tensors.length === leaving ? "" : ` of ${task.tensors.length}; the others stay here`;
  return {
    what: `parameters of the model after each training: ${formatBytes(modelBytes)} (${task.codec}), ${counted(leaving, "tensor")}${stays}`,
    to: task.privacy?.cohort === undefined ? NETWORK : "every peer of the task, as the mean of a cohort",
    when: `when a neighbour asks, for a new model at most every ${minCycleMs / 1000} s`,
    protection: protectionOf(task),
  };
}

/** In words; `hearsay privacy plan` and `privacy test` have figures. */
function protectionOf({ privacy }: Task): string {
  if (privacy === undefined)
    return "none: a model may give away whether a row was among the data (hearsay privacy test tries it)";
  const { mechanism, maxEpsilon, delta, cohort } = privacy;
  const sums =
    cohort && `secure sums of ${cohort.minimum} to ${cohort.size} peers: no other peer sees this one's model alone`;
  if (mechanism === undefined) return `${sums}; no bound on what the sum tells`;
  const unit = mechanism === "gaussian-update" ? "all rows of this peer together" : "each single row";
  const both = sums === undefined ? "" : `${sums}; and `;
  return `${both}${mechanism}: noise on this machine hides ${unit}, epsilon at most ${maxEpsilon} at delta ${delta} over the life of the key; after that nothing is published`;
}

function cohortFlow({ privacy }: Task): Flow[] {
  if (privacy?.cohort === undefined) return [];
  const what = "masked parameters, and keys and shares of a sum";
  const protection = "masks that cancel in the sum alone";
  return [
    { what, to: `the ${privacy.cohort.size - 1} others of a cohort, and who adds up`, when: "in each sum", protection },
  ];
}

function announcementFlow({ privacy }: Task): Flow {
  const spent =
    privacy?.maxEpsilon === undefined ? "" : ", what is spent of the privacy budget (and so the number of rows)";
  return {
    what: `announcements: peer id, number and hashes of log entries, hash, size and age of the model${spent}, the minute by this machine's clock`,
    to: `${NETWORK}; passed on by neighbours`,
    when: "for each published model",
    protection: SIGNED,
  };
}

function logFlows({ privacy }: Task, { retention }: Config): Flow[] {
  const log: Flow = {
    what: "the log: the minute of each entry by this machine's clock, hashes of models, steps, whose models were merged with which weight, engine and version of the program; no row and no label",
    to: NETWORK,
    when: "when one audits this peer",
    protection: SIGNED,
  };
  const isKept = [retention.count, retention.megabytes, retention.hours, retention.megabytesPerMinute].every(
    (one) => one > 0,
  );
  if (!isKept || privacy?.cohort !== undefined) return [log]; // with cohorts the archive is its owner's alone
  const what = "bodies kept for audits: models published and merged, and the parameters before each training";
  const protection = "as of the models: they follow from logs and models together";
  return [
    log,
    { what, to: NETWORK, when: `when one audits this peer, up to ${retention.hours} hours back`, protection },
  ];
}

function manifestFlow({ input, output }: Task): Flow {
  const classes =
    output.kind === "classification" ? `${output.classes.length} classes` : counted(output.targets.length, "target");
  const shares = output.kind === "classification" && output.shares !== undefined ? ", how common each class is" : "";
  return {
    what: `the task: names of ${input.features.length} columns and ${classes}${shares}, and mean and spread of each column as whoever wrote it took them`,
    to: "whoever asks for the task by its id",
    when: "when somebody joins",
    protection: "none; it is the same for all peers",
  };
}

/** What the owner, or the release keys of the task, have a peer say. */
function statementFlows(task: Task, { name }: Config): Flow[] {
  const flows: Flow[] = [];
  const said = { to: NETWORK, protection: SIGNED };
  if (name !== undefined) flows.push({ what: `the name "${name}"`, when: "while connected", ...said });
  if (releasesOf(task) !== undefined) {
    const what = "votes: whether a release passes a gate on this peer's own hold-out, one bit each";
    flows.push({ what, when: "for each gate that a release key asks for", ...said });
  }
  return flows;
}

function networkFlows({ mdns }: Config): Flow[] {
  const addresses: Flow = {
    what: "IP addresses and ports of this machine, its peer id, and the version of the program",
    to: NETWORK,
    when: "while connected",
    protection: "addresses of the local network are told only there",
  };
  if (!mdns) return [addresses];
  const local = {
    what: "the same, by multicast (mDNS)",
    to: "every machine of the local network",
    when: "every 10 s",
    protection: "none",
  };
  return [addresses, local];
}

function budgetText({ budget }: Config, policies: readonly LoadedPolicy[]): string {
  const { budgets, imposedBy } = budgetUnder(policies, linkBudgets(budget));
  if (budgets.length === 0) return "unlimited";
  const texts = budgets.map(({ kind, limit, isPlanned }) => {
    const text = limit === undefined ? "unlimited" : byteLimitText(limit);
    return `${kind === "all" ? "" : `${kind}: `}${isPlanned ? "about " : ""}${text}`;
  });
  return `${texts.join(", ")}${imposedBy === undefined ? "" : ` (${imposedBy})`}`;
}
