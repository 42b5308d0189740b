/** `hearsay up`: runs the peer until it is told to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import type { Until } from "../../../protocol/learn/stream/until.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import { type ApiSource, serveApi } from "../../api/api.ts";
import { wallClock } from "../../clock.ts";
import { type Closing, createClosing, ENDS_WITHIN_MS } from "../../closing.ts";
import { loadConfig } from "../../config.ts";
import { openStream } from "../../data/follow/open.ts";
import type { PeerData } from "../../data/share.ts";
import { configPath, openTask } from "../../disk/state-dir.ts";
import { passphraseFrom } from "../../keys/passphrase.ts";
import { type OpenLeaves, openLeaves } from "../../leaf/open.ts";
import { dropRestingCode } from "../../little-memory.ts";
import { watchLine } from "../../policy/line.ts";
import { savingReasons } from "../../policy/saving.ts";
import { openServiceNotice, type ServiceNotice } from "../../service/notice.ts";
import { linkBudgets } from "../../settings/budget.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { Config } from "../../settings/table.ts";
import { shellOption } from "../../shell.ts";
import { type RunningPeer, startPeer } from "../../start.ts";
import type { StartOptions } from "../../start-options.ts";
import { outliveOutput } from "../../terminal/output.ts";
import { outputIsTerminal, print } from "../../terminal/terminal.ts";
import { narrator } from "../../terminal/up-narrator.ts";
import { apiSource, inviteNote } from "./up-api.ts";
import { endInTime, stopSignals } from "./up-end.ts";
import { createLogger, type LogContext } from "./up-log.ts";
import { dataToLearn, tellUnread } from "./up-look.ts";
import type { UpMonitor } from "./up-monitor.ts";
import { createOnlooker, type Onlooker } from "./up-page.ts";
import { type Rules, rulesOf } from "./up-policy.ts";
import { untilOf, whenMet } from "./up-until.ts";

/** Beside the settings (settings/table.ts). */
interface UpOptions {
  readonly state: string;
  readonly task?: string;
  readonly start?: string;
  readonly config?: string;
  readonly policy?: string;
  readonly seconds?: string;
  readonly untilSpent?: boolean;
  readonly until?: string;
  readonly passphraseFile?: string;
}

/** All that a peer needs to begin, and what ends it. */
interface Plan {
  readonly settings: Config;
  readonly rules: Rules;
  readonly task: Task;
  readonly taskId: string;
  /** Undefined where a program of the owner's trains, and has the data. */
  readonly data: Awaited<ReturnType<typeof dataToLearn>>;
  readonly logger: Logger;
  readonly notice: ServiceNotice;
  readonly monitor: UpMonitor | undefined;
  readonly observe: (event: PeerEvent) => void;
  readonly onlooker: Onlooker | undefined;
  readonly leaves: OpenLeaves | undefined;
  /** Resolves with the first signal to stop. */
  readonly asked: Promise<unknown>;
  readonly seconds: number | undefined;
  readonly until: Until | undefined;
  /** Resolves when the privacy budget is spent. */
  readonly spent: Promise<void>;
}

/** A timer of Node holds 2^31 ms. */
const MAX_SECONDS = 2_000_000;

export async function run(options: UpOptions): Promise<void> {
  process.umask(0o077); // all that it writes lies in the state directory
  outliveOutput();
  const settings = await loadConfig(options.config ?? configPath(options.state), process.env, settingsOf(options));
  if (!settings.keepCode) dropRestingCode();
  let running: RunningPeer | undefined;
  const logger = await createLogger(settings.logLevel, () => running && contextOf(running));
  const plan = await prepare(options, settings, logger, () => running !== undefined);
  running = await begin(options, plan);
  await runUntilAsked(options, running, plan);
  const { cycle, age, logSize } = running.peer.status();
  logger.info({ cycle, age, logSize }, "stopped");
}

/**
 * Reads and checks what the command line, the task, the data and the site's policy say. @throws HearsayError ERR_CONFIG, ERR_TASK, ERR_POLICY, or what
 * reading data throws.
 */
