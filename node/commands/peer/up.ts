/** `hearsay up`: runs the peer until it is told to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { HearsayError } from "../../../protocol/base/errors.ts";
import { type Task, termsOf } from "../../../protocol/base/task.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import { serveApi } from "../../api/api.ts";
import { wallClock } from "../../clock.ts";
import { createClosing, ENDS_WITHIN_MS } from "../../closing.ts";
import { loadConfig } from "../../config.ts";
import { openStream } from "../../data/follow/open.ts";
import type { PeerData } from "../../data/share.ts";
import { configPath, openTask } from "../../disk/state-dir.ts";
import { passphraseFrom } from "../../keys/passphrase.ts";
import { type OpenLeaves, openLeaves } from "../../leaf/open.ts";
import { dropRestingCode } from "../../little-memory.ts";
import { watchLine } from "../../policy/line.ts";
import { savingReasons } from "../../policy/saving.ts";
import { openServiceNotice } from "../../service/notice.ts";
import { linkBudgets } from "../../settings/budget.ts";
import { settingsOf } from "../../settings/flags.ts";
import type { Config } from "../../settings/table.ts";
import { shellOption } from "../../shell.ts";
import { type RunningPeer, startPeer } from "../../start.ts";
import type { StartOptions } from "../../start-options.ts";
import { fail } from "../../terminal/fail.ts";
import { outliveOutput } from "../../terminal/output.ts";
import { onStopSignals, statusAfter } from "../../terminal/stop-signals.ts";
import { outputIsTerminal, print } from "../../terminal/terminal.ts";
import { narrator } from "../../terminal/up-narrator.ts";
import { apiSource, inviteNote } from "./up-api.ts";
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

/** A timer of Node holds 2^31 ms. */
const MAX_SECONDS = 2_000_000;
/** A reader of the log that has stopped is not waited for longer. */
const LAST_WORDS_MS = 500;
const EXIT_FAILED = 1;

export async function run(options: UpOptions): Promise<void> {
  process.umask(0o077); // all that it writes lies in the state directory
  outliveOutput();
  const settings = await loadConfig(options.config ?? configPath(options.state), process.env, settingsOf(options));
  if (!settings.keepCode) dropRestingCode();
  let running: RunningPeer | undefined;
  const logger = await createLogger(settings.logLevel, () => running && contextOf(running));
  tellUnread(process.env, logger);
  const rules = await rulesOf(options, settings, logger);
  const seconds = secondsOf(options.seconds);
  const notice = openServiceNotice((message) => logger.warn(message));
  const asked = stopSignals(logger, () => running !== undefined);
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
  running = await begin(options, { rules, task, data, logger, monitor, observe, onlooker, leaves });
  const { peer, stop } = running;
  const closing = createClosing();
  try {
    const board = onlooker?.start(running, taskId);
    const looking = onlooker && board && { ...onlooker, page: board };
    const source = apiSource(running, taskId, { ...toldBeside(data, settings), leaves: leaves?.leaves, looking });
    const api = await serveApi(options.state, source);
    closing.add("the local interface", () => api.close()); // after the peer: while that ends, it says so
    const served = await monitor?.serve(running, source);
    if (served !== undefined) closing.add("the metrics", served.close);
    closing.add("the peer", stop, ENDS_WITHIN_MS.all);
    if (board !== undefined) closing.add("the page", () => board.close());
    tellStart(logger, running, { task: task.name, taskId, ...(served && { metrics: served.address }) });
    notice.ready(`learns ${task.name}`);
    print(inviteNote(running.addresses(), taskId));
    if (api.pageAddress !== undefined) print(pageNote(api.pageAddress, options.state));
    const over = seconds === undefined ? [] : [sleep(1000 * seconds, undefined, { ref: false })];
    const met = whenMet(until, source).then(() =>
      logger.info({ until: options.until }, "the condition of --until holds"),
    );
    await Promise.race([running.done, asked, met, ...over, ...(options.untilSpent ? [spent] : [])]);
    logger.info("stopping");
    notice.stopping();
  } catch (error) {
    logger.info("stopping, since it failed");
    const ended = endInTime(logger, error);
    await Promise.allSettled([closing.close(), stop()]);
    ended();
    throw error; // what came of it says less
  }
  const ended = endInTime(logger);
  await closing.close().finally(ended);
  const { cycle, age, logSize } = peer.status();
  logger.info({ cycle, age, logSize }, "stopped");
}

/** Resolves with the first signal to stop; before the peer learns, that ends the process. */
function stopSignals(logger: Logger, isLearning: () => boolean): Promise<unknown> {
  const { asked } = onStopSignals((signal) => {
    logger.warn(`ended at once, on a second ${signal}`);
    process.exit(statusAfter(signal));
  });
  void asked.then((signal) => {
    if (isLearning()) return;
    logger.info(`stopped by ${signal} before it learned`);
    process.exit(0); // nothing is half written, whenever it ends
  });
  return asked;
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

interface Beginning {
  readonly rules: Rules;
  readonly task: Task;
  /** Undefined where a program of the owner's trains, and has the data. */
  readonly data: Awaited<ReturnType<typeof dataToLearn>>;
  readonly logger: Logger;
  readonly monitor: UpMonitor | undefined;
  readonly observe: (event: PeerEvent) => void;
  readonly onlooker: Onlooker | undefined;
  readonly leaves: OpenLeaves | undefined;
}

/** Starts the peer that the configuration describes. */
async function begin(
  options: UpOptions,
  { rules, task, data, logger, monitor, observe, onlooker, leaves }: Beginning,
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
  data: Beginning["data"],
  logger: Logger,
): Pick<StartOptions, "train" | "holdout" | "follow" | "external"> {
  return {
    ...(data && { train: data.train, ...(data.holdout && { holdout: data.holdout }) }),
    ...(stream.follow && { follow: (parts) => openStream({ ...read, ...stream }, parts) }),
    ...(!data && { external: { settings: trainer, say: (line) => logger.info({ trainer: true }, line) } }),
  };
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
  let resolve = () => {};
  const spent = new Promise<void>((done) => {
    resolve = done;
  });
  const observe = (event: PeerEvent) => {
    for (const tell of observers) tell(event);
    if (event.kind === "budget" && event.state === "spent") resolve();
  };
  return { spent, observe };
}

/**
 * Whatever hangs: a supervisor must see that this peer does not learn any more. So one that has not ended in time is ended. The returned function says that all has been closed, and
 * leaves the last words a moment to be read.
 */
function endInTime(logger: Logger, error?: unknown): () => void {
  const end = () => {
    if (error !== undefined) fail(error);
    logger.error(`not everything has ended within ${ENDS_WITHIN_MS.all / 1000} s; ended without it`);
    process.exit(EXIT_FAILED);
  };
  const timer = setTimeout(end, ENDS_WITHIN_MS.all).unref();
  return () => {
    clearTimeout(timer);
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
  };
}

function secondsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new HearsayError("ERR_CONFIG", `--seconds ${text}: give a number above 0, at most ${MAX_SECONDS}`);
}
