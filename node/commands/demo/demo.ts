/**
 * `hearsay demo`: the main job, for real. Peers in processes of their own hold shares of a data set that do not overlap, find each
 * other on loopback, and learn; some of them lie. Beside it: the same network with a plain mean, and every peer alone.
 */

import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { formatBytes, mean, sum } from "../../../protocol/base/figures.ts";
import type { Task } from "../../../protocol/base/task.ts";
import { parseTask } from "../../../protocol/task/manifest.ts";
import { nodeCrypto } from "../../crypto.ts";
import { loadPeerData } from "../../data/share.ts";
import { isSetName, SET_NAMES } from "../../data/shipped/registry.ts";
import { TEMPLATES } from "../../data/templates.ts";
import { readTaskFile } from "../../disk/state-dir.ts";
import type { DemoOutcome } from "../../observe/demo-messages.ts";
import type { DataConfig } from "../../settings/table.ts";
import { wholeIn } from "../../settings/whole.ts";
import { percent, printJson, table } from "../../terminal/print.ts";
import { endNow, onStopSignals, statusAfter } from "../../terminal/stop-signals.ts";
import { print } from "../../terminal/terminal.ts";
import { verifyStateLog } from "../log/source.ts";
import { learnAlone } from "./alone.ts";
import type { PeerAssignment, PeerReport } from "./messages.ts";
import { type DemoNetwork, startNetwork } from "./network.ts";
import { createDemoScreen } from "./screen.ts";
import { type DemoWatch, unwatched } from "./watch.ts";

interface DemoOptions {
  readonly peers: string;
  readonly attackers: string;
  readonly dataset: string;
  readonly partition: string;
  readonly seconds: string;
  readonly seed: string;
  readonly task?: string;
  readonly page?: boolean;
  readonly report: string;
  readonly json?: boolean;
}

interface Setting {
  readonly peers: number;
  readonly attackers: number;
  readonly seconds: number;
  readonly seed: number;
  readonly data: DataConfig;
  readonly task: Task;
}

/** Accuracy over the honest peers. */
interface Outcome {
  readonly meanAccuracy: number;
  readonly minAccuracy: number;
}

interface Result {
  readonly alone: Outcome;
  readonly mean: Outcome;
  readonly robust: Outcome;
  readonly bytesPerUpdate: number;
  readonly updates: number;
  readonly logsVerified: number;
}

/** Five exchanges in two seconds: quick enough to watch, and light enough for a laptop. */
const MIN_CYCLE_MS = 400;
const MAX_PEERS = 64;