async function prepare(options: UpOptions, settings: Config, logger: Logger, isLearning: () => boolean): Promise<Plan> {
  tellUnread(process.env, logger);
  const rules = await rulesOf(options, settings, logger);
  const seconds = secondsOf(options.seconds);
  const notice = openServiceNotice((message) => logger.warn(message));
  const asked = stopSignals(logger, isLearning);
  const { task, taskId } = await openTask(options.state, options.task);
  if (options.untilSpent && termsOf(task) === undefined)
    throw new HearsayError("ERR_CONFIG", "--until-spent: the task has no privacy budget; leave it out");
  const until = untilOf(options.until, task);
  const data = await dataToLearn(options.state, rules, { task, taskId }, logger);
  const monitor = await monitorFor(options.state, rules.config);
  const onlooker = rules.config.page ? createOnlooker(task, data, options.state) : undefined;
  const onlookers = [monitor, onlooker].flatMap((one) => one?.observe ?? []);
  const { spent, observe } = untilSpent([narrator(logger), ...onlookers]);
  const leaves = await openLeaves(options.state, task, taskId, rules.config.leaf);
  const ends = { asked, seconds, until, spent };
  return { settings, rules, task, taskId, data, logger, notice, monitor, observe, onlooker, leaves, ...ends };
}

/** Starts the peer that the configuration describes. */
async function begin(
  options: UpOptions,
  { rules, task, data, logger, monitor, observe, onlooker, leaves }: Plan,
): Promise<RunningPeer> {
  const { config, quiet, site } = rules;
  const pauseReasons = await savingReasons(config.saving, wallClock, (message) => logger.info(message));
  const needsLine = task.aggregation.gateways || config.select.by === "link";
  return startPeer({
    stateDir: options.state,
    task,
    start: options.start,
    site,
    ...quiet,
    ...sourceOf(config, data, logger),
    keepBest: config.data.keepBest === true,
    engine: config.engine,
    engineThread: config.engineThread,
    minCycleMs: config.minCycleMs,
    modelFileSeconds: config.modelFileSeconds,
    retention: config.retention,
    listen: config.listen,
    bootstrap: config.bootstrap,
    mdns: config.mdns,
    maxOutbound: config.maxOutbound,
    cluster: config.cluster,
    gateway: config.gateway,
    budget: linkBudgets(config.budget),
    selection: config.select,
    pauseReasons,
    ...(needsLine && { line: await watchLine(config.saving.link, wallClock) }),
    ...config.release,
    ...(config.name !== undefined && { name: config.name }),
    ...(monitor && { networkMetrics: monitor.networkMetrics }),
    passphrase: passphraseFrom(options),
    observe,
    ...(onlooker && { wrapTransport: onlooker.wrapTransport }),
    ...(leaves && { wrapTrainer: leaves.wrapTrainer }),
    warn: (message) => logger.warn(message),
  });
}

/** What the peer learns from: rows, which may go on coming, or a program of the owner's that has the data. */
function sourceOf(
  { data: read, stream, trainer }: Config,
  data: Plan["data"],
  logger: Logger,
): Pick<StartOptions, "train" | "holdout" | "follow" | "external"> {
  return {
    ...(data && { train: data.train, ...(data.holdout && { holdout: data.holdout }) }),
    ...(stream.follow && { follow: (parts) => openStream({ ...read, ...stream }, parts) }),
    ...(!data && { external: { settings: trainer, say: (line) => logger.info({ trainer: true }, line) } }),
  };
}

/** Opens what looks at the peer, waits for one of the reasons to stop, and closes all. */
async function runUntilAsked(options: UpOptions, running: RunningPeer, plan: Plan): Promise<void> {
  const { logger, notice, task, taskId } = plan;
  const closing = createClosing();
  try {
    const { source, metrics, page } = await openDoors(options, running, plan, closing);
    tellStart(logger, running, { task: task.name, taskId, ...(metrics && { metrics }) });
    notice.ready(`learns ${task.name}`);
    print(inviteNote(running.addresses(), taskId));
    if (page !== undefined) print(pageNote(page, options.state));
    await reasonToStop(options, running, plan, source);
    logger.info("stopping");
    notice.stopping();
  } catch (error) {
    logger.info("stopping, since it failed");
    const ended = endInTime(logger, error);
    await Promise.allSettled([closing.close(), running.stop()]);
    ended();
    throw error; // what came of it says less
  }
  const ended = endInTime(logger);
  await closing.close().finally(ended);
}

