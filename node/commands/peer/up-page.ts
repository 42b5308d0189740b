/** What the page of a running peer is told (observe/board.ts): the parts that look on, put together. */
import { statfs } from "node:fs/promises";
import type { PeerId } from "../../../protocol/base/seams.ts";
import { numParams, type Task } from "../../../protocol/base/task.ts";
import { METRICS } from "../../../protocol/learn/metrics/registry.ts";
import { initialParams } from "../../../protocol/learn/tensors.ts";
import { rememberedMerges } from "../../../protocol/peer/memory/history.ts";
import type { PeerEvent } from "../../../protocol/peer/reports.ts";
import { givenUp } from "../../../protocol/traffic/words.ts";
import { PROTOCOL_VERSION } from "../../../protocol/wire/fields.ts";
import type { Comparison } from "../../api/api.ts";
import { wallClock } from "../../clock.ts";
import type { PeerData } from "../../data/share.ts";
import { packageVersion } from "../../disk/package-root.ts";
import { openStart } from "../../disk/start-file.ts";
import type { Companion } from "../../net/company.ts";
import { turnedAwayText } from "../../net/turned-away.ts";
import { createAcquaintances } from "../../observe/acquaintances.ts";
import { type Alone, createAlone } from "../../observe/alone.ts";
import { type Board, startBoard } from "../../observe/board.ts";
import type { PageFacts, PageMetric, PageNow } from "../../observe/messages.ts";
import { naiveFigure } from "../../observe/naive.ts";
import { createRecent } from "../../observe/recent.ts";
import { createSpeeds } from "../../observe/speeds.ts";
import type { RunningPeer } from "../../start.ts";
import type { StartOptions } from "../../start-options.ts";
import { choiceTexts } from "../../terminal/choice-words.ts";
import { createGauge } from "../../terminal/gauge.ts";
import { budgetText } from "../../terminal/privacy-words.ts";
import { inviteTo } from "./up-api.ts";

/** Of the time of the engine, for figures of the history. */
const FIGURES_SHARE = 0.01;
/** A second model of this many parameters, 8 MB, may stand beside the peer's own. */
const MOST_PARAMETERS = 2_000_000;
const DISK_EVERY_MS = 30_000;

/** Looks on from the start, before there is anything to see. */
export interface Onlooker {
  observe(event: PeerEvent): void;
  readonly wrapTransport: NonNullable<StartOptions["wrapTransport"]>;
  /** How quick the link to a peer is, bytes a second, by the last long answer; undefined before there is one. */
  speedOf(peer: PeerId): number | undefined;
  /** With what the own model can be compared; undefined before `start`. */
  compared(): Comparison | undefined;
  /** Once the peer runs. */
  start(running: RunningPeer, taskId: string): Board;
}

/** @param data looked at now: an engine may take its rows over. Undefined where a program of the owner's has them. */
export function createOnlooker(task: Task, data: PeerData | undefined, stateDir: string): Onlooker {
  const recent = createRecent(wallClock.now);
  const speeds = createSpeeds(wallClock.monotonicMs);
  const naive = data?.holdout && naiveFigure(task, data.train, data.holdout);
  const numHoldout = data === undefined || data.isFollowed ? null : (data.holdout?.length ?? 0);
  let compared: Onlooker["compared"] = () => undefined;
  return {
    observe: recent.observe,
    wrapTransport: speeds.wrap,
    speedOf: speeds.of,
    compared: () => compared(),
    start(running, taskId) {
      const metric = numHoldout === 0 ? null : metricOf(task);
      const noAlone = whyNoAlone(task, running, metric);
      const facts: PageFacts = {
        peerId: running.peer.status().peerId,
        stateDir,
        metric,
        numHoldout,
        noAlone,
        naive: naive ?? null,
        versions: { hearsay: packageVersion(), node: process.version, protocol: String(PROTOCOL_VERSION) },
        isPrivate: task.privacy !== undefined,
      };
      const alone = metric === null || noAlone !== null ? undefined : startAlone(running, task, metric, stateDir);
      compared = () => comparisonOf(facts, alone);
      return startBoard({
        clock: wallClock,
        facts,
        stepsOfCycle: task.training.steps,
        status: () => running.peer.status(),
        merges: () => rememberedMerges(running.store),
        standing: standing({ running, taskId, stateDir, recent, speeds }),
        figure: figureOf(running, metric),
        ...(alone && { alone }),
        ...(running.stream && { stream: running.stream }),
      });
    },
  };
}