export async function run(options: DemoOptions): Promise<void> {
  const setting = await readSetting(options);
  const watch = await watching(setting, options);
  const scratch = await mkdtemp(join(tmpdir(), "hearsay-demo-"));
  const { screen } = watch;
  let network: DemoNetwork | undefined;
  const { asked } = onStopSignals(endNow);
  void asked.then((signal) => {
    network?.kill();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
    process.exit(statusAfter(signal));
  });

  async function learn(title: string, task: Task): Promise<{ reports: PeerReport[]; logsVerified: number }> {
    const directory = join(scratch, task.aggregation.rule);
    screen.say(`${title}: starting ${setting.peers} processes`);
    network = await startNetwork(assignments(setting, task, directory));
    const untilMs = performance.now() + 1000 * setting.seconds;
    for (let leftMs = 1000 * setting.seconds; leftMs > 0; leftMs = untilMs - performance.now()) {
      await sleep(Math.min(leftMs, 1000));
      screen.show(title, network.reports(), Math.max(0, untilMs - performance.now()));
    }
    const reports = await network.finish();
    screen.done(title, reports);
    return { reports, logsVerified: await verifyLogs(directory, setting.peers) };
  }

  try {
    const robust = await learn(`Gossip with ${setting.task.aggregation.rule}`, setting.task);
    const mean = await learn("Gossip with a plain mean, same attack", withRule(setting.task, "mean"));
    const alone = await allAlone(setting, robust.reports, watch);
    const outcomes = {
      alone: outcome(alone),
      mean: outcome(accuracies(setting, mean.reports)),
      robust: outcome(accuracies(setting, robust.reports)),
    };
    const updates = sum(robust.reports.map(({ status }) => status.counters.published));
    const bytesOut = sum(robust.reports.map(({ status }) => status.bytesOut));
    const result = {
      peers: setting.peers,
      attackers: setting.attackers,
      seconds: setting.seconds,
      ...outcomes,
      bytesPerUpdate: Math.round(bytesOut / updates),
      updates,
      logsVerified: robust.logsVerified + mean.logsVerified,
    };
    await watch.end(robust.reports, ...ending(setting, result));
    if (options.json) printJson(result);
    else summarise(setting, result);
    if (result.logsVerified !== 2 * setting.peers) {
      throw new HearsayError("ERR_LOG_CHAIN", `${2 * setting.peers - result.logsVerified} logs do not hold`);
    }
  } finally {
    network?.kill();
    await watch.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** The task with another rule, with the default parameters of that. */
function withRule(task: Task, rule: string): Task {
  const { parameters: _, ...aggregation } = task.aggregation;
  return parseTask({ ...task, aggregation: { ...aggregation, rule } });
}

async function readSetting(options: DemoOptions): Promise<Setting> {
  const peers = wholeIn("--peers", options.peers, 3, MAX_PEERS);
  const attackers = wholeIn("--attackers", options.attackers, 0, peers - 2);
  const seconds = wholeIn("--seconds", options.seconds, 1, 3600);
  const seed = wholeIn("--seed", options.seed, 0, 2 ** 32 - 1);
  if (!isSetName(options.dataset)) {
    throw new HearsayError("ERR_CONFIG", `--dataset ${options.dataset}: it is one of ${SET_NAMES.join(", ")}`);
  }
  const inboxSize = Math.min(8, peers - 1);
  const template = parse(TEMPLATES[options.dataset].yaml);
  const task =
    options.task === undefined
      ? parseTask({ ...template, seed, aggregation: { inboxSize, quorum: Math.min(3, inboxSize) } })
      : await readTaskFile(options.task);
  const data: DataConfig = {
    dataset: options.dataset,
    holdout: 0.2,
    holdoutBy: "chance",
    partition: options.partition,
    seed,
  };
  await loadPeerData({ ...data, share: `1/${peers}` }, task); // faults show before anything starts
  return { peers, attackers, seconds, seed, data, task };
}

/** The liars come last; the first peer, whom the others bootstrap from, is honest. */
function assignments(setting: Setting, task: Task, directory: string): PeerAssignment[] {
  return Array.from({ length: setting.peers }, (_, i) => ({
    stateDir: join(directory, String(i)),
    task,
    data: shareOf(setting, i),
    ...(i >= honest(setting) && { attack: "sign-flip" }),
    bootstrap: [],
    minCycleMs: MIN_CYCLE_MS,
  }));
}

function shareOf({ data, peers }: Setting, i: number): DataConfig {
  return { ...data, share: `${i + 1}/${peers}` };
}

/** Names of the three ways to learn, as people read them. */
function namesOf({ task }: Setting): [robust: string, mean: string, alone: string] {
  return [`gossip, ${task.aggregation.rule}`, "gossip, plain mean", "each peer alone (same steps)"];
}

async function watching(setting: Setting, { page, report }: DemoOptions): Promise<DemoWatch> {
  const screen = createDemoScreen(setting);
  if (!page) return unwatched(screen);
  const { watchDemo } = await import("./page.ts");
  return watchDemo(screen, { ...setting, names: namesOf(setting) }, report);
}

/** Accuracies of the honest peers, each of which learned by itself. */
async function allAlone(setting: Setting, reports: readonly PeerReport[], watch: DemoWatch): Promise<number[]> {
  const curves: number[][] = [];
  for (let i = 0; i < honest(setting); i++) {
    watch.screen.say(`Alone: peer ${i + 1} of ${honest(setting)}`);
    const steps = (reports[i]?.status.cycle ?? 0) * setting.task.training.steps;
    const { task } = setting;
    curves.push(await learnAlone({ task, data: shareOf(setting, i), steps, parts: watch.parts, name: String(i) }));
    watch.alone(Array.from({ length: watch.parts }, (_, part) => mean(curves.map((curve) => curve[part] ?? 0))));
  }
  return curves.map((curve) => curve.at(-1) ?? 0);
}

async function verifyLogs(directory: string, peers: number): Promise<number> {
  let holding = 0;
  for (let i = 0; i < peers; i++) {
    const { ok } = await verifyStateLog(join(directory, String(i)), { crypto: nodeCrypto });
    if (ok) holding++;
  }
  return holding;
}

function honest({ peers, attackers }: Setting): number {
  return peers - attackers;
}

function accuracies(setting: Setting, reports: readonly PeerReport[]): number[] {
  return reports.slice(0, honest(setting)).map(({ accuracy }) => accuracy);
}

function outcome(values: readonly number[]): Outcome {
  const rounded = (value: number) => Number(value.toFixed(4));
  return { meanAccuracy: rounded(mean(values)), minAccuracy: rounded(Math.min(...values)) };
}

/** What the page and the report say at the end. */
function ending(setting: Setting, result: Result): [outcomes: DemoOutcome[], remarks: string[]] {
  const { alone, bytesPerUpdate, logsVerified, mean, robust, updates } = result;
  const figures = [robust, mean, alone];
  const outcomes = namesOf(setting).map((name, i) => ({ name, ...(figures[i] as Outcome) }));
  const { attackers, peers, seconds, seed } = setting;
  return [
    outcomes,
    [
      `${peers} peers, ${attackers} of them lying, ${seconds} s in each of two networks, seed ${seed}.`,
      `${updates} model updates of ${formatBytes(bytesPerUpdate)} on the wire each.`,
      `${logsVerified} of ${2 * peers} logs verified.`,
    ],
  ];
}

function summarise({ peers, attackers, task }: Setting, result: Result): void {
  const row = (name: string, { meanAccuracy, minAccuracy }: Outcome) => [
    name,
    percent(meanAccuracy),
    percent(minAccuracy),
  ];
  const rows = [
    row("each peer alone (same steps)", result.alone),
    row("gossip, plain mean", result.mean),
    row(`gossip, ${task.aggregation.rule}`, result.robust),
  ];
  print(
    `\n${peers} peers, ${attackers} of them lying; accuracy of the honest ones on the common hold-out\n` +
      `${table(["", "mean", "worst peer"], rows)}\n` +
      `${result.updates} model updates of ${formatBytes(result.bytesPerUpdate)} on the wire each; ${result.logsVerified} of ${2 * peers} logs verified\n`,
  );
}