/** The local interface, the page and the metrics. What was added to `closing` last is closed first. */
async function openDoors(
  { state }: UpOptions,
  running: RunningPeer,
  { settings, task, taskId, data, monitor, onlooker, leaves }: Plan,
  closing: Closing,
) {
  const board = onlooker?.start(running, taskId);
  const looking = onlooker && board && { ...onlooker, page: board };
  const told = { ...toldBeside(data, settings), output: task.output };
  const source = apiSource(running, taskId, { ...told, leaves: leaves?.leaves, looking });
  const api = await serveApi(state, source);
  closing.add("the local interface", () => api.close()); // after the peer: while that ends, it says so
  const served = await monitor?.serve(running, source);
  if (served !== undefined) closing.add("the metrics", served.close);
  closing.add("the peer", running.stop, ENDS_WITHIN_MS.all);
  if (board !== undefined) closing.add("the page", () => board.close());
  return { source, metrics: served?.address, page: api.pageAddress };
}

/** Resolves with the first of: the peer has ended, a signal, the time of --seconds, the condition of --until, a spent budget with --until-spent. */
async function reasonToStop(
  options: UpOptions,
  { done }: RunningPeer,
  { logger, asked, seconds, until, spent }: Plan,
  source: ApiSource,
): Promise<void> {
  const over = seconds === undefined ? [] : [sleep(1000 * seconds, undefined, { ref: false })];
  const met = whenMet(until, source).then(() =>
    logger.info({ until: options.until }, "the condition of --until holds"),
  );
  await Promise.race([done, asked, met, ...over, ...(options.untilSpent ? [spent] : [])]);
}

/** A program of the owner's says itself whether it has a hold-out, and of a stream rows are held out as they come. */
function toldBeside(data: PeerData | undefined, { saving: { watts } }: Config) {
  return { hasHoldout: data === undefined || data.isFollowed === true || data.holdout !== undefined, watts };
}

/** With the key only where a person looks: what is written to a file or a journal may be read by others. */
function pageNote(address: string, state: string): string {
  const open = `  hearsay open ${shellOption("--state", state)}\n`;
  return `see how it does with:\n${open}${outputIsTerminal() ? `or at ${address}\n` : ""}`;
}

function contextOf({ peer }: RunningPeer): LogContext {
  const { peerId, cycle } = peer.status();
  return { peer: peerId, cycle, seq: peer.log.head().seq };
}

function tellStart(logger: Logger, { peer, addresses }: RunningPeer, told: Readonly<Record<string, string>>): void {
  const { peerId, engine, numExamples } = peer.status();
  logger.info({ peerId, ...told, engine, numExamples, addresses: addresses() }, "learning");
}

/** What the metrics come from, where they are asked for: nobody else loads it. */
async function monitorFor(stateDir: string, { metrics: address, minCycleMs }: Config): Promise<UpMonitor | undefined> {
  if (address === undefined) return undefined;
  const { createUpMonitor } = await import("./up-monitor.ts");
  return createUpMonitor({ stateDir, minCycleMs, address });
}

/** Tells everybody of every event, and resolves when the privacy budget is spent. */
function untilSpent(observers: readonly ((event: PeerEvent) => void)[]) {
  const { promise: spent, resolve } = Promise.withResolvers<void>();
  const observe = (event: PeerEvent) => {
    for (const tell of observers) tell(event);
    if (event.kind === "budget" && event.state === "spent") resolve();
  };
  return { spent, observe };
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new HearsayError("ERR_CONFIG", `--seconds ${text}: give a number above 0, at most ${MAX_SECONDS}`);
}
