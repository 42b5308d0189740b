/** The data of one peer, as its configuration names them: a file or a shipped set, the hold-out, and the share it trains on. */
import { HearsayError } from "../../protocol/base/errors.ts";
import { inputSize, outputSize, type Task } from "../../protocol/base/task.ts";
import { type Dataset, selectRows } from "../../protocol/learn/data/dataset.ts";
import { chronologicalSplit, type HoldoutSplit, holdoutSplit, ownerSplit } from "../../protocol/learn/data/holdout.ts";
import { parsePartition, partition } from "../../protocol/learn/data/partition.ts";
import type { DataConfig } from "../settings/table.ts";
import { loadDataset } from "./load.ts";
import type { DataLook } from "./preflight/look.ts";
import { type Finding, findingInWords, preflight } from "./preflight/registry.ts";
import { loadNamedSet } from "./sets.ts";

export interface PeerData {
  readonly train: Dataset;
  readonly holdout?: Dataset;
  readonly warnings: readonly string[];
  /** The rows come while the peer learns: there are none yet. */
  readonly isFollowed?: true;
}

export interface PeerDataOptions {
  /** Gets the rows of each file as they were read (`LoadOptions.examine`). */
  readonly examine?: (look: DataLook) => void;
}

/** @throws HearsayError ERR_CONFIG where no data are named, ERR_DATA where they can't be used, with the remedy. */
export async function loadPeerData(config: DataConfig, task: Task, options: PeerDataOptions = {}): Promise<PeerData> {
  const { train, holdout, warnings } = await loadWhole(config, task, options);
  const share = config.share === undefined ? train : shareOf(train, config.share, config);
  if (share.length === 0)
    throw new HearsayError("ERR_DATA", `data.share: ${config.share} of the data is empty; use fewer shares`);
  return { train: share, ...(holdout && { holdout }), warnings };
}

/**
 * The same, checked against the task before anything is learned: what the preflight finds is among the warnings, or refused where `data.strict` says so.
 * @throws HearsayError ERR_DATA with all findings (`details.findings`).
 */
export async function loadCheckedData(config: DataConfig, task: Task): Promise<PeerData> {
  const told: string[] = [];
  const data = await loadPeerData(config, task, {
    examine: (look) => {
      const findings = preflight(look);
      refuseFailures(look.path, findings, config.strict === true);
      told.push(...findings.map((finding) => findingInWords(look.path, finding)));
    },
  });
  return { ...data, warnings: [...data.warnings, ...told] };
}

/**
 * No rows yet: those of a stream come while the peer learns (follow/open.ts). @throws HearsayError ERR_CONFIG for settings that ask something of all rows at once.
 */
export function followedData({ dataset, share, holdoutBy, holdoutPath, targets }: DataConfig): PeerData {
  const refuse = (setting: string) =>
    new HearsayError("ERR_CONFIG", `data.${setting}: it needs all rows at once; leave it out, or leave --follow out`);
  if (dataset !== undefined) throw refuse("dataset");
  if (share !== undefined) throw refuse("share");
  if (targets !== undefined) throw refuse("targets");
  if (holdoutPath !== undefined) throw refuse("holdoutPath");
  if (holdoutBy !== "chance") throw refuse("holdoutBy");
  return {
    train: { inputs: new Float64Array(), targets: new Float64Array(), length: 0 },
    warnings: [],
    isFollowed: true,
  };
}

function refuseFailures(path: string, findings: readonly Finding[], strict: boolean): void {
  const bad = strict ? findings : findings.filter(({ level }) => level === "failure");
  if (bad.length === 0) return;
  const lines = bad.map(({ what, remedy }) => `\n  ${what}; ${remedy}`).join("");
  const why = strict ? ", and data.strict refuses such data" : "";
  throw new HearsayError("ERR_DATA", `${path}: the preflight has ${bad.length} finding(s)${why}:${lines}`, {
    path,
    findings: bad,
  });
}

async function loadWhole(config: DataConfig, task: Task, options: PeerDataOptions): Promise<PeerData> {
  const { path, dataset, holdoutPath } = config;
  if (path !== undefined && dataset !== undefined) {
    throw new HearsayError("ERR_CONFIG", `data.path (${path}) and data.dataset (${dataset}) are both set; remove one`);
  }
  if (dataset !== undefined) {
    const { train, holdout } = await loadNamedSet(dataset);
    if (train.inputs.length !== train.length * inputSize(task) || largestClass(train, task) >= outputSize(task)) {
      throw new HearsayError(
        "ERR_DATA",
        `the data set ${dataset} does not fit the task ${task.name}: it has other inputs or classes`,
      );
    }
    return { train, holdout, warnings: [] };
  }
  if (path === undefined) {
    throw new HearsayError(
      "ERR_CONFIG",
      "no data: name a file with --data FILE, or a shipped set with --dataset digits",
    );
  }
  const { targets, label, owner, columns: features, drop, missing, encoding, delimiter, decimal } = config;
  const columns = { targets, label, owner, columns: features, drop, missing, encoding, delimiter, decimal };
  const { data, warnings } = await loadDataset({ path, ...columns }, task, options);
  if (holdoutPath !== undefined) {
    const held = await loadDataset({ path: holdoutPath, ...columns }, task, options);
    return { train: data, holdout: held.data, warnings: [...warnings, ...held.warnings] };
  }
  if (config.holdout === 0) return { train: data, warnings };
  const split = SPLITS[config.holdoutBy](data, config.holdout, config.seed);
  return { train: selectRows(data, split.train), holdout: selectRows(data, split.holdout), warnings };
}

/** How rows are chosen that are held out. */
const SPLITS: Readonly<
  Record<DataConfig["holdoutBy"], (data: Dataset, fraction: number, seed: number) => HoldoutSplit>
> = { chance: holdoutSplit, time: chronologicalSplit, owner: ownerSplit };

/** `text` has the form "2/8", as the configuration checked. */
function shareOf(data: Dataset, text: string, { partition: how, seed }: DataConfig): Dataset {
  const [number = 1, shares = 1] = text.split("/").map(Number);
  if (number > shares) throw new HearsayError("ERR_CONFIG", `data.share: ${text} names share ${number} of ${shares}`);
  return selectRows(data, partition(data, parsePartition(how), shares, seed)[number - 1] ?? []);
}

function largestClass({ targets }: Dataset, task: Task): number {
  return task.output.kind === "classification" ? [...targets].reduce((most, value) => Math.max(most, value), 0) : 0;
}
