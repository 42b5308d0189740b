/** `hearsay up`: runs the peer until it is told to stop. */
import { setTimeout as sleep } from "node:timers/promises";
import { type DestinationStream, pino } from "pino";
import { fromHex, toHex } from "../../protocol/bytes.ts";
import { HearsayError } from "../../protocol/errors.ts";
import { formatInvite } from "../../protocol/invite.ts";
import type { Log } from "../../protocol/log/chain.ts";
import { writeJsonl } from "../../protocol/log/jsonl.ts";
import { storedGenerations } from "../../protocol/log/records.ts";
import { openStoredExport } from "../../protocol/log/stored-export.ts";
import { rememberedMerges } from "../../protocol/peer/history.ts";
import { type Api, type StatusReport, serveApi } from "../api.ts";
import { type Config, loadConfig } from "../config.ts";
import { nodeCrypto } from "../crypto.ts";
import { loadPeerData } from "../data/share.ts";
import { isDense } from "../engines/messages.ts";
import { restartInLittleMemory } from "../little-memory.ts";
import { passphraseFrom } from "../passphrase.ts";
import { type RunningPeer, startPeer } from "../start.ts";
import { configPath, openTask } from "../state-dir.ts";
import { type DataOptions, dataSettings } from "./data-options.ts";
import { createGauge } from "./gauge.ts";
import { drawing, print, seenLogLine } from "./terminal.ts";
import { narrator } from "./up-narrator.ts";

interface UpOptions extends DataOptions {
  readonly state: string;
  readonly task?: string;
  readonly config?: string;
  readonly listen?: string;
  readonly bootstrap?: string;
  readonly mdns: boolean;
  readonly engine?: string;
  readonly minCycle?: string;
  readonly holdout?: string;
  readonly holdoutBy?: string;
  readonly holdoutData?: string;
  readonly share?: string;
  readonly partition?: string;
  readonly seed?: string;
  readonly logLevel?: string;
  readonly seconds?: string;
  readonly passphraseFile?: string;
}

/** A timer of Node holds 2^31 ms. */
const MAX_SECONDS = 2_000_000;
/** A peer that has not ended by then, for whatever reason, is ended. */
const STOP_WITHIN_MS = 4_500;

export async function run(options: UpOptions): Promise<void> {
  process.umask(0o077); // all that it writes lies in the state directory
  const config = await loadConfig(options.config ?? configPath(options.state), process.env, settings(options));
  const logger = pino(
    { level: config.logLevel, hooks: { streamWrite: seenLogLine } },
    drawing.isTTY ? await readable() : drawing,
  );
  const seconds = options.seconds === undefined ? undefined : Number(options.seconds);
  if (seconds !== undefined && !(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new HearsayError("ERR_CONFIG", `--seconds ${options.seconds}: give a number above 0, at most ${MAX_SECONDS}`);
  }
  let running: RunningPeer | undefined;
  const stopping = stopSignal();
  void stopping.then(() => {
    if (running === undefined) process.exit(0); // still starting: nothing is half written, whenever it ends
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
  });
  const { task, taskId } = await openTask(options.state, options.task);
  if (!isDense(config.engine, task)) restartInLittleMemory({ traps: true });
  const data = await loadPeerData(config.data, task);
  for (const warning of data.warnings) logger.warn(warning);

  running = await startPeer({
    stateDir: options.state,
    task,
    train: data.train,
    ...(data.holdout && { holdout: data.holdout }),
    engine: config.engine,
    listen: config.listen,
    bootstrap: config.bootstrap,
    mdns: config.mdns,
    minCycleMs: config.minCycleMs,
    maxOutbound: config.maxOutbound,
    retention: config.retention,
    passphrase: passphraseFrom(options),
    observe: narrator(logger),
    warn: (message) => logger.warn(message),
  });
  const startedMs = Date.now();
  const inviteText = () => invite(taskId, running);
  const figures = createGauge(() => running.peer.evaluate("holdout"));
  let api: Api | undefined;
  try {
    api = await serveApi(options.state, {
      generations: () => storedGenerations(running.store),
      async status() {
        return {
          ...running.peer.status(),
          addresses: running.addresses(),
          invite: inviteText(),
          head: headOf(running.peer.log),
          uptimeSeconds: Math.round((Date.now() - startedMs) / 1000),
          archive: running.archive?.summary() ?? null,
          holdout: data.holdout === undefined ? null : await figures(),
        };
      },
      merges: () => rememberedMerges(running.store),
      remote: running.remote,
      async log(generation) {
        const { header, entries } = await openStoredExport(running.store, nodeCrypto, generation);
        return writeJsonl(header, entries(), nodeCrypto);
      },
    });
    const { peerId, engine, numExamples } = running.peer.status();
    logger.info({ peerId, task: task.name, taskId, engine, numExamples, addresses: running.addresses() }, "learning");
    print(`invite others with:\n  hearsay join '${inviteText()}'\n`);
    await Promise.race([
      running.done,
      stopping,
      ...(seconds === undefined ? [] : [sleep(1000 * seconds, undefined, { ref: false })]),
    ]);
    logger.info("stopping");
  } finally {
    await api?.close();
    await running.stop();
  }
  const { cycle, age, logSize } = running.peer.status();
  logger.info({ cycle, age, logSize }, "stopped");
}

/** Lines for people. */
async function readable(): Promise<DestinationStream> {
  const { default: pretty } = await import("pino-pretty");
  return pretty({ destination: 2, colorize: process.env.NO_COLOR === undefined, ignore: "pid,hostname" });
}

function settings(options: UpOptions): Record<string, unknown> {
  const number = (text?: string) => (text === undefined || text.trim() === "" ? text : toNumber(text));
  return {
    listen: options.listen?.split(","),
    bootstrap: options.bootstrap?.split(","),
    mdns: options.mdns ? undefined : false,
    engine: options.engine,
    minCycleMs: number(options.minCycle),
    logLevel: options.logLevel,
    ...dataSettings(options),
    "data.holdout": number(options.holdout),
    "data.holdoutBy": options.holdoutBy,
    "data.holdoutPath": options.holdoutData,
    "data.share": options.share,
    "data.partition": options.partition,
    "data.seed": number(options.seed),
  } satisfies Record<string, Config[keyof Config] | unknown>;
}

/** A number, or the text as it is for the schema to report. */
function toNumber(text: string): number | string {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}

function headOf(log: Log): StatusReport["head"] {
  const { seq, id } = log.head();
  return { seq, id: toHex(id) };
}

function invite(taskId: string, running: RunningPeer): string {
  const addresses = running.addresses();
  const outside = addresses.filter((address) => !/^\/ip4\/127\.|^\/ip6\/::1\//.test(address));
  return formatInvite({
    task: fromHex(taskId) ?? new Uint8Array(),
    addresses: outside.length > 0 ? outside : addresses,
  });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
}
