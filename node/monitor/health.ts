/**
 * Whether a peer lives (`/healthz`) and whether it does its work (`/readyz`). A peer that is not ready still runs, and most of what keeps it from its
 * work passes by itself: a supervisor restarts a peer that does not live, and never one that is only not ready.
 *
 *     learning   cycles end, in the time that they took lately, the pace and the budget being what they are; and trainings are not thrown away. Holds in quiet hours
 *     store      the disk of the state directory can be written to, and has room
 *     peers      at least as many neighbours as a merge needs models of others
 */
import type { StatusReport } from "../api/api.ts";
import type { DiskFigures } from "./machine.ts";
import type { Tallies } from "./tallies.ts";

export const CHECKS = ["learning", "store", "peers"] as const;
export type CheckName = (typeof CHECKS)[number];

export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** A sentence: what holds, or what does not, with the numbers. */
  readonly reason: string;
}

export interface Health {
  readonly ready: boolean;
  readonly checks: readonly Check[];
}

/** What the checks look at. */
export interface HealthFacts {
  readonly status: Pick<StatusReport, "neighbours" | "quorum" | "thrift" | "privacy" | "trainingFault" | "pauses">;
  readonly tallies: Tallies;
  readonly disk: DiskFigures;
  /** Of the configuration. */
  readonly minCycleMs: number;
  /** Now, and at the start, on the monotonic clock. */
  readonly nowMs: number;
  readonly startedMs: number;
}

/** A cycle may take so many times as long as the longest recent one. */
const PATIENCE = 3;
/** No cycle is missed before. */
const LEAST_PATIENCE_MS = 60_000;
/** Longest cycle of a peer that saves its budget (protocol/traffic/thrift.ts). */
const LONGEST_THRIFTY_MS = 900_000;
/** Trainings in a row that were thrown away, before that is more than bad luck. */
const DIVERGED = 3;
/** Below this the next writes of the database may fail. */
const LEAST_FREE_BYTES = 16_777_216;

export function healthOf(facts: HealthFacts): Health {
  const checks = [learning(facts), store(facts), peers(facts)];
  return { ready: checks.every(({ ok }) => ok), checks };
}

function learning({ status, tallies, minCycleMs, nowMs, startedMs }: HealthFacts): Check {
  const name = "learning";
  const { progressMs, divergedInRow, cycleMs } = tallies;
  const thrifty = status.thrift === undefined ? 0 : (status.thrift.intervalMs ?? LONGEST_THRIFTY_MS);
  const expectedMs = Math.max(minCycleMs, cycleMs, Math.min(thrifty, LONGEST_THRIFTY_MS));
  const patienceMs = Math.max(LEAST_PATIENCE_MS, PATIENCE * expectedMs);
  const silentMs = nowMs - (progressMs ?? startedMs);
  const away = status.pauses?.find(({ stops }) => stops === "all");
  if (away !== undefined) return { name, ok: true, reason: `it is to learn nothing now: ${away.because}` };
  const ago = `${seconds(silentMs)} ago, and may take ${seconds(patienceMs)}`;
  if (progressMs === undefined)
    return { name, ok: false, reason: `no cycle has ended yet: the first began ${seconds(silentMs)} ago` };
  if (silentMs > patienceMs)
    return { name, ok: false, reason: `the last cycle ended ${ago}: the engine hangs, or is much too slow` };
  if (status.trainingFault !== undefined) {
    const { message, failures, retryInMs } = status.trainingFault;
    return {
      name,
      ok: false,
      reason: `${failures} trainings failed, the next try is in ${seconds(retryInMs)}: ${message}`,
    };
  }
  if (divergedInRow >= DIVERGED)
    return {
      name,
      ok: false,
      reason: `the last ${divergedInRow} trainings diverged and were thrown away: look at the data, or at training.learningRate`,
    };
  const spent =
    status.privacy?.state === "spent" ? "; its privacy budget is spent, so it trains no more, and goes on merging" : "";
  return { name, ok: true, reason: `the last cycle ended ${ago}${spent}` };
}

function store({ disk: { freeBytes, isWritable } }: HealthFacts): Check {
  const name = "store";
  const free = `${Math.floor(freeBytes / 1_000_000)} MB are free`;
  if (!isWritable) return { name, ok: false, reason: "the state directory cannot be written to: mount it for writing" };
  if (freeBytes < LEAST_FREE_BYTES)
    return { name, ok: false, reason: `${free} on the disk of the state directory: free some` };
  return { name, ok: true, reason: free };
}

function peers({ status: { neighbours, quorum } }: HealthFacts): Check {
  const reason = `${neighbours} neighbours; a merge needs the models of ${quorum} others`;
  return { name: "peers", ok: neighbours >= quorum, reason };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