function comparisonOf({ metric, naive, noAlone }: PageFacts, alone: Alone | undefined): Comparison | undefined {
  if (metric === null) return undefined;
  return { metric, naive, alone: alone?.now() ?? null, ...(noAlone !== null && { noAlone }) };
}

function metricOf({ output }: Task): PageMetric {
  const name = output.kind === "classification" ? "accuracy" : "rmse";
  const { label, lowerIsBetter = false } = METRICS.get(name) ?? { label: name };
  return { name, label, lowerIsBetter, isShare: output.kind === "classification" };
}

function whyNoAlone(task: Task, { trainer }: RunningPeer, metric: PageMetric | null): string | null {
  if (metric === null) return "there is no hold-out to measure it on";
  if (numParams(task) > MOST_PARAMETERS)
    return `a model of ${numParams(task)} parameters would take too much memory twice`;
  if (!/^(?:dense|tensorflow)/.test(trainer.engine)) return `the engine ${trainer.engine} trains one model only`;
  return null;
}

function startAlone({ trainer }: RunningPeer, task: Task, metric: PageMetric, stateDir: string): Alone {
  const begin = async () => (await openStart(stateDir, task)) ?? initialParams(task.tensors, task.seed);
  return createAlone({ trainer, task, begin, metric, monotonicMs: wallClock.monotonicMs });
}

function figureOf({ peer }: RunningPeer, metric: PageMetric | null): () => Promise<number | null> {
  if (metric === null) return async () => null;
  const figures = createGauge(() => peer.evaluate("holdout"), { maxShare: FIGURES_SHARE });
  return async () => (await figures())?.[metric.name] ?? null;
}

interface StandingParts {
  readonly running: RunningPeer;
  readonly taskId: string;
  readonly stateDir: string;
  readonly recent: ReturnType<typeof createRecent>;
  readonly speeds: ReturnType<typeof createSpeeds>;
}

function standing({ running, taskId, stateDir, recent, speeds }: StandingParts) {
  const startedMs = wallClock.monotonicMs();
  const acquaintances = createAcquaintances();
  const freeBytes = freeOn(stateDir);
  const witness = { size: -1, atMs: null as number | null };
  return (): Omit<PageNow, "atMs" | "status" | "own" | "alone" | "stream"> => {
    const status = running.peer.status();
    const { accountability, cycle, privacy, thrift } = status;
    const size = accountability?.cosigned?.size ?? -1;
    if (size > witness.size) Object.assign(witness, { size, atMs: wallClock.now() });
    return {
      uptimeSeconds: Math.round((wallClock.monotonicMs() - startedMs) / 1000),
      addresses: running.addresses(),
      invite: inviteTo(running.addresses(), taskId),
      budget: running.budget(),
      archive: running.archive?.summary() ?? null,
      neighbours: acquaintances.look(running.neighbours(), wallClock.now(), speeds.of),
      names: namesOf(running.company.peers(cycle)),
      silence: running.company.silence(cycle),
      refusals: recent.refusals(),
      evidence: recent.evidence(),
      staleness: recent.staleness(),
      witnessedMs: witness.atMs,
      freeBytes: freeBytes(),
      words: {
        turnedAway: turnedAwayText(running.turnedAway()) ?? null,
        privacy: privacy === undefined ? null : budgetText(privacy),
        thrift: thrift === undefined ? [] : givenUp(thrift),
        choices: choiceTexts(status),
      },
    };
  };
}

function namesOf(peers: readonly Companion[]): PageNow["names"] {
  return Object.fromEntries(peers.flatMap(({ peer, name }) => (name === undefined ? [] : [[peer, name]])));
}

/** Room on the disk of a folder, as it was a moment ago; null before it is known. */
function freeOn(folder: string): () => number | null {
  let [free, dueMs] = [null as number | null, Number.NEGATIVE_INFINITY];
  return () => {
    if (wallClock.monotonicMs() < dueMs) return free;
    dueMs = wallClock.monotonicMs() + DISK_EVERY_MS;
    statfs(folder).then(
      ({ bavail, bsize }) => {
        free = bavail * bsize;
      },
      () => {},
    );
    return free;
  };
}
